/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a thread's syscall said at entry, kept until its exit.
 *
 * Each recorded thread owns one slot, from its first recorded entry to its end.  Only the thread
 * itself takes, writes and gives back its slot, always in its own context, so that no lock is
 * needed and no other thread's entry can be taken for its own.
 */
#ifndef SYSCORD_THREADS_H
#define SYSCORD_THREADS_H

#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/hash.h>
#include <linux/limits.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "handlers.h"

/* Bytes for the entry part, content aside: two paths of any length, and all other fields. */
#define SYSCORD_ENTRY_ROOM	(2 * PATH_MAX + 512)

/**
 * struct syscord_thread - a thread's slot
 * @handler:	of the syscall
 * @time:	when it was entered: CLOCK_MONOTONIC, in ns
 * @nr:		its number
 * @other:	SYSCORD_ID_UNKNOWN or SYSCORD_ID_COMPAT, if it has no class of its own, else 0
 * @len:	bytes of the entry part
 * @addr_room:	bytes that the caller has for a socket address
 * @active:	a syscall was entered, and its exit is awaited
 * @fault:	some of the entry part could not be read
 * @wide:	narrow fields of the entry part have 64 bits
 * @unseen:	there is no entry part: the entry was not seen
 * @epoch:	the ring's, when the thread was described last, and so were
 * @parent:	its parent, and
 * @uid:	its user
 * @args:	its arguments, from the registers, if it has a handler of its own
 * @entry:	its entry part
 */
struct syscord_thread {
	const struct syscord_handler *handler;
	u64 time;
	s32 nr;
	u16 other;
	u32 len;
	u32 addr_room;
	bool active;
	bool fault;
	bool wide;
	bool unseen;
	kuid_t uid;
	u64 epoch;
	const struct task_struct *parent;
	unsigned long args[6];
	u8 entry[];
};

/**
 * struct syscord_threads - the table: open addressing by the task's address
 * @owners:	who owns a slot
 * @reach:	by the place that a task's address points to, how far behind it any task of that
 *		place was ever put: what bounds a look-up, most often to one step or none
 * @slots:	the memory of all slots
 * @slot_size:	bytes of a slot
 * @room:	bytes of the entry part of a slot
 * @bits:	log2 of the number of slots
 */
struct syscord_threads {
	struct task_struct **owners;
	u8 *reach;
	u8 *slots;
	size_t slot_size;
	size_t room;
	unsigned int bits;
};

extern struct syscord_threads syscord_threads;

int syscord_threads_create(unsigned int count, unsigned int content);
void syscord_threads_destroy(void);
struct syscord_thread *syscord_thread_get(struct task_struct *task);
void syscord_thread_put(const struct task_struct *task);

/* Where a task's address points to. */
static inline unsigned int syscord_thread_home(const struct task_struct *task)
{
	return hash_ptr(task, syscord_threads.bits);
}

static inline struct syscord_thread *syscord_thread_at(unsigned int index)
{
	return (struct syscord_thread *)(syscord_threads.slots +
					 index * syscord_threads.slot_size);
}

/**
 * syscord_thread_find - the slot that a task owns
 * @task:	the current task
 *
 * A task can only find what it put there itself, so that no order with other CPUs is needed.
 *
 * Return: the slot, or NULL if it owns none.
 */
static inline struct syscord_thread *syscord_thread_find(const struct task_struct *task)
{
	unsigned int index = syscord_thread_home(task);
	unsigned int steps;

	for (steps = READ_ONCE(syscord_threads.reach[index]); steps; steps--) {
		if (READ_ONCE(syscord_threads.owners[index]) == task)
			return syscord_thread_at(index);
		index = (index + 1) & ((1U << syscord_threads.bits) - 1);
	}
	return NULL;
}

#endif
