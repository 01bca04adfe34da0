/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a CPU keeps: its ring and its counters.  Each syscall that the recorder saw is counted once,
 * by what became of it: seen = recorded + filtered + dropped + overwritten.
 */
#ifndef SYSCORD_STATS_H
#define SYSCORD_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "ring/clock.h"
#include "ring/packet.h"
#include "ring/ring.h"

/**
 * struct syscord_cpu - a CPU's part of the recorder
 * @number:	the CPU's
 * @ring:	its events
 * @moment:	when it asked what time it is
 * @filtered:	syscalls that ended here and the filter did not want
 * @recorded:	those that went into the ring
 * @dropped:	those that were lost, by cause
 */
struct syscord_cpu {
	unsigned int number;
	struct syscord_ring ring;
	struct syscord_moment moment;
	u64 filtered;
	u64 recorded;
	u64 dropped[SYSCORD_DROPS];
};

DECLARE_PER_CPU(struct syscord_cpu, syscord_cpus);

/* The counters of all CPUs. */
struct syscord_stats {
	u64 filtered;
	u64 recorded;
	u64 overwritten;
	u64 dropped[SYSCORD_DROPS];
};

extern const char *const syscord_drop_names[SYSCORD_DROPS];

void syscord_stats_sum(struct syscord_stats *sum);
u64 syscord_stats_dropped(const struct syscord_stats *sum);
int syscord_stats_print(char *buffer, size_t size);
void syscord_stats_stamp(struct syscord_packet *packet, const struct syscord_cpu *cpu);

#endif
