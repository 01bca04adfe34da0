/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The probes on the tracepoints of syscalls: entry.c and exit.c.
 */
#ifndef SYSCORD_SYSCALLS_H
#define SYSCORD_SYSCALLS_H

#include <linux/ptrace.h>

void syscord_probe_sys_enter(void *data, struct pt_regs *regs, long nr);
void syscord_probe_sys_exit(void *data, struct pt_regs *regs, long ret);

#endif
