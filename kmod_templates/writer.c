// SPDX-License-Identifier: GPL-2.0
/*
 * Merging, formatting, writing.
 *
 * A record may be written once nothing earlier can come any more.  A probe reads the clock and
 * commits its event with preemption off, so an RCU grace period that began after a moment (the
 * horizon) ends after all events before that moment are in their rings.  The writer comes four
 * times in a flush interval: at one coming it sets the horizon and starts a grace period, at the
 * next it writes all up to there.  Where that would take too long, it waits for an expedited one
 * instead.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include "compat/grace_period.h"
#include "format.h"
#include "params.h"
#include "record_file.h"
#include "rings.h"
#include "stats.h"
#include "writer.h"

/* Text that is gathered before it is written, at least. */
#define BUFFER_ROOM	SZ_256K

bool syscord_writer_is_stalled __read_mostly;

/**
 * struct source - a CPU's events, in the merge
 * @ring:	of the CPU
 * @head:	up to where it is read now
 * @event:	the oldest event, or NULL
 */
struct source {
	struct syscord_ring *ring;
	u64 head;
	const struct syscord_event *event;
};

static struct {
	struct task_struct *task;
	struct file *file;
	bool woken;
	bool begun;			/* a horizon is set, and its grace period has begun */
	u64 horizon;			/* all before may be written, after the grace period */
	unsigned long grace_period;
	char *buffer;
	size_t buffer_size;
	size_t line_room;
	size_t filled;			/* bytes of text in the buffer */
	size_t written;			/* of which so many are in the file */
	u64 unwritten;			/* records that the file could not take in the end */
	unsigned long complained;	/* when it was last said that the file takes nothing */
	bool complaint_open;		/* and not yet, that it does again */
	struct source *sources;		/* one for each possible CPU */
	u64 (*reported)[SYSCORD_DROPS];	/* drops that were written of, by CPU */
} writer;

/**
 * syscord_writer_unwritten - records that were taken from the rings and could not be written
 *
 * Return: their number; 0 until the writer has stopped.
 */
u64 syscord_writer_unwritten(void)
{
	return READ_ONCE(writer.unwritten);
}

/**
 * syscord_writer_wake - have the writer come now; from a probe
 */
void syscord_writer_wake(void)
{
	WRITE_ONCE(writer.woken, true);
	/* A wait queue's lock may sleep on PREEMPT_RT; this takes none that does. */
	wake_up_process(writer.task);
}

/* The file's state may change at every try, where there is room for little: say it rarely. */
#define COMPLAIN_AGAIN	(60 * HZ)

static void set_stalled(ssize_t err)
{
	if (syscord_writer_is_stalled)
		return;
	WRITE_ONCE(syscord_writer_is_stalled, true);
	if (writer.complained && time_before(jiffies, writer.complained + COMPLAIN_AGAIN))
		return;
	writer.complained = jiffies ?: 1;
	writer.complaint_open = true;
	pr_warn("can't write to %s: error %zd: what the rings can't hold is dropped, and counted\n",
		syscord_params.record, err);
}

static void set_flowing(void)
{
	WRITE_ONCE(syscord_writer_is_stalled, false);
	if (writer.complaint_open)
		pr_info("%s takes records again\n", syscord_params.record);
	writer.complaint_open = false;
}

/* Write what is in the buffer.  False if some is left, as the file takes no more. */
static bool write_out(void)
{
	while (writer.written < writer.filled) {
		loff_t end = 0;	/* the file appends */
		ssize_t done = kernel_write(writer.file, writer.buffer + writer.written,
					    writer.filled - writer.written, &end);

		if (done <= 0) {
			set_stalled(done);
			return false;
		}
		writer.written += done;
	}
	set_flowing();
	writer.filled = 0;
	writer.written = 0;
	return true;
}

/* Room for one more line.  False if there is none, as the file takes no more. */
static bool make_room(struct syscord_text *text)
{
	if (writer.buffer_size - writer.filled < writer.line_room && !write_out())
		return false;
	text->pos = writer.buffer + writer.filled;
	text->end = text->pos + writer.line_room;
	return true;
}

static void end_text(const struct syscord_text *text)
{
	writer.filled = text->pos - writer.buffer;
}

