// SPDX-License-Identifier: GPL-2.0
/*
 * The text sink: events of all CPUs, merged in the order of time, as lines of one file.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "params/params.h"
#include "ring/rings.h"
#include "tasks/threads.h"
#include "ring/counters.h"
#include "ring/cpu.h"
#include "write/files.h"
#include "write/place.h"
#include "write/rotation.h"
#include "write/sink.h"
#include "write/stall.h"
#include "write/text/prepare.h"
#include "write/text/print.h"

/* Text that is gathered before it is written, at least. */
#define BUFFER_ROOM	SZ_256K

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
	struct syscord_place place;
	struct file *file;
	struct syscord_rotation rotation;
	char *buffer;
	size_t buffer_size;
	size_t line_room;
	size_t filled;			/* bytes of text in the buffer */
	size_t written;			/* of which so many are in the file */
	struct source *sources;		/* one for each possible CPU */
	u64 (*reported)[SYSCORD_DROPS];	/* drops that were written of, by CPU */
} sink;

static void name_file(unsigned int i, char *name, size_t size)
{
	strscpy(name, sink.place.name, size);
}

/* Begin another file, at the end of a line.  If that can't be, the old one goes on. */
static void rotate(void)
{
	int err = syscord_rotation_rename(&sink.place, name_file, 1, syscord_params.keep);
	struct file *file = err ? ERR_PTR(err) : syscord_file_append(&sink.place);

	if (IS_ERR(file)) {
		syscord_rotation_failed(&sink.rotation, PTR_ERR(file));
		return;
	}
	filp_close(sink.file, NULL);
	sink.file = file;
	syscord_rotation_begin(&sink.rotation, i_size_read(file_inode(file)));
}

/* Write what is in the buffer.  False if some is left, as the file takes no more. */
static bool write_out(void)
{
	/* Others may empty the file at any time. */
	sink.rotation.size = i_size_read(file_inode(sink.file));
	if (!sink.written && syscord_rotation_is_due(&sink.rotation, sink.filled))
		rotate();
	while (sink.written < sink.filled) {
		loff_t end = 0;	/* the file appends */
		ssize_t done = kernel_write(sink.file, sink.buffer + sink.written,
					    sink.filled - sink.written, &end);

		if (done <= 0) {
			syscord_sink_stalled(done);
			return false;
		}
		sink.written += done;
	}
	syscord_sink_flows();
	sink.filled = 0;
	sink.written = 0;
	return true;
}

/* Room for one more line.  False if there is none, as the file takes no more. */
static bool make_room(void)
{
	return likely(sink.buffer_size - sink.filled >= sink.line_room) || write_out();
}

/* Events of a CPU up to @until, into the buffer and out of their ring.  False as above. */
static bool take_events(struct source *source, u64 until)
{
	struct syscord_ring *ring = source->ring;
	const struct syscord_event *event = source->event;
	char *end;

	do {
		if (!make_room())
			return false;
		end = syscord_print_event(sink.buffer + sink.filled, event);
		sink.filled = end - sink.buffer;
		syscord_ring_consume(ring, event);
		event = syscord_ring_peek(ring, source->head);
		source->event = event;
	} while (event && ring->time <= until);
	return true;
}

