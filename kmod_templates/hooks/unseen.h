/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_UNSEEN_H
#define SYSCORD_UNSEEN_H

#include <linux/ptrace.h>

struct syscord_filter;
struct syscord_thread;

void syscord_unseen_new_filter(void);
bool syscord_unseen_is_birth(struct syscord_thread *thread, struct pt_regs *regs, long ret);
void syscord_unseen_exit(struct syscord_thread *thread, struct pt_regs *regs, long ret);
void syscord_unseen_exec(const struct syscord_filter *filter);

#endif
