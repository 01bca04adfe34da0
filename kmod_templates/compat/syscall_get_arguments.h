/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The arguments of a 64-bit call, from the registers, which keep them until its exit.  Only the
 * first one on arm64 does not stay: its register takes the result, too.  The kernel has a copy of
 * it, but takes that before a debugger may change the register.  So it is kept at entry.
 *
 * syscall_get_arguments() copies all six.  On x86_64 and arm64 it is known where the first three
 * are.
 */
#ifndef SYSCORD_COMPAT_SYSCALL_GET_ARGUMENTS_H
#define SYSCORD_COMPAT_SYSCALL_GET_ARGUMENTS_H

#include <linux/compiler.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <asm/syscall.h>

/* At entry: keep the first argument, if it is in the register no longer at exit. */
static __always_inline void compat_keep_first_argument(const struct pt_regs *regs,
						       unsigned long *first_arg)
{
#ifdef CONFIG_ARM64
	*first_arg = regs->regs[0];
#endif
}

/* The first argument at exit, if its entry was not seen. */
static inline unsigned long compat_first_argument_at_exit(const struct pt_regs *regs)
{
#ifdef CONFIG_ARM64
	return regs->orig_x0;
#else
	return 0;	/* not asked for */
#endif
}

/* At least three arguments, with the first one as it was kept, to @args, which has room for six. */
static __always_inline void compat_get_three_arguments(struct pt_regs *regs,
						       unsigned long first_arg,
						       unsigned long *args)
{
#ifdef CONFIG_X86_64
	args[0] = regs->di;
	args[1] = regs->si;
	args[2] = regs->dx;
#elif defined(CONFIG_ARM64)
	args[0] = first_arg;
	args[1] = regs->regs[1];
	args[2] = regs->regs[2];
#else
	syscall_get_arguments(current, regs, args);
#endif
}

/* All six. */
static __always_inline void compat_get_arguments(struct pt_regs *regs, unsigned long first_arg,
						 unsigned long *args)
{
	syscall_get_arguments(current, regs, args);
#ifdef CONFIG_ARM64
	args[0] = first_arg;
#endif
}

#endif
