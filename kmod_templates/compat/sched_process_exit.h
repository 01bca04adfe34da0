/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A probe on sched_process_exit: since 6.16 it is told whether the whole process ends, too.
 */
#ifndef SYSCORD_COMPAT_PROCESS_EXIT_H
#define SYSCORD_COMPAT_PROCESS_EXIT_H

#include <trace/events/sched.h>

#ifdef HAVE_PROCESS_EXIT_GROUP_DEAD
#define COMPAT_PROCESS_EXIT_PROBE(name)	\
	void name(void *data, struct task_struct *task, bool group_dead)
#else
#define COMPAT_PROCESS_EXIT_PROBE(name)	\
	void name(void *data, struct task_struct *task)
#endif

#endif
