/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a CPU keeps: its ring and its counters.  Each syscall that the recorder saw is counted once,
 * by what became of it: seen = recorded + filtered + dropped.
 */
#ifndef SYSCORD_STATS_H
#define SYSCORD_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "ring.h"

enum syscord_drop {
	SYSCORD_DROP_RING,	/* the ring was full */
	SYSCORD_DROP_SINK,	/* the ring was full, as the record file took nothing */
	SYSCORD_DROP_THREADS,	/* the table of threads was full */
	SYSCORD_DROP_CPU,	/* the CPU has no ring */
	SYSCORD_DROPS,
};

/**
 * struct syscord_cpu - a CPU's part of the recorder
 * @ring:	its events
 * @filtered:	syscalls that ended here and the filter did not want
 * @recorded:	those that went into the ring
 * @dropped:	those that were lost, by cause
 */
struct syscord_cpu {
	struct syscord_ring ring;
	u64 filtered;
	u64 recorded;
	u64 dropped[SYSCORD_DROPS];
};

DECLARE_PER_CPU(struct syscord_cpu, syscord_cpus);

/* The counters of all CPUs. */
struct syscord_stats {
	u64 filtered;
	u64 recorded;
	u64 dropped[SYSCORD_DROPS];
};

extern const char *const syscord_drop_names[SYSCORD_DROPS];

void syscord_stats_sum(struct syscord_stats *sum);
u64 syscord_stats_dropped(const struct syscord_stats *sum);
int syscord_stats_print(char *buffer, size_t size);

#endif
