/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_CALLS_H
#define SYSCORD_CALLS_H

#include <linux/init.h>
#include <linux/ptrace.h>

#include "hooks/filter.h"

void syscord_calls_ready(void);
void syscord_calls_begin_unseen_exec(const struct syscord_filter *filter);
void syscord_probe_sys_enter(void *data, struct pt_regs *regs, long nr);
void syscord_probe_sys_exit(void *data, struct pt_regs *regs, long ret);

#endif
