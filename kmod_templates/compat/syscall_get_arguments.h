/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The first arguments of a 64-bit call, at its entry.  syscall_get_arguments() copies all six; on
 * x86_64 and arm64 it is known where the first three are.
 */
#ifndef SYSCORD_COMPAT_SYSCALL_GET_ARGUMENTS_H
#define SYSCORD_COMPAT_SYSCALL_GET_ARGUMENTS_H

#include <linux/compiler.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <asm/syscall.h>

/* Copy at least three arguments to @args, which has room for six. */
static __always_inline void compat_get_three_arguments(struct pt_regs *regs, unsigned long *args)
{
#ifdef CONFIG_X86_64
	args[0] = regs->di;
	args[1] = regs->si;
	args[2] = regs->dx;
#elif defined(CONFIG_ARM64)
	args[0] = regs->orig_x0;
	args[1] = regs->regs[1];
	args[2] = regs->regs[2];
#else
	syscall_get_arguments(current, regs, args);
#endif
}

#endif
