// SPDX-License-Identifier: GPL-2.0
/*
 * Adding up the counters of all CPUs.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "ring/stats.h"
#include "write/writer.h"

DEFINE_PER_CPU(struct syscord_cpu, syscord_cpus);

const char *const syscord_drop_names[SYSCORD_DROPS] = {
	[SYSCORD_DROP_RING] = "ring",
	[SYSCORD_DROP_SINK] = "sink",
	[SYSCORD_DROP_THREADS] = "threads",
	[SYSCORD_DROP_CPU] = "cpu",
};

/**
 * syscord_stats_sum - add up the counters
 * @sum:	filled in; exact once nothing is recorded any more, else of about now
 *
 * What the sink could not take in the end was recorded first, and is dropped instead.
 */
void syscord_stats_sum(struct syscord_stats *sum)
{
	u64 unwritten = syscord_writer_unwritten();
	unsigned int cpu, cause;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct syscord_cpu *part = per_cpu_ptr(&syscord_cpus, cpu);

		sum->filtered += READ_ONCE(part->filtered);
		sum->overwritten += READ_ONCE(part->ring.overwritten);
		/* What is overwritten was recorded before: so it is read before. */
		smp_rmb();
		sum->recorded += READ_ONCE(part->recorded);
		for (cause = 0; cause < SYSCORD_DROPS; cause++)
			sum->dropped[cause] += READ_ONCE(part->dropped[cause]);
	}
	sum->recorded -= unwritten + sum->overwritten;
	sum->dropped[SYSCORD_DROP_SINK] += unwritten;
}

/**
 * syscord_stats_dropped - what was lost, of any cause
 * @sum:	from syscord_stats_sum()
 *
 * Return: the number of records.
 */
u64 syscord_stats_dropped(const struct syscord_stats *sum)
{
	unsigned int cause;
	u64 dropped = 0;

	for (cause = 0; cause < SYSCORD_DROPS; cause++)
		dropped += sum->dropped[cause];
	return dropped;
}

/**
 * syscord_stats_print - write the counters, one a line
 * @buffer:	where to
 * @size:	bytes of it
 *
 * Return: the bytes written.
 */
int syscord_stats_print(char *buffer, size_t size)
{
	struct syscord_stats sum;
	unsigned int cause;
	int len;

	syscord_stats_sum(&sum);
	len = scnprintf(buffer, size,
			"seen=%llu\nrecorded=%llu\nfiltered=%llu\noverwritten=%llu\n",
			sum.recorded + sum.filtered + sum.overwritten +
			syscord_stats_dropped(&sum),
			sum.recorded, sum.filtered, sum.overwritten);
	for (cause = 0; cause < SYSCORD_DROPS; cause++)
		len += scnprintf(buffer + len, size - len, "dropped_%s=%llu\n",
				 syscord_drop_names[cause], sum.dropped[cause]);
	return len;
}

/**
 * syscord_stats_stamp - write a CPU's counters in a packet
 * @packet:	the packet
 * @cpu:	the CPU
 */
void syscord_stats_stamp(struct syscord_packet *packet, const struct syscord_cpu *cpu)
{
	unsigned int cause;

	packet->instance = cpu->number;
	packet->cpu = cpu->number;
	packet->recorded = cpu->recorded;
	packet->filtered = cpu->filtered;
	packet->overwritten = cpu->ring.overwritten;
	packet->discarded = 0;
	for (cause = 0; cause < SYSCORD_DROPS; cause++) {
		packet->dropped[cause] = cpu->dropped[cause];
		packet->discarded += cpu->dropped[cause];
	}
}
