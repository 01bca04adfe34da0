/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_PROCESSES_H
#define SYSCORD_PROCESSES_H

#include <linux/binfmts.h>
#include <linux/sched.h>

#include "compat/sched_process_exit.h"

void syscord_probe_process_exec(void *data, struct task_struct *task, pid_t old_pid,
				struct linux_binprm *bprm);
COMPAT_PROCESS_EXIT_PROBE(syscord_probe_process_exit);
void syscord_probe_process_fork(void *data, struct task_struct *parent, struct task_struct *child);
void syscord_probe_task_rename(void *data, struct task_struct *task, const char *comm);

#endif
