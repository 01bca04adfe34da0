// SPDX-License-Identifier: GPL-2.0
/*
 * A ring is made when its CPU first comes online, and kept until the end.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/smp.h>

#include "capture/cursor.h"
#include "capture/handlers.h"
#include "params/params.h"
#include "ring/rings.h"
#include "ring/stats.h"
#include "tasks/threads.h"

#define PACKET_LEAST	SZ_64K

static int hotplug_state;
static bool loading;
static u64 epoch;	/* of all rings, but in flight-recorder mode */

/**
 * syscord_event_max - bytes of the largest event, once the table of threads is made
 *
 * Return: what slow_event_room() in calls.c can come to.
 */
u32 syscord_event_max(void)
{
	u32 exit = SYSCORD_EXIT_ROOM_MAX + syscord_params.content;

	return min_t(u32, sizeof(struct syscord_call_long) + SYSCORD_SCALAR_ROOM +
		     2 * syscord_threads.room + exit, SYSCORD_EVENT_MOST);
}

static int cpu_comes_online(unsigned int cpu)
{
	struct syscord_cpu *part = per_cpu_ptr(&syscord_cpus, cpu);
	/* An event, with a description of who made it before it. */
	u32 most = sizeof(struct syscord_packet) + sizeof(struct syscord_process) + sizeof(u32) +
		   PATH_MAX + 1 + syscord_event_max();
	u32 packet = max_t(u32, PACKET_LEAST, roundup_pow_of_two(most));
	u32 size = max_t(u32, syscord_params.ring_kb * SZ_1K, 2 * packet);
	int err;

	if (part->ring.base)
		return 0;
	part->number = cpu;
	err = syscord_ring_create(&part->ring, size, packet);
	if (err)
		pr_err("the ring of CPU %u needs %u KiB, which are not free: ask for less ring_kb=\n",
		       cpu, size / SZ_1K);
	WRITE_ONCE(part->ring.epoch, READ_ONCE(epoch));
	/* Later, a CPU must come online without a ring, too: what it drops is counted. */
	return loading ? err : 0;
}

/**
 * syscord_rings_create - make the rings of all CPUs that are online, and of those to come
 *
 * Return: 0, or a negative errno with a line in the kernel log; then no ring is left.
 */
int syscord_rings_create(void)
{
	int state;

	loading = true;
	state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "syscord:online", cpu_comes_online, NULL);
	loading = false;
	if (state < 0) {
		syscord_rings_destroy();
		return state;
	}
	hotplug_state = state;
	return 0;
}

/* On the ring's CPU, in an interrupt, or when no probe can run there. */
static void close_packet(void *data)
{
	struct syscord_cpu *cpu = data;

	/* It interrupted a probe: that closes the packet when it is done. */
	if (READ_ONCE(cpu->ring.busy))
		WRITE_ONCE(cpu->ring.close, true);
	else
		syscord_ring_close(cpu);
}

/**
 * syscord_rings_close_packets - have the open packets closed, so that they can be written
 *
 * A CPU that is at work on a record closes its packet after that, maybe after this returns.
 */
void syscord_rings_close_packets(void)
{
	unsigned int cpu;

	cpus_read_lock();
	for_each_possible_cpu(cpu) {
		struct syscord_cpu *part = per_cpu_ptr(&syscord_cpus, cpu);

		if (!READ_ONCE(part->ring.limit))
			continue;
		if (cpu_online(cpu))
			smp_call_function_single(cpu, close_packet, part, true);
		else
			close_packet(part);
	}
	cpus_read_unlock();
}

/**
 * syscord_rings_keep - whether nothing may be overwritten for now
 * @keep:	whether
 */
void syscord_rings_keep(bool keep)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		/* Pairs with overwrite() in ring.c: what was read may be overwritten. */
		smp_store_release(&per_cpu_ptr(&syscord_cpus, cpu)->ring.no_overwrite, keep);
	}
}

/**
 * syscord_rings_discard - overwrite all there is, in flight-recorder mode, once no probe can run
 */
void syscord_rings_discard(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		syscord_ring_discard(per_cpu_ptr(&syscord_cpus, cpu));
}

/**
 * syscord_rings_describe_anew - have every thread described before its next record
 *
 * Not for flight-recorder mode, where each packet does that by itself.
 */
void syscord_rings_describe_anew(void)
{
	unsigned int cpu;

	if (syscord_params.overwrite)
		return;
	WRITE_ONCE(epoch, epoch + 1);
	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu_ptr(&syscord_cpus, cpu)->ring.epoch, epoch);
}

/**
 * syscord_rings_destroy - free the rings, once neither a probe nor the writer can run any more
 */
void syscord_rings_destroy(void)
{
	unsigned int cpu;

	if (hotplug_state)
		cpuhp_remove_state(hotplug_state);
	hotplug_state = 0;
	for_each_possible_cpu(cpu)
		syscord_ring_destroy(&per_cpu_ptr(&syscord_cpus, cpu)->ring);
}
