/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The first arguments of a 64-bit call, at its entry.
 */
#ifndef SYSCORD_COMPAT_ARGUMENTS_H
#define SYSCORD_COMPAT_ARGUMENTS_H

#include <linux/ptrace.h>
#include <linux/sched.h>
#include <asm/syscall.h>

/* At least three, into @args, which has room for six. */
static __always_inline void compat_get_three_arguments(struct pt_regs *regs, unsigned long *args)
{
#ifdef CONFIG_X86_64
	args[0] = regs->di;
	args[1] = regs->si;
	args[2] = regs->dx;
#else
	syscall_get_arguments(current, regs, args);
#endif
}

#endif
