// SPDX-License-Identifier: GPL-2.0
/*
 * The text sink: events of all CPUs, merged in the order of time, as lines of one file.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/barrier.h>

#include "params/params.h"
#include "ring/counters.h"
#include "ring/cpu.h"
#include "ring/packet.h"
#include "ring/ring.h"
#include "tasks/threads.h"
#include "write/sink.h"
#include "write/text/output.h"
#include "write/text/prepare.h"
#include "write/text/print.h"

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
	struct source *sources;		/* one for each possible CPU */
	u64 (*reported)[SYSCORD_DROPS];	/* drops that the file has a line of, by CPU */
} sink;

/* Print a CPU's events up to @until, and consume them.  False if the file takes no more. */
static bool print_events(struct source *source, u64 until)
{
	struct syscord_ring *ring = source->ring;
	const struct syscord_event *event = source->event;

	do {
		if (!syscord_output_make_room())
			return false;
		syscord_output_add(syscord_print_event(syscord_output_end(), event));
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
		/* Only whole packets may be overwritten later, so only whole ones are consumed. */
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

/* Print all events up to @until, in time order.  False if the file takes no more. */
static bool merge(u64 until)
{
	unsigned int count = open_sources();
	struct source *source;
	u64 next;

	while ((source = oldest(count, &next)) != NULL && source->ring->time <= until) {
		/* Up to @next, no other source has an older event: no need to compare again. */
		if (!print_events(source, min(next, until)))
			return false;
	}
	return true;
}

/* A line for each cause of loss on each CPU, where there is a new one. */
static void report_lost(void)
{
	unsigned int number, cause;
	char *end;

	for_each_possible_cpu(number) {
		const struct syscord_cpu *cpu = per_cpu_ptr(&syscord_cpus, number);

		for (cause = 0; cause < SYSCORD_DROPS; cause++) {
			u64 dropped = READ_ONCE(cpu->dropped[cause]);
			u64 more = dropped - sink.reported[number][cause];

			if (!more || !syscord_output_make_room())
				continue;
			end = syscord_print_lost(syscord_output_end(), number,
						 syscord_drop_names[cause], more);
			syscord_output_add(end);
			sink.reported[number][cause] = dropped;
		}
	}
}

static bool write_until(u64 until)
{
	if (merge(until))
		report_lost();
	return syscord_output_flush();
}

static bool has_lost(unsigned int number)
{
	const struct syscord_cpu *cpu = per_cpu_ptr(&syscord_cpus, number);
	unsigned int cause;

	for (cause = 0; cause < SYSCORD_DROPS; cause++)
		if (READ_ONCE(cpu->dropped[cause]) != sink.reported[number][cause])
			return true;
	return false;
}

static bool waits(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (has_lost(cpu))
			return true;
	return syscord_output.filled > 0;
}

static void free_sink(void)
{
	kfree(sink.reported);
	kfree(sink.sources);
	syscord_text_free();
	memset(&sink, 0, sizeof(sink));
}

static int allocate(void)
{
	int err = syscord_text_prepare();

	sink.sources = kcalloc(nr_cpu_ids, sizeof(*sink.sources), GFP_KERNEL);
	sink.reported = kcalloc(nr_cpu_ids, sizeof(*sink.reported), GFP_KERNEL);
	if (!err && sink.sources && sink.reported)
		return 0;
	pr_err("no memory for the writer: ask for less content=\n");
	return -ENOMEM;
}

static int open_sink(void)
{
	int err;

	err = allocate();
	if (!err)
		err = syscord_output_open(syscord_line_room(syscord_event_max()));
	if (err)
		free_sink();
	return err;
}

/* Consume the events that are left in the rings: they are dropped. */
static void drop_rest(void)
{
	unsigned int number;

	for_each_possible_cpu(number) {
		struct syscord_cpu *cpu = per_cpu_ptr(&syscord_cpus, number);
		u64 head = syscord_ring_head(&cpu->ring);
		const struct syscord_event *event;

		if (!cpu->ring.base)
			continue;
		while ((event = syscord_ring_peek(&cpu->ring, head)) != NULL) {
			syscord_ring_consume(&cpu->ring, event);
			cpu->recorded--;
			cpu->dropped[SYSCORD_DROP_SINK]++;
		}
	}
}

/* The file did not take all.  If it takes anything now, that is what says how much is missing. */
static void finish(void)
{
	/* A flight recorder writes nothing that nobody asked for. */
	if (syscord_params.overwrite || !syscord_output.filled || !syscord_output_finish())
		return;
	drop_rest();
	report_lost();
	syscord_output_flush();
}

static u64 close_sink(void)
{
	u64 dropped = 0;

	/* If the file took everything, the rings are empty, too. */
	if (syscord_output.filled) {
		drop_rest();
		dropped = syscord_output_unwritten();
	}
	syscord_output_close();
	free_sink();
	return dropped;
}

const struct syscord_sink syscord_text_sink = {
	.name = "text",
	.in_order = true,
	.open = open_sink,
	.write = write_until,
	.finish = finish,
	.waits = waits,
	.close = close_sink,
};
