// SPDX-License-Identifier: GPL-2.0
/*
 * The table of slots: taking and giving back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/cred.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "capture/copy_words.h"
#include "ring/memory.h"
#include "ring/settings.h"
#include "tasks/threads.h"

/* A thread's slot is one of the first so many from its home: this bounds every look-up. */
#define REACH_MAX	64U

struct syscord_threads syscord_threads __read_mostly;

DEFINE_PER_CPU(struct syscord_thread *, syscord_last_thread);

/* Nobody owns this slot.  It stands for the last one on a CPU where none was used yet. */
static struct syscord_thread no_thread;

/* From now on, a look-up that begins at @home visits at least @steps slots. */
static void extend_reach(unsigned int home, u8 steps)
{
	u8 *reach = &syscord_threads.reach[home];
	u8 old = READ_ONCE(*reach);

	while (old < steps && !try_cmpxchg(reach, &old, steps))
		;
}

/**
 * syscord_thread_lookup - the slot that a task owns, in the table
 * @task:	the current task
 *
 * Return: the slot, or NULL if it owns none.
 */
noinline struct syscord_thread *syscord_thread_lookup(const struct task_struct *task)
{
	unsigned int steps, index = syscord_thread_home(task);

	for (steps = READ_ONCE(syscord_threads.reach[index]); steps; steps--) {
		struct syscord_thread *thread = syscord_thread_at(index);

		if (READ_ONCE(thread->owner) == task) {
			this_cpu_write(syscord_last_thread, thread);
			return thread;
		}
		index = (index + 1) & syscord_threads.mask;
	}
	return NULL;
}

/* A slot for a task that owns none.  NULL if all slots in reach are taken. */
static struct syscord_thread *take_slot(struct task_struct *task)
{
	unsigned int home = syscord_thread_home(task);
	unsigned int step;

	for (step = 0; step < REACH_MAX; step++) {
		struct syscord_thread *thread;

		thread = syscord_thread_at((home + step) & syscord_threads.mask);
		if (READ_ONCE(thread->owner) || cmpxchg(&thread->owner, NULL, task))
			continue;
		extend_reach(home, step + 1);
		thread->handler = NULL;
		thread->cursor = (struct syscord_cursor){ .content = syscord_settings.content };
		/* Every task has a parent: so this one is not yet known, and will be described. */
		thread->parent = NULL;
		this_cpu_write(syscord_last_thread, thread);
		return thread;
	}
	return NULL;
}

/**
 * syscord_thread_get_slow - the current thread's slot, which is not the last used on this CPU
 *
 * Return: the slot, a new one if it has none; NULL if all slots in reach are taken.
 */
noinline struct syscord_thread *syscord_thread_get_slow(void)
{
	return syscord_thread_find(current) ?: take_slot(current);
}

/**
 * syscord_thread_set_cred - keep the credentials that a thread was described with
 * @thread:	the thread's slot
 * @cred:	the credentials, or NULL; the slot takes a reference of its own
 *
 * As long as there is a reference, no other credentials have this address.  So to compare the
 * address is enough to find out that a thread has other ones.
 */
void syscord_thread_set_cred(struct syscord_thread *thread, const struct cred *cred)
{
	const struct cred *old = thread->cred;

	thread->cred = cred ? get_cred(cred) : NULL;
	if (old)
		put_cred(old);
}

/**
 * syscord_thread_put - give back the slot of a task that ends
 * @task:	the current task
 */
void syscord_thread_put(const struct task_struct *task)
{
	struct syscord_thread *thread = syscord_thread_find(task);

	if (!thread)
		return;
	syscord_thread_set_cred(thread, NULL);
	/* Pairs with the cmpxchg() that takes it: what was written to it comes before. */
	smp_store_release(&thread->owner, NULL);
}

/**
 * syscord_threads_create - make the table
 * @count:	how many threads it is for
 *
 * Return: 0, or -ENOMEM with a line in the kernel log.
 */
int syscord_threads_create(unsigned int count)
{
	size_t slots = roundup_pow_of_two(max(count, REACH_MAX));
	size_t size = ALIGN(sizeof(struct syscord_thread) + SYSCORD_ENTRY_ROOM +
			    syscord_settings.content + SYSCORD_COPY_STEP, L1_CACHE_BYTES);
	unsigned int cpu;

	syscord_threads.mask = slots - 1;
	syscord_threads.shift = 32 - ilog2(slots);
	syscord_threads.slot_size = size;
	syscord_threads.room = size - offsetof(struct syscord_thread, entry) - SYSCORD_COPY_STEP;
	syscord_threads.reach = syscord_allocate(slots * sizeof(*syscord_threads.reach));
	syscord_threads.slots = syscord_allocate(slots * size);
	for_each_possible_cpu(cpu)
		per_cpu(syscord_last_thread, cpu) = &no_thread;
	if (syscord_threads.reach && syscord_threads.slots)
		return 0;
	pr_err("threads=%u needs %zu MiB, which are not free: ask for less, or for less content=\n",
	       count, slots * size / SZ_1M);
	syscord_threads_destroy();
	return -ENOMEM;
}

/* Of threads that have not ended. */
static void forget_creds(void)
{
	unsigned int index;

	for (index = 0; index <= syscord_threads.mask; index++)
		syscord_thread_set_cred(syscord_thread_at(index), NULL);
}

/**
 * syscord_threads_destroy - free the table, once no probe can run any more
 */
void syscord_threads_destroy(void)
{
	if (syscord_threads.slots)
		forget_creds();
	vfree(syscord_threads.slots);
	vfree(syscord_threads.reach);
	syscord_threads = (struct syscord_threads){};
}
