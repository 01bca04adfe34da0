/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slots of threads: what is kept of a thread from one of its syscalls to the next.
 *
 * Each recorded thread owns one slot, from its first recorded call to its end.  Only the thread
 * itself uses its slot, always in its own context.  So no lock is needed, and no thread can get
 * another's arguments.  Two others touch it: its parent takes it, before the thread runs for the
 * first time; and a slot is taken away from a thread that a new filter rejects.
 */
#ifndef SYSCORD_THREADS_H
#define SYSCORD_THREADS_H

#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/limits.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "capture/handlers.h"
#include "tasks/pending.h"

/* The number of a slot whose thread was just forked, and comes out of its parent's call. */
#define SYSCORD_NR_NEWBORN	S32_MIN

/**
 * struct syscord_thread - a thread's slot
 * @owner:	the thread; NULL; or the thread with bit 0 set, while the slot is taken away from it
 * @handler:	of the syscall that was entered, and whose exit is awaited; else NULL
 * @time:	when the last call was entered, in ticks
 * @first_arg:	its first argument, where the registers do not keep it: compat_keep_first_argument()
 * @pending:	its entry part, if its handler reads memory and there was a block for it
 * @cred:	the thread's credentials when it was described last, with a reference
 * @parent:	its parent at that time; NULL if it was never described
 * @epoch:	the ring's epoch at that time
 * @nr:		the number of the last call, or SYSCORD_NR_NEWBORN
 */
struct syscord_thread {
	unsigned long owner;
	const struct syscord_handler *handler;
	u64 time;
	unsigned long first_arg;
	struct syscord_pending *pending;
	const struct cred *cred;
	const struct task_struct *parent;
	u32 epoch;
	s32 nr;
};

/* One user may have a hundred thousand threads. */
static_assert(sizeof(struct syscord_thread) == 64);

/* Slots by the hash of their owner: mostly, a count of 0 says that a task owns none. */
#define SYSCORD_OWNERS_BITS	12
extern atomic_t syscord_owners[1 << SYSCORD_OWNERS_BITS];

/* The slot that was used last on this CPU.  Mostly it is the one that is looked for. */
DECLARE_PER_CPU(struct syscord_thread *, syscord_last_thread);

int syscord_threads_create(unsigned int limit);
void syscord_threads_destroy(void);
struct syscord_thread *syscord_thread_lookup(const struct task_struct *task);
struct syscord_thread *syscord_thread_get_slow(void);
void syscord_thread_prepare(const struct task_struct *child);
void syscord_thread_set_cred(struct syscord_thread *thread, const struct cred *cred);
void syscord_thread_put(const struct task_struct *task);
bool syscord_threads_reclaim(bool (*keeps)(const struct task_struct *task));

/* A hash of a task's address: its high bits are the best. */
static __always_inline u32 syscord_thread_hash(const struct task_struct *task)
{
	return (u32)((unsigned long)task >> L1_CACHE_SHIFT) * GOLDEN_RATIO_32;
}

/* If false, the task owns no slot.  If true, it mostly does. */
static __always_inline bool syscord_thread_may_exist(const struct task_struct *task)
{
	u32 hash = syscord_thread_hash(task);

	return atomic_read(&syscord_owners[hash >> (32 - SYSCORD_OWNERS_BITS)]);
}

/* Whether a task owns a slot, and nobody is taking it away. */
static __always_inline bool syscord_thread_is_of(const struct syscord_thread *thread,
						 const struct task_struct *task)
{
	return READ_ONCE(thread->owner) == (unsigned long)task;
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

	if (likely(syscord_thread_is_of(thread, task)))
		return thread;
	return syscord_thread_may_exist(task) ? syscord_thread_lookup(task) : NULL;
}

/* The current thread's slot, a new one if it has none.  NULL if there is none for it. */
static __always_inline struct syscord_thread *syscord_thread_get(void)
{
	struct syscord_thread *thread = this_cpu_read(syscord_last_thread);

	return likely(syscord_thread_is_of(thread, current)) ? thread : syscord_thread_get_slow();
}

#endif
