/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slots of threads: what a thread's syscall said at entry is kept there until its exit.
 *
 * Each recorded thread owns one slot, from its first recorded entry to its end.  Only the thread
 * itself takes, writes and gives back its slot, always in its own context.  So no lock is needed,
 * and no thread can get another's arguments.
 */
#ifndef SYSCORD_THREADS_H
#define SYSCORD_THREADS_H

#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "capture/cursor.h"
#include "capture/handlers.h"
#include "ring/event.h"
#include "ring/settings.h"

/* Bytes for the entry part, content aside: two paths of any length, and all other fields. */
#define SYSCORD_ENTRY_ROOM	(2 * PATH_MAX + 512)

/**
 * struct syscord_thread - a thread's slot
 * @owner:	the thread, or NULL
 * @handler:	of the syscall that was entered, and whose exit is awaited; else NULL
 * @time:	when it was entered, in ticks; from its exit on, how long it took
 * @nr:		its number
 * @len:	bytes of the entry part, as far as it was read at entry
 * @cursor:	what its handler knows
 * @epoch:	the ring's epoch when the thread was described last
 * @parent:	its parent at that time; NULL if it was never described
 * @cred:	its credentials at that time, with a reference; NULL if it was never described
 * @args:	its arguments, from the registers, if it has a handler of its own
 * @entry:	its entry part
 */
struct syscord_thread {
	struct task_struct *owner;
	const struct syscord_handler *handler;
	u64 time;
	s32 nr;
	u32 len;
	struct syscord_cursor cursor;
	u64 epoch;
	const struct task_struct *parent;
	const struct cred *cred;
	unsigned long args[6];
	u8 entry[];
};

/**
 * struct syscord_threads - the table: open addressing by the task's address
 * @reach:	for each home: how many slots from there on a look-up must visit; mostly one or none
 * @slots:	the memory of all slots
 * @slot_size:	bytes of a slot
 * @room:	bytes of the entry part of a slot
 * @mask:	number of slots, less one
 * @shift:	32 less log2 of the number of slots
 */
struct syscord_threads {
	u8 *reach;
	u8 *slots;
	size_t slot_size;
	size_t room;
	unsigned int mask;
	unsigned int shift;
};

extern struct syscord_threads syscord_threads;

/* The slot that was used last on this CPU.  Mostly it is the one that is looked for. */
DECLARE_PER_CPU(struct syscord_thread *, syscord_last_thread);

int syscord_threads_create(unsigned int count);
void syscord_threads_destroy(void);
struct syscord_thread *syscord_thread_lookup(const struct task_struct *task);
struct syscord_thread *syscord_thread_get_slow(void);
void syscord_thread_put(const struct task_struct *task);
void syscord_thread_set_cred(struct syscord_thread *thread, const struct cred *cred);

/* A task's home: the slot at which a look-up begins, by the task's address. */
static __always_inline unsigned int syscord_thread_home(const struct task_struct *task)
{
	return ((u32)((unsigned long)task >> L1_CACHE_SHIFT) * GOLDEN_RATIO_32) >>
	       syscord_threads.shift;
}

static inline struct syscord_thread *syscord_thread_at(unsigned int index)
{
	return (struct syscord_thread *)(syscord_threads.slots +
					 index * syscord_threads.slot_size);
}

/* If false, the task owns no slot.  If true, it mostly does. */
static __always_inline bool syscord_thread_may_exist(const struct task_struct *task)
{
	return READ_ONCE(syscord_threads.reach[syscord_thread_home(task)]);
}

/**
 * syscord_event_max - bytes of the largest event of a syscall, once the table of slots is made
 *
 * Memory that faulted at entry is read again at exit, behind what was read at entry.
 *
 * Return: the bytes.
 */
static inline u32 syscord_event_max(void)
{
	return min_t(u32, SYSCORD_EVENT_SIZE_MAX,
		     syscord_event_room(2 * syscord_threads.room,
					SYSCORD_EXIT_ROOM_MAX + syscord_settings.content));
}

/**
 * syscord_thread_find - the slot that a task owns
 * @task:	the current task
 *
 * A task can only find what it put there itself, so no order with other CPUs is needed.  It may
 * move to another CPU meanwhile: that does no harm, since the owner stands in the slot.
 *
 * Return: the slot, or NULL if it owns none.
 */
static __always_inline struct syscord_thread *syscord_thread_find(const struct task_struct *task)
{
	struct syscord_thread *thread = this_cpu_read(syscord_last_thread);

	if (likely(READ_ONCE(thread->owner) == task))
		return thread;
	return syscord_thread_may_exist(task) ? syscord_thread_lookup(task) : NULL;
}

/* The current thread's slot, a new one if it has none.  NULL if the table is full. */
static __always_inline struct syscord_thread *syscord_thread_get(void)
{
	struct syscord_thread *thread = this_cpu_read(syscord_last_thread);

	return likely(READ_ONCE(thread->owner) == current) ? thread : syscord_thread_get_slow();
}

#endif
