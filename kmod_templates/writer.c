// SPDX-License-Identifier: GPL-2.0
/*
 * Merging, formatting, writing.
 *
 * A record may be written once nothing earlier can come any more.  A probe reads the clock and commits its event with
 * preemption off, so an RCU grace period that began after a moment (the horizon) ends after all events before that
 * moment are in their rings.  The writer comes three times in a flush interval: at one coming it sets the horizon and
 * starts a grace period, at the next it writes all up to there.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>

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
	wait_queue_head_t wait;
	bool woken;
	u64 horizon;			/* all before may be written, after the grace period */
	unsigned long grace_period;	/* that began after the horizon; 0: none */
	char *buffer;
	size_t buffer_size;
	size_t line_room;
	size_t filled;			/* bytes of text in the buffer */
	size_t written;			/* of which so many are in the file */
	u64 unwritten;			/* records that the file could not take in the end */
	u64 buffered;			/* records in the buffer */
	struct source *sources;		/* one for each possible CPU */
	u64 (*reported)[SYSCORD_DROPS];	/* drops that were written of, by CPU */
} writer;

/**
 * syscord_writer_unwritten - records that were taken from the rings and could not be written
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
	wake_up(&writer.wait);
}

/* Say once that the file takes nothing, and once that it does again. */
static void set_stalled(ssize_t err)
{
	if (!syscord_writer_is_stalled)
		pr_warn("can't write to %s: error %zd: records are kept as long as the rings have room, then dropped and counted\n",
			syscord_params.record, err);
	WRITE_ONCE(syscord_writer_is_stalled, true);
}

static void set_flowing(void)
{
	if (syscord_writer_is_stalled)
		pr_info("%s takes records again\n", syscord_params.record);
	WRITE_ONCE(syscord_writer_is_stalled, false);
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
	writer.buffered = 0;
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
	writer.buffered++;
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

static bool anything_waits(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (syscord_ring_filled(&per_cpu_ptr(&syscord_cpus, cpu)->ring))
			return true;
	return writer.filled > 0;
}

/* The flush interval has a third gone: write what was begun, begin what has come since. */
static void come(void)
{
	if (writer.grace_period) {
		cond_synchronize_rcu(writer.grace_period);
		drain(writer.horizon);
		writer.grace_period = 0;
	}
	if (anything_waits()) {
		writer.horizon = ktime_get_mono_fast_ns();
		writer.grace_period = compat_start_grace_period() | 1;
	}
}

/* A ring is filling up: write all there is, at once. */
static void hurry(void)
{
	u64 until = ktime_get_mono_fast_ns();

	synchronize_rcu_expedited();
	drain(until);
	writer.grace_period = 0;
}

static int run(void *unused)
{
	unsigned long pause = max(msecs_to_jiffies(syscord_params.flush_ms / 3), 1UL);

	while (!kthread_should_stop()) {
		wait_event_interruptible_timeout(writer.wait, READ_ONCE(writer.woken) || kthread_should_stop(), pause);
		if (xchg(&writer.woken, false))
			hurry();
		else
			come();
	}
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

	init_waitqueue_head(&writer.wait);
	err = allocate();
	if (err)
		goto free;
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

free:
	free_writer();
	return err;
}

/* What the file would not take to the end is lost: count it. */
static void give_up(void)
{
	unsigned int i, count = open_sources();
	u64 left = writer.buffered;

	for (i = 0; i < count; i++) {
		struct source *source = &writer.sources[i];

		for (; source->event; source->event = syscord_ring_peek(source->ring, source->head)) {
			syscord_ring_consume(source->ring, source->event);
			left++;
		}
	}
	WRITE_ONCE(writer.unwritten, left);
}

/**
 * syscord_writer_stop - write the rest and close the record file, once no probe can run any more
 */
void syscord_writer_stop(void)
{
	struct syscord_stats sum;

	kthread_stop(writer.task);
	drain(U64_MAX);
	if (writer.filled)
		give_up();
	syscord_stats_sum(&sum);
	pr_info("%llu syscalls recorded in %s, %llu dropped, %llu filtered out\n", sum.recorded, syscord_params.record,
		syscord_stats_dropped(&sum), sum.filtered);
	free_writer();
}
