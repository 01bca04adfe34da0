/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether a syscall's number is of the 32-bit table.  Architectures tell it differently.  On x86,
 * in_compat_syscall() is also true for x32.  Its calls are 64-bit ones with a bit in the number,
 * and are not in the 32-bit table.
 */
#ifndef SYSCORD_COMPAT_IN_COMPAT_SYSCALL_H
#define SYSCORD_COMPAT_IN_COMPAT_SYSCALL_H

#include <linux/compat.h>
#include <linux/thread_info.h>
#include <linux/types.h>

static inline bool compat_is_32bit_call(void)
{
#ifdef CONFIG_X86
	return in_ia32_syscall();
#else
	return in_compat_syscall();
#endif
}

/* Whether the task's program is a 32-bit one, whatever call it is in. */
static inline bool compat_is_32bit_program(void)
{
#ifdef CONFIG_X86
	return test_thread_flag(TIF_ADDR32);
#else
	return in_compat_syscall();
#endif
}

#endif
