// SPDX-License-Identifier: GPL-2.0
/*
 * A ring is made when its CPU first comes online, and kept until the end.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/smp.h>

#include "ring/cpu.h"
#include "ring/event.h"
#include "ring/packet.h"
#include "ring/ring.h"
#include "ring/rings.h"

#define PACKET_MIN	SZ_64K

static struct syscord_ring_config ring_config;
static int hotplug_state;
static bool loading;
static u32 epoch;	/* of all rings; in flight-recorder mode, each has its own */

/* Without it, a CPU that comes online could put back an epoch that has just ended. */
static DEFINE_MUTEX(epoch_lock);

/* Bytes of a packet: the largest event fits behind an anchor and a description of its thread. */
static u32 packet_size(void)
{
	u32 description = SYSCORD_PROCESS_MAX + 1;

	return max_t(u32, PACKET_MIN,
		     roundup_pow_of_two(sizeof(struct syscord_packet) +
					sizeof(struct syscord_anchor) + description +
					ring_config.event_max));
}

static int cpu_online_callback(unsigned int number)
{
	struct syscord_cpu *cpu = per_cpu_ptr(&syscord_cpus, number);
	u32 packet = packet_size(), size = max_t(u32, ring_config.size, 2 * packet);
	int err;

	if (cpu->ring.base)
		return 0;
	cpu->number = number;
	mutex_lock(&epoch_lock);
	/* Before probes can use the ring: the first epochs may be long over. */
	cpu->ring.epoch = epoch;
	err = syscord_ring_create(&cpu->ring, size, packet, &ring_config);
	mutex_unlock(&epoch_lock);
	if (err)
		pr_err("the ring of CPU %u needs %u KiB, which are not free: ask for less ring_kb=\n",
		       number, size / SZ_1K);
	/* Later, a CPU comes online even without a ring.  What it drops is counted. */
	return loading ? err : 0;
}

/**
 * syscord_rings_create - make the rings of all CPUs that are online, and of those to come
 * @config:	what the rings are told; it is copied
 *
 * Return: 0, or a negative errno with a line in the kernel log; then no ring is left.
 */
int syscord_rings_create(const struct syscord_ring_config *config)
{
	int state;

	ring_config = *config;
	loading = true;
	state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "syscord:online", cpu_online_callback, NULL);
	loading = false;
	if (state < 0) {
		syscord_rings_destroy();
		return state;
	}
	hotplug_state = state;
	return 0;
}

/* Runs in an interrupt on the ring's CPU, or anywhere if no probe can run on that CPU. */
static void close_packet(void *data)
{
	struct syscord_cpu *cpu = data;

	/* This interrupted a probe.  The probe closes the packet when it is done. */
	if (READ_ONCE(cpu->ring.busy))
		WRITE_ONCE(cpu->ring.close, true);
	else
		syscord_ring_flush(cpu);
}

/* A CPU that made no record since then is not interrupted: it may be idle, or free of the tick. */
static bool has_packet_to_close(const struct syscord_ring *ring)
{
	return READ_ONCE(ring->end) && !syscord_ring_is_high(ring);
}

/**
 * syscord_rings_close_packets - have the open packets closed, so that they can be written
 *
 * A CPU that is at work on a record closes its packet after that, maybe after this returns.  A
 * packet of a ring's reserve stays open.
 */
void syscord_rings_close_packets(void)
{
	unsigned int number;

	cpus_read_lock();
	for_each_possible_cpu(number) {
		struct syscord_cpu *cpu = per_cpu_ptr(&syscord_cpus, number);

		if (!has_packet_to_close(&cpu->ring))
			continue;
		if (cpu_online(number))
			smp_call_function_single(number, close_packet, cpu, true);
		else
			close_packet(cpu);
	}
	cpus_read_unlock();
}

/**
 * syscord_rings_any_high - whether the reserve of a ring is in use
 *
 * Return: whether one is; false where rings have no reserve.
 */
bool syscord_rings_any_high(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (syscord_ring_is_high(&per_cpu_ptr(&syscord_cpus, cpu)->ring))
			return true;
	return false;
}

/**
 * syscord_rings_end_reserve - make the reserve a part like any other: no ring is high from now on
 */
void syscord_rings_end_reserve(void)
{
	unsigned int number;

	for_each_possible_cpu(number) {
		struct syscord_ring *ring = &per_cpu_ptr(&syscord_cpus, number)->ring;

		WRITE_ONCE(ring->mark, ring->size);
	}
}

/**
 * syscord_rings_set_no_overwrite - forbid or allow overwriting, in flight-recorder mode
 * @no_overwrite:	whether a full ring drops the new record instead
 */
void syscord_rings_set_no_overwrite(bool no_overwrite)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		/* Pairs with overwrite() in ring.c: the writer has read what is overwritten. */
		smp_store_release(&per_cpu_ptr(&syscord_cpus, cpu)->ring.no_overwrite,
				  no_overwrite);
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

	if (ring_config.overwrite)
		return;
	mutex_lock(&epoch_lock);
	epoch++;
	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu_ptr(&syscord_cpus, cpu)->ring.epoch, epoch);
	mutex_unlock(&epoch_lock);
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
