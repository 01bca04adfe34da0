/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Each syscall that the recorder sees is counted twice: when a probe begins with it, and by what
 * became of it.  So a syscall that is lost on the way shows:
 * seen = recorded + filtered + overwritten + dropped.
 *
 * For each CPU this holds where probes run with preemption off, which is so before Linux 6.13.  For
 * all CPUs together it always holds, once nothing is under way.
 */
#ifndef SYSCORD_COUNTERS_H
#define SYSCORD_COUNTERS_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "ring/cpu.h"
#include "ring/packet.h"

/**
 * struct syscord_counters - the counters of all CPUs, added up
 * @seen:		syscalls that the probes saw
 * @filtered:		syscalls that the filter did not want
 * @recorded:		syscalls that went into a ring, and are there or were consumed
 * @overwritten:	records that newer ones overwrote
 * @dropped:		syscalls that were lost, by cause
 * @waits:		how threads waited for room; this is no part of what was seen
 */
struct syscord_counters {
	u64 seen;
	u64 filtered;
	u64 recorded;
	u64 overwritten;
	u64 dropped[SYSCORD_DROPS];
	struct syscord_waits waits;
};

extern const char *const syscord_drop_names[SYSCORD_DROPS];

void syscord_counters_read(struct syscord_counters *counters, unsigned int number);
void syscord_counters_sum(struct syscord_counters *sum);
u64 syscord_counters_dropped(const struct syscord_counters *sum);
void syscord_counters_stamp(struct syscord_packet *packet, const struct syscord_cpu *cpu);
void syscord_drop_without_room(struct syscord_cpu *cpu);
void syscord_set_sink_stalled(bool stalled);
bool syscord_sink_is_stalled(void);

/* A probe begins with a syscall that ends, or will never end. */
static __always_inline void syscord_count_seen(void)
{
	this_cpu_inc(syscord_cpus.seen);
}

/* It was no syscall, but a new task that comes out of its parent's. */
static __always_inline void syscord_uncount_seen(void)
{
	this_cpu_dec(syscord_cpus.seen);
}

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