/* Look at what is in the rings now.  Returns the number of sources. */
static unsigned int open_sources(void)
{
	unsigned int cpu, count = 0;

	for_each_possible_cpu(cpu) {
		struct source *source = &sink.sources[count];

		source->ring = &per_cpu_ptr(&syscord_cpus, cpu)->ring;
		/* Pairs with syscord_ring_create(): a ring with memory is complete. */
		if (!smp_load_acquire(&source->ring->base))
			continue;
		source->head = syscord_ring_head(source->ring);
		/* What may be overwritten next must be whole packets. */
		if (syscord_params.overwrite)
			source->head = round_down(source->head, source->ring->packet);
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
		struct source *source = &sink.sources[i];

		if (!source->event)
			continue;
		if (!best || source->ring->time < best->ring->time) {
			if (best)
				*next = best->ring->time;
			best = source;
		} else {
			*next = min(*next, source->ring->time);
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

	while ((source = oldest(count, &next)) != NULL && source->ring->time <= until) {
		/* As long as no other source has an older event, there is no need to compare. */
		if (!take_events(source, min(next, until)))
			return false;
	}
	return true;
}

/* A line for each cause of loss on each CPU, where there is a new one. */
static void report_lost(void)
{
	unsigned int cpu, cause;
	char *end;

	for_each_possible_cpu(cpu) {
		const struct syscord_cpu *part = per_cpu_ptr(&syscord_cpus, cpu);

		for (cause = 0; cause < SYSCORD_DROPS; cause++) {
			u64 dropped = READ_ONCE(part->dropped[cause]);

			if (dropped == sink.reported[cpu][cause] || !make_room())
				continue;
			end = syscord_print_lost(sink.buffer + sink.filled, cpu,
						  syscord_drop_names[cause],
						  dropped - sink.reported[cpu][cause]);
			sink.filled = end - sink.buffer;
			sink.reported[cpu][cause] = dropped;
		}
	}
}

static bool write_until(u64 until)
{
	if (merge(until))
		report_lost();
	return write_out();
}

static bool has_lost(unsigned int cpu)
{
	const struct syscord_cpu *part = per_cpu_ptr(&syscord_cpus, cpu);
	unsigned int cause;

	for (cause = 0; cause < SYSCORD_DROPS; cause++)
		if (READ_ONCE(part->dropped[cause]) != sink.reported[cpu][cause])
			return true;
	return false;
}

static bool waits(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (has_lost(cpu))
			return true;
	return sink.filled > 0;
}

static void free_sink(void)
{
	kfree(sink.reported);
	kfree(sink.sources);
	vfree(sink.buffer);
	syscord_text_free();
	memset(&sink, 0, sizeof(sink));
}

static int allocate(void)
{
	int err = syscord_text_prepare();

	sink.line_room = syscord_line_room(syscord_event_max());
	sink.buffer_size = max_t(size_t, BUFFER_ROOM, 2 * sink.line_room);
	sink.buffer = vmalloc(sink.buffer_size);
	sink.sources = kcalloc(nr_cpu_ids, sizeof(*sink.sources), GFP_KERNEL);
	sink.reported = kcalloc(nr_cpu_ids, sizeof(*sink.reported), GFP_KERNEL);
	if (!err && sink.buffer && sink.sources && sink.reported)
		return 0;
	pr_err("no memory for the writer: ask for less content=\n");
	return -ENOMEM;
}

static int open_sink(void)
{
	int err;

	err = allocate();
	if (err)
		goto free;
	err = syscord_place_open_parent(&sink.place, syscord_params.record);
	if (err)
		goto free;
	sink.file = syscord_file_append(&sink.place);
	if (IS_ERR(sink.file)) {
		err = syscord_place_report(PTR_ERR(sink.file));
		goto close_place;
	}
	syscord_rotation_begin(&sink.rotation, i_size_read(file_inode(sink.file)));
	return 0;

close_place:
	syscord_place_close(&sink.place);
free:
	free_sink();
	return err;
}

/* Records in the buffer that are not whole in the file. */
static u64 count_unwritten(void)
{
	const char *line = sink.buffer, *end = sink.buffer + sink.filled;
	u64 count = 0;

	while (line < end) {
		const char *next = memchr(line, '\n', end - line) + 1;

		/* A line that says what was lost is no record. */
		if (next > sink.buffer + sink.written && *line == 'p')
			count++;
		line = next;
	}
	return count;
}

/* Take the beginning of a line that has no end out of the file again. */
static void cut_torn_line(void)
{
	size_t torn = 0;

	while (torn < sink.written && sink.buffer[sink.written - torn - 1] != '\n')
		torn++;
	if (torn)
		vfs_truncate(&sink.file->f_path, i_size_read(file_inode(sink.file)) - torn);
}

/* What the file would not take to the end is lost. */
static u64 give_up(void)
{
	unsigned int i, count = open_sources();
	u64 left = count_unwritten();

	for (i = 0; i < count; i++) {
		struct source *source = &sink.sources[i];

		while (source->event) {
			syscord_ring_consume(source->ring, source->event);
			source->event = syscord_ring_peek(source->ring, source->head);
			left++;
		}
	}
	cut_torn_line();
	return left;
}

static u64 close_sink(void)
{
	u64 left = sink.filled ? give_up() : 0;

	filp_close(sink.file, NULL);
	syscord_place_close(&sink.place);
	free_sink();
	return left;
}

const struct syscord_sink syscord_text_sink = {
	.name = "text",
	.in_order = true,
	.open = open_sink,
	.write = write_until,
	.waits = waits,
	.close = close_sink,
};
