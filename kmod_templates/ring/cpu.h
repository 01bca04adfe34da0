/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each CPU has of the recorder.
 */
#ifndef SYSCORD_CPU_H
#define SYSCORD_CPU_H

#include <linux/compiler.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "ring/clock.h"
#include "ring/packet.h"
#include "ring/ring.h"

/**
 * struct syscord_waits - how threads waited for room
 * @begun:	how often a thread began to wait
 * @ns:		how long they waited, in ns, of waits that have ended
 * @timeouts:	how many of them ended by wait_ms=, with no room
 * @refused:	how often a thread went on at once, as too many others waited
 */
struct syscord_waits {
	u64 begun;
	u64 ns;
	u64 timeouts;
	u64 refused;
};

/**
 * struct syscord_cpu - a CPU's part of the recorder
 * @number:	the CPU's number
 * @ring:	its events
 * @clock:	when it read the kernel's clock last
 * @seen:	syscalls that the probes saw here: counted where a probe begins, whatever comes
 *		of them
 * @filtered:	syscalls that ended here and that the filter did not want
 * @recorded:	syscalls that went into the ring
 * @dropped:	syscalls that were lost, by cause
 * @waits:	how threads waited for room, counted on the CPU that they were on
 */
struct syscord_cpu {
	unsigned int number;
	struct syscord_ring ring;
	struct syscord_clock_base clock;
	u64 seen;
	u64 filtered;
	u64 recorded;
	u64 dropped[SYSCORD_DROPS];
	struct syscord_waits waits;
};

/* In counters.c. */
DECLARE_PER_CPU(struct syscord_cpu, syscord_cpus);

u64 syscord_cpu_read_clock(struct syscord_cpu *cpu);

/**
 * syscord_cpu_time - what time it is
 * @cpu:	this CPU, with preemption off, between syscord_ring_begin() and syscord_ring_end()
 * @ticks:	from syscord_clock_ticks(), just now
 *
 * Return: CLOCK_MONOTONIC, in ns.
 */
static __always_inline u64 syscord_cpu_time(struct syscord_cpu *cpu, u64 ticks)
{
	u64 since = ticks - cpu->clock.ticks;

	/* True as well if the counter was set back.  It may take a while to see a new @max_age. */
	if (unlikely(since > data_race(syscord_clock.max_age)))
		return syscord_cpu_read_clock(cpu);
	return cpu->clock.ns + syscord_clock_ns(since);
}

#endif
