/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flag of a task that sends its syscalls through the tracepoints.  It is one of the flags for
 * syscalls, where the architecture has them: commit 524666cb5de7 ("tracepoints: Migrate to use
 * SYSCALL_WORK flag") (in v5.11).  Elsewhere it is one of the thread's flags.
 */
#ifndef SYSCORD_COMPAT_SYSCALL_WORK_H
#define SYSCORD_COMPAT_SYSCALL_WORK_H

#include <linux/sched.h>
#include <linux/thread_info.h>

static inline void compat_set_syscall_flag(struct task_struct *task)
{
#ifdef set_task_syscall_work
	set_task_syscall_work(task, SYSCALL_TRACEPOINT);
#else
	set_tsk_thread_flag(task, TIF_SYSCALL_TRACEPOINT);
#endif
}

static inline void compat_clear_syscall_flag(struct task_struct *task)
{
#ifdef clear_task_syscall_work
	clear_task_syscall_work(task, SYSCALL_TRACEPOINT);
#else
	clear_tsk_thread_flag(task, TIF_SYSCALL_TRACEPOINT);
#endif
}

#endif
