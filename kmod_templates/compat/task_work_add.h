/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work that a task does itself, where it may sleep, before it returns to user space:
 *  - task_work_add() takes TWA_RESUME: commit e91b48162332 ("task_work: teach task_work_add() to do
 *    signal_wake_up()") (in v5.9);
 *  - it is exported by some kernels only.  Compiling does not tell, and a module that refers to it
 *    could not be loaded into the others.  So it is looked up when it is needed.
 *
 * A module must not go before a task has left the last instruction of such work.  RCU tasks tell
 * that, if they are built where a task can be preempted in the kernel.
 */
#ifndef SYSCORD_COMPAT_TASK_WORK_ADD_H
#define SYSCORD_COMPAT_TASK_WORK_ADD_H

#include <linux/module.h>
#include <linux/sched.h>
#include <linux/task_work.h>
#include <linux/types.h>

#if defined(HAVE_TASK_WORK_ADD) && \
	(defined(CONFIG_TASKS_RCU) || !defined(CONFIG_PREEMPTION))

/* The function, or NULL if this kernel keeps it to itself. */
static inline typeof(task_work_add) *compat_get_task_work_add(void)
{
	return symbol_get(task_work_add);
}

static inline void compat_put_task_work_add(void)
{
	symbol_put(task_work_add);
}

/* Have the current task do some work before it returns to user space.  False if it never will. */
static inline bool compat_add_work_at_return(typeof(task_work_add) *add,
					     struct callback_head *work)
{
	return !add(current, work, TWA_RESUME);
}

#else

static inline typeof(task_work_add) *compat_get_task_work_add(void)
{
	return NULL;
}

static inline void compat_put_task_work_add(void)
{
}

static inline bool compat_add_work_at_return(typeof(task_work_add) *add,
					     struct callback_head *work)
{
	return false;
}

#endif

#endif