/* One event into the buffer, and out of its ring. */
static bool take_event(struct source *source)
{
	struct syscord_text text;

	if (!make_room(&text))
		return false;
	syscord_format_event(&text, source->event);
	end_text(&text);
	syscord_ring_consume(source->ring, source->event);
	source->event = syscord_ring_peek(source->ring, source->head);
	return true;
}

/* Look at what is in the rings now.  Returns the number of sources. */
static unsigned int open_sources(void)
{
	unsigned int cpu, count = 0;

	for_each_possible_cpu(cpu) {
		struct source *source = &writer.sources[count];

		source->ring = &per_cpu_ptr(&syscord_cpus, cpu)->ring;
		/* Pairs with syscord_ring_create(): a ring with memory is complete. */
		if (!smp_load_acquire(&source->ring->base))
			continue;
		source->head = syscord_ring_head(source->ring);
		source->event = syscord_ring_peek(source->ring, source->head);
		count++;
	}
	return count;
}

/* The source with the oldest event; @next is set to the time of the oldest event of the others. */
static struct source *oldest(unsigned int count, u64 *next)
{
	struct source *best = NULL;
	unsigned int i;

	*next = U64_MAX;
	for (i = 0; i < count; i++) {
		struct source *source = &writer.sources[i];

		if (!source->event)
			continue;
		if (!best || source->event->time < best->event->time) {
			if (best)
				*next = best->event->time;
			best = source;
		} else {
			*next = min(*next, source->event->time);
		}
	}
	return best;
}

/* Format all events up to @until, in time order.  False if the file takes no more. */
static bool merge(u64 until)
{
	unsigned int count = open_sources();
	struct source *source;
	u64 next;

	while ((source = oldest(count, &next)) != NULL && source->event->time <= until) {
		/* As long as no other source has an older event, there is no need to compare. */
		do {
			if (!take_event(source))
				return false;
		} while (source->event && source->event->time <= min(next, until));
	}
	return true;
}

/* A line for each cause of loss on each CPU, where there is a new one. */
static void report_lost(void)
{
	struct syscord_text text;
	unsigned int cpu, cause;

	for_each_possible_cpu(cpu) {
		const struct syscord_cpu *part = per_cpu_ptr(&syscord_cpus, cpu);

		for (cause = 0; cause < SYSCORD_DROPS; cause++) {
			u64 dropped = READ_ONCE(part->dropped[cause]);

			if (dropped == writer.reported[cpu][cause] || !make_room(&text))
				continue;
			syscord_format_lost(&text, cpu, syscord_drop_names[cause],
					    dropped - writer.reported[cpu][cause]);
			end_text(&text);
			writer.reported[cpu][cause] = dropped;
		}
	}
}

static void drain(u64 until)
{
	if (merge(until))
		report_lost();
	write_out();
}

static bool has_lost(unsigned int cpu)
{
	const struct syscord_cpu *part = per_cpu_ptr(&syscord_cpus, cpu);
	unsigned int cause;

	for (cause = 0; cause < SYSCORD_DROPS; cause++)
		if (READ_ONCE(part->dropped[cause]) != writer.reported[cpu][cause])
			return true;
	return false;
}

static bool anything_waits(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (syscord_ring_filled(&per_cpu_ptr(&syscord_cpus, cpu)->ring) || has_lost(cpu))
			return true;
	return writer.filled > 0;
}

/* Write all there is, at once. */
static void hurry(void)
{
	u64 until = ktime_get_mono_fast_ns();

	synchronize_rcu_expedited();
	drain(until);
	writer.begun = false;
}

/* A quarter of the flush interval is over: write what was begun, begin what has come since. */
static void come(void)
{
	if (writer.begun) {
		cond_synchronize_rcu(writer.grace_period);
		drain(writer.horizon);
		writer.begun = false;
	}
	if (anything_waits()) {
		writer.horizon = ktime_get_mono_fast_ns();
		writer.grace_period = compat_start_grace_period();
		writer.begun = true;
	}
}

/* A grace period takes some 20 ms: shorter flush intervals have no time for that. */
#define GRACE_PERIOD_MS	60

static void run_once(void)
{
	if (xchg(&writer.woken, false))
		hurry();
	else if (syscord_params.flush_ms >= GRACE_PERIOD_MS)
		come();
	else if (anything_waits())
		hurry();
}

