// SPDX-License-Identifier: GPL-2.0
/*
 * The table of slots: taking and giving back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "memory.h"
#include "threads.h"

/* How far a thread's slot may lie from where its address points: bounds every look-up. */
#define REACH_MAX	64U

struct syscord_threads syscord_threads __read_mostly;

/* Remember that a look-up that begins at @home must take so many steps. */
static void extend_reach(unsigned int home, u8 steps)
{
	u8 *reach = &syscord_threads.reach[home];
	u8 old = READ_ONCE(*reach);

	while (old < steps && !try_cmpxchg(reach, &old, steps))
		;
}

/**
 * syscord_thread_get - the slot of a task, taken if it owns none yet
 * @task:	the current task
 *
 * Return: the slot, or NULL if all slots in reach are taken.
 */
struct syscord_thread *syscord_thread_get(struct task_struct *task)
{
	struct syscord_thread *thread = syscord_thread_find(task);
	unsigned int home = syscord_thread_home(task);
	unsigned int step, index;

	if (likely(thread))
		return thread;
	for (step = 0; step < REACH_MAX; step++) {
		index = (home + step) & ((1U << syscord_threads.bits) - 1);
		if (READ_ONCE(syscord_threads.owners[index]) ||
		    cmpxchg(&syscord_threads.owners[index], NULL, task))
			continue;
		extend_reach(home, step + 1);
		thread = syscord_thread_at(index);
		thread->active = false;
		/* Every task has one: it is described before its first record. */
		thread->parent = NULL;
		return thread;
	}
	return NULL;
}

/**
 * syscord_thread_put - give back the slot of a task that ends
 * @task:	the current task
 */
void syscord_thread_put(const struct task_struct *task)
{
	struct syscord_thread *thread = syscord_thread_find(task);

	if (thread) {
		size_t index = ((u8 *)thread - syscord_threads.slots) / syscord_threads.slot_size;

		/* Pairs with the cmpxchg() that takes it: what was written to it comes before. */
		smp_store_release(&syscord_threads.owners[index], NULL);
	}
}

/**
 * syscord_threads_create - make the table
 * @count:	how many threads it is for
 * @content:	bytes of content that an entry part may hold
 *
 * Return: 0, or -ENOMEM with a line in the kernel log.
 */
int syscord_threads_create(unsigned int count, unsigned int content)
{
	size_t slots = roundup_pow_of_two(max(count, REACH_MAX));
	size_t size = ALIGN(sizeof(struct syscord_thread) + SYSCORD_ENTRY_ROOM + content,
			    L1_CACHE_BYTES);

	syscord_threads.bits = ilog2(slots);
	syscord_threads.slot_size = size;
	syscord_threads.room = size - offsetof(struct syscord_thread, entry);
	syscord_threads.owners = syscord_allocate(slots * sizeof(*syscord_threads.owners));
	syscord_threads.reach = syscord_allocate(slots * sizeof(*syscord_threads.reach));
	syscord_threads.slots = syscord_allocate(slots * size);
	if (syscord_threads.owners && syscord_threads.reach && syscord_threads.slots)
		return 0;
	pr_err("threads=%u needs %zu MiB, which are not free: ask for less, or for less content=\n",
	       count, slots * size / SZ_1M);
	syscord_threads_destroy();
	return -ENOMEM;
}

/**
 * syscord_threads_destroy - free the table, once no probe can run any more
 */
void syscord_threads_destroy(void)
{
	vfree(syscord_threads.slots);
	vfree(syscord_threads.reach);
	vfree(syscord_threads.owners);
	syscord_threads = (struct syscord_threads){};
}
