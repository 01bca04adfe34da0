/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Each syscall that the recorder saw is counted once, by what became of it:
 * seen = recorded + filtered + overwritten + dropped.
 */
#ifndef SYSCORD_COUNTERS_H
#define SYSCORD_COUNTERS_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "ring/cpu.h"
#include "ring/packet.h"

/**
 * struct syscord_counters - the counters of all CPUs, added up
 * @filtered:		syscalls that the filter did not want
 * @recorded:		syscalls that went into a ring, and are there or were consumed
 * @overwritten:	records that newer ones overwrote
 * @dropped:		syscalls that were lost, by cause
 * @waits:		how threads waited for room; this is no part of what was seen
 */
struct syscord_counters {
	u64 filtered;
	u64 recorded;
	u64 overwritten;
	u64 dropped[SYSCORD_DROPS];
	struct syscord_waits waits;
};

extern const char *const syscord_drop_names[SYSCORD_DROPS];

void syscord_counters_sum(struct syscord_counters *sum);
u64 syscord_counters_dropped(const struct syscord_counters *sum);
void syscord_counters_stamp(struct syscord_packet *packet, const struct syscord_cpu *cpu);
void syscord_drop_without_room(struct syscord_cpu *cpu);
void syscord_set_sink_stalled(bool stalled);
bool syscord_sink_is_stalled(void);

/* A syscall that the filter did not want has ended on this CPU. */
static __always_inline void syscord_count_filtered(void)
{
	this_cpu_inc(syscord_cpus.filtered);
}

/* A syscall on this CPU is lost. */
static __always_inline void syscord_count_dropped(enum syscord_drop cause)
{
	this_cpu_inc(syscord_cpus.dropped[cause]);
}

#endif