static void pause_writer(ktime_t *pause)
{
	set_current_state(TASK_INTERRUPTIBLE);
	if (!READ_ONCE(writer.woken) && !kthread_should_stop())
		schedule_hrtimeout_range(pause, *pause / 8, HRTIMER_MODE_REL);
	__set_current_state(TASK_RUNNING);
}

static int run(void *unused)
{
	ktime_t pause = ms_to_ktime(syscord_params.flush_ms) / 4;

	set_freezable();	/* no writing behind the back of a hibernation */
	while (!kthread_should_stop()) {
		pause_writer(&pause);
		try_to_freeze();
		run_once();
	}
	/* The rest: here, since who unloads has signals, and limits on a file's size. */
	drain(U64_MAX);
	return 0;
}

static void free_writer(void)
{
	kfree(writer.reported);
	kfree(writer.sources);
	vfree(writer.buffer);
	if (writer.file)
		filp_close(writer.file, NULL);
	memset(&writer, 0, sizeof(writer));
}

static int allocate(void)
{
	writer.line_room = syscord_line_room(syscord_event_max());
	writer.buffer_size = max_t(size_t, BUFFER_ROOM, 2 * writer.line_room);
	writer.buffer = vmalloc(writer.buffer_size);
	writer.sources = kcalloc(nr_cpu_ids, sizeof(*writer.sources), GFP_KERNEL);
	writer.reported = kcalloc(nr_cpu_ids, sizeof(*writer.reported), GFP_KERNEL);
	return writer.buffer && writer.sources && writer.reported ? 0 : -ENOMEM;
}

/**
 * syscord_writer_start - open the record file and start the writer
 *
 * Return: 0, or a negative errno; then nothing is left of it.
 */
int syscord_writer_start(void)
{
	struct file *file;
	int err;

	err = allocate();
	if (err) {
		pr_err("no memory for the writer: ask for less content=\n");
		goto free;
	}
	file = syscord_record_open(syscord_params.record);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto free;
	}
	writer.file = file;
	writer.task = kthread_run(run, NULL, KBUILD_MODNAME);
	if (!IS_ERR(writer.task))
		return 0;
	err = PTR_ERR(writer.task);
	pr_err("can't start the writer's thread: error %d\n", err);

free:
	free_writer();
	return err;
}

/* Records in the buffer that are not whole in the file. */
static u64 count_unwritten(void)
{
	const char *line = writer.buffer, *end = writer.buffer + writer.filled;
	u64 count = 0;

	while (line < end) {
		const char *next = memchr(line, '\n', end - line) + 1;

		/* A line that says what was lost is no record. */
		if (next > writer.buffer + writer.written && *line == 'p')
			count++;
		line = next;
	}
	return count;
}

/* Take the beginning of a line that has no end out of the file again. */
static void cut_torn_line(void)
{
	size_t torn = 0;

	while (torn < writer.written && writer.buffer[writer.written - torn - 1] != '\n')
		torn++;
	if (torn)
		vfs_truncate(&writer.file->f_path, i_size_read(file_inode(writer.file)) - torn);
}

/* What the file would not take to the end is lost: count it. */
static void give_up(void)
{
	unsigned int i, count = open_sources();
	u64 left = count_unwritten();

	for (i = 0; i < count; i++) {
		struct source *source = &writer.sources[i];

		while (source->event) {
			syscord_ring_consume(source->ring, source->event);
			source->event = syscord_ring_peek(source->ring, source->head);
			left++;
		}
	}
	cut_torn_line();
	WRITE_ONCE(writer.unwritten, left);
}

/**
 * syscord_writer_stop - write the rest and close the record file, once no probe can run any more
 */
void syscord_writer_stop(void)
{
	struct syscord_stats sum;

	/* A thread that never ran has written nothing. */
	if (kthread_stop(writer.task) == -EINTR)
		drain(U64_MAX);
	if (writer.filled)
		give_up();
	syscord_stats_sum(&sum);
	pr_info("%llu syscalls recorded in %s, %llu dropped, %llu filtered out\n", sum.recorded,
		syscord_params.record, syscord_stats_dropped(&sum), sum.filtered);
	free_writer();
}
