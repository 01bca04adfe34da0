/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading user memory from a probe.
 *
 * The memory is hostile: it may be unmapped, and another thread may change it while it is read.  So
 * no function sleeps, each says how much it got, and only the copy is looked at.
 */
#ifndef SYSCORD_USERMEM_H
#define SYSCORD_USERMEM_H

#include <linux/compiler.h>
#include <linux/kconfig.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uaccess.h>

/* Up to so many bytes are read word by word.  Of more, "rep movsb" takes fewer cycles. */
#define SYSCORD_WORDWISE_MAX	512

/*
 * With page faults off, a read of memory that is not present fails.  Handlers run with preemption
 * off.  Where the kernel counts that, it turns page faults off as well.
 */
static __always_inline void syscord_pagefault_disable(void)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_COUNT))
		pagefault_disable();
}

static __always_inline void syscord_pagefault_enable(void)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_COUNT))
		pagefault_enable();
}

size_t syscord_read_user_rest(u8 *to, unsigned long from, size_t size);

#ifdef CONFIG_X86_64

#define SYSCORD_GET(type, to, from, fault) do {					\
	type value;								\
										\
	unsafe_get_user(value, (const type __user *)(from), fault);		\
	memcpy(to, &value, sizeof(value));					\
} while (0)

/*
 * Returns the bytes that were not read.  raw_copy_from_user() is "rep movsb" here, which takes tens
 * of cycles to begin.
 */
static __always_inline size_t syscord_raw_copy(u8 *to, unsigned long from, size_t size)
{
	size_t left = size;

	if (unlikely(size > SYSCORD_WORDWISE_MAX))
		return raw_copy_from_user(to, (const void __user *)from, size);
	__uaccess_begin_nospec();
	for (; left >= 64; left -= 64, to += 64, from += 64) {
		SYSCORD_GET(u64, to, from, out);
		SYSCORD_GET(u64, to + 8, from + 8, out);
		SYSCORD_GET(u64, to + 16, from + 16, out);
		SYSCORD_GET(u64, to + 24, from + 24, out);
		SYSCORD_GET(u64, to + 32, from + 32, out);
		SYSCORD_GET(u64, to + 40, from + 40, out);
		SYSCORD_GET(u64, to + 48, from + 48, out);
		SYSCORD_GET(u64, to + 56, from + 56, out);
	}
	if (likely(!left))
		goto out;
	for (; left >= 8; left -= 8, to += 8, from += 8)
		SYSCORD_GET(u64, to, from, out);
	if (left & 4) {
		SYSCORD_GET(u32, to, from, out);
		left -= 4, to += 4, from += 4;
	}
	if (left & 2) {
		SYSCORD_GET(u16, to, from, out);
		left -= 2, to += 2, from += 2;
	}
	if (left) {
		SYSCORD_GET(u8, to, from, out);
		left = 0;
	}
out:
	user_access_end();
	return left;
}

#else

static __always_inline size_t syscord_raw_copy(u8 *to, unsigned long from, size_t size)
{
	return raw_copy_from_user(to, (const void __user *)from, size);
}

#endif

/**
 * syscord_read_user - copy user memory without sleeping
 * @to:		where to
 * @from:	address in the current task
 * @size:	bytes wanted
 *
 * The caller keeps the bounds of @to.  The checked variants of raw_copy_from_user() are not used:
 * on every call they look up the vmalloc area of @to, under a lock.
 *
 * Return: the number of bytes read; less than @size if the memory faulted.
 */
static __always_inline size_t syscord_read_user(void *to, unsigned long from, size_t size)
{
	size_t left;

	if (!access_ok((const void __user *)from, size))
		return 0;
	syscord_pagefault_disable();
	left = syscord_raw_copy(to, from, size);
	if (unlikely(left))
		left -= syscord_read_user_rest((u8 *)to + size - left, from + size - left, left);
	syscord_pagefault_enable();
	return size - left;
}

/* Copy @size bytes.  False if the memory faulted; then @to holds anything. */
static __always_inline bool syscord_read_user_all(void *to, unsigned long from, size_t size)
{
	size_t left;

	if (!access_ok((const void __user *)from, size))
		return false;
	syscord_pagefault_disable();
	left = syscord_raw_copy(to, from, size);
	syscord_pagefault_enable();
	return !left;
}

#endif
