// SPDX-License-Identifier: GPL-2.0
/*
 * The table of slots: open addressing by the task's address.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/vmalloc.h>

#include "threads.h"

/* How far a thread's slot may lie from where its address points: bounds every look-up. */
#define SYSCORD_REACH	16

static struct {
	struct task_struct **owners;	/* who owns a slot; kept apart, so that a look-up touches one cache line or two */
	u8 *slots;
	size_t slot_size;
	unsigned int mask;
	unsigned int bits;
} threads __read_mostly;

static struct syscord_thread *slot(unsigned int index)
{
	return (struct syscord_thread *)(threads.slots + index * threads.slot_size);
}

/**
 * syscord_thread_room - bytes of the entry part of a slot
 */
size_t syscord_thread_room(void)
{
	return threads.slot_size - offsetof(struct syscord_thread, entry);
}

/**
 * syscord_thread_find - the slot that a task owns
 * @task:	the current task
 *
 * Return: the slot, or NULL if it owns none.
 */
struct syscord_thread *syscord_thread_find(const struct task_struct *task)
{
	unsigned int index = hash_ptr(task, threads.bits);
	unsigned int i;

	for (i = 0; i < SYSCORD_REACH; i++, index++)
		if (READ_ONCE(threads.owners[index & threads.mask]) == task)
			return slot(index & threads.mask);
	return NULL;
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
	unsigned int index = hash_ptr(task, threads.bits);
	unsigned int i;

	if (likely(thread))
		return thread;
	for (i = 0; i < SYSCORD_REACH; i++, index++) {
		struct task_struct **owner = &threads.owners[index & threads.mask];

		if (!READ_ONCE(*owner) && !cmpxchg(owner, NULL, task)) {
			thread = slot(index & threads.mask);
			thread->active = false;
			return thread;
		}
	}
	return NULL;
}

/**
 * syscord_thread_put - give back the slot of a task that ends
 * @task:	the current task
 */
void syscord_thread_put(const struct task_struct *task)
{
	unsigned int index = hash_ptr(task, threads.bits);
	unsigned int i;

	for (i = 0; i < SYSCORD_REACH; i++, index++) {
		struct task_struct **owner = &threads.owners[index & threads.mask];

		if (READ_ONCE(*owner) == task) {
			smp_store_release(owner, NULL);
			return;
		}
	}
}

/**
 * syscord_threads_create - make the table
 * @count:	how many threads it is for
 * @content:	bytes of content that an entry part may hold
 *
 * Return: 0, or -ENOMEM.
 */
int syscord_threads_create(unsigned int count, unsigned int content)
{
	/* Twice the threads, so that one rarely finds all slots in its reach taken. */
	threads.bits = order_base_2(max(count, (unsigned int)SYSCORD_REACH) * 2);
	threads.mask = (1U << threads.bits) - 1;
	threads.slot_size = ALIGN(sizeof(struct syscord_thread) + SYSCORD_ENTRY_ROOM + content, L1_CACHE_BYTES);
	threads.owners = vzalloc(array_size(threads.mask + 1, sizeof(*threads.owners)));
	threads.slots = vzalloc(array_size(threads.mask + 1, threads.slot_size));
	if (threads.owners && threads.slots)
		return 0;
	syscord_threads_destroy();
	return -ENOMEM;
}

/**
 * syscord_threads_destroy - free the table, once no probe can run any more
 */
void syscord_threads_destroy(void)
{
	vfree(threads.slots);
	vfree(threads.owners);
	threads.slots = NULL;
	threads.owners = NULL;
}
