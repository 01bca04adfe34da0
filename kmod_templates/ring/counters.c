// SPDX-License-Identifier: GPL-2.0
/*
 * Counting what became of syscalls, for each CPU, and adding it up.  What all rooms share is here,
 * too: each CPU's part of the recorder, and the settings.
 */
#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/string.h>

#include "ring/counters.h"
#include "ring/settings.h"

DEFINE_PER_CPU(struct syscord_cpu, syscord_cpus);

struct syscord_settings syscord_settings __read_mostly;

const char *const syscord_drop_names[SYSCORD_DROPS] = {
	[SYSCORD_DROP_RING] = "ring",
	[SYSCORD_DROP_SINK] = "sink",
	[SYSCORD_DROP_THREADS] = "threads",
	[SYSCORD_DROP_CPU] = "cpu",
};

/* The sink's files take nothing at the moment. */
static bool sink_stalled __read_mostly;

/**
 * syscord_set_sink_stalled - set the cause of drops from full rings: the sink, or the ring
 * @stalled:	whether the sink's files take nothing
 */
void syscord_set_sink_stalled(bool stalled)
{
	WRITE_ONCE(sink_stalled, stalled);
}

/**
 * syscord_sink_is_stalled - whether the sink's files take nothing, as far as is known
 *
 * Return: whether they do not.
 */
bool syscord_sink_is_stalled(void)
{
	return READ_ONCE(sink_stalled);
}

/**
 * syscord_drop_without_room - count a record that has no room in the ring
 * @cpu:	this CPU, with preemption off
 */
void syscord_drop_without_room(struct syscord_cpu *cpu)
{
	enum syscord_drop cause = SYSCORD_DROP_RING;

	if (!cpu->ring.base)
		cause = SYSCORD_DROP_CPU;
	else if (READ_ONCE(sink_stalled))
		cause = SYSCORD_DROP_SINK;
	WRITE_ONCE(cpu->dropped[cause], cpu->dropped[cause] + 1);
}

/**
 * syscord_counters_read - a CPU's counters
 * @counters:	filled in; exact once nothing is recorded any more, else of about now
 * @number:	the CPU's number
 */
void syscord_counters_read(struct syscord_counters *counters, unsigned int number)
{
	const struct syscord_cpu *cpu = per_cpu_ptr(&syscord_cpus, number);
	unsigned int cause;

	counters->filtered = READ_ONCE(cpu->filtered);
	counters->overwritten = READ_ONCE(cpu->ring.overwritten);
	/* A record is counted as recorded before it can be overwritten. */
	smp_rmb();
	counters->recorded = READ_ONCE(cpu->recorded) - counters->overwritten;
	for (cause = 0; cause < SYSCORD_DROPS; cause++)
		counters->dropped[cause] = READ_ONCE(cpu->dropped[cause]);
	counters->waits.begun = READ_ONCE(cpu->waits.begun);
	counters->waits.ns = READ_ONCE(cpu->waits.ns);
	counters->waits.timeouts = READ_ONCE(cpu->waits.timeouts);
	counters->waits.refused = READ_ONCE(cpu->waits.refused);
	/* A syscall is counted as seen before anything comes of it. */
	smp_rmb();
	counters->seen = READ_ONCE(cpu->seen);
}

/**
 * syscord_counters_sum - add up the counters of all CPUs
 * @sum:	filled in; exact once nothing is recorded any more, else of about now
 */
void syscord_counters_sum(struct syscord_counters *sum)
{
	unsigned int number, cause;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(number) {
		struct syscord_counters counters;

		syscord_counters_read(&counters, number);
		sum->seen += counters.seen;
		sum->filtered += counters.filtered;
		sum->overwritten += counters.overwritten;
		sum->recorded += counters.recorded;
		for (cause = 0; cause < SYSCORD_DROPS; cause++)
			sum->dropped[cause] += counters.dropped[cause];
		sum->waits.begun += counters.waits.begun;
		sum->waits.ns += counters.waits.ns;
		sum->waits.timeouts += counters.waits.timeouts;
		sum->waits.refused += counters.waits.refused;
	}
}

/**
 * syscord_counters_dropped - what was lost, of any cause
 * @sum:	from syscord_counters_sum()
 *
 * Return: the number of syscalls.
 */
u64 syscord_counters_dropped(const struct syscord_counters *sum)
{
	unsigned int cause;
	u64 dropped = 0;

	for (cause = 0; cause < SYSCORD_DROPS; cause++)
		dropped += sum->dropped[cause];
	return dropped;
}

/**
 * syscord_counters_stamp - write a CPU's counters in a packet
 * @packet:	the packet
 * @cpu:	the CPU
 */
void syscord_counters_stamp(struct syscord_packet *packet, const struct syscord_cpu *cpu)
{
	unsigned int cause;

	packet->instance = cpu->number;
	packet->cpu = cpu->number;
	packet->seen = cpu->seen;
	packet->recorded = cpu->recorded;
	packet->filtered = cpu->filtered;
	packet->overwritten = cpu->ring.overwritten;
	packet->discarded = 0;
	for (cause = 0; cause < SYSCORD_DROPS; cause++) {
		packet->dropped[cause] = cpu->dropped[cause];
		packet->discarded += cpu->dropped[cause];
	}
}
