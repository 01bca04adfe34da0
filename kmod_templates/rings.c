// SPDX-License-Identifier: GPL-2.0
/*
 * A ring is made when its CPU first comes online, and kept until the end.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sizes.h>

#include "handlers.h"
#include "params.h"
#include "rings.h"
#include "stats.h"
#include "threads.h"

#define PACKET_LEAST	SZ_64K

static int hotplug_state;
static bool loading;

/**
 * syscord_event_max - bytes of the largest event, once the table of threads is made
 *
 * Return: what event_room() in hooks.c can come to.
 */
u32 syscord_event_max(void)
{
	u32 exit = SYSCORD_EXIT_ROOM_MAX + syscord_params.content;

	return ALIGN(sizeof(struct syscord_event) + SYSCORD_SCALAR_ROOM +
		     2 * syscord_threads.room + exit, 8);
}

static int cpu_comes_online(unsigned int cpu)
{
	struct syscord_cpu *part = per_cpu_ptr(&syscord_cpus, cpu);
	u32 packet = max_t(u32, PACKET_LEAST, roundup_pow_of_two(syscord_event_max()));
	u32 size = max_t(u32, syscord_params.ring_kb * SZ_1K, 2 * packet);
	int err;

	if (part->ring.base)
		return 0;
	err = syscord_ring_create(&part->ring, size, packet);
	if (err)
		pr_err("the ring of CPU %u needs %u KiB, which are not free: ask for less ring_kb=\n",
		       cpu, size / SZ_1K);
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
