/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Probes on the tracepoint sched_process_exit have one parameter more, which says whether the whole
 * process ends: commit 3e816361e94a ("sched/tracepoints: Move and extend the sched_process_exit()
 * tracepoint") (in v6.16).
 */
#ifndef SYSCORD_COMPAT_SCHED_PROCESS_EXIT_H
#define SYSCORD_COMPAT_SCHED_PROCESS_EXIT_H

#include <linux/sched.h>
#include <linux/types.h>

#ifdef HAVE_PROCESS_EXIT_GROUP_DEAD
#define COMPAT_PROCESS_EXIT_PROBE(name)	\
	void name(void *data, struct task_struct *task, bool group_dead)
#else
#define COMPAT_PROCESS_EXIT_PROBE(name)	\
	void name(void *data, struct task_struct *task)
#endif

#endif
