/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading user memory from a probe.
 *
 * The memory is hostile: it may be unmapped, and another thread may change it while it is read.  So
 * each byte is read once, nothing sleeps, and every function says how much it got.
 */
#ifndef SYSCORD_USERMEM_H
#define SYSCORD_USERMEM_H

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>

/*
 * How much of a string is read at a time: most paths fit, and an aligned step never crosses into
 * another page.
 */
#define SYSCORD_STRING_STEP	64

/* How many bytes a copy that faults may leave uncopied though they were there. */
#define SYSCORD_COPY_SLACK	128

/* With page faults off: a copy stops before the word that faults, this at the byte. */
static noinline size_t syscord_read_rest(u8 *to, unsigned long from, size_t size)
{
	size_t done = 0;

	size = min_t(size_t, size, SYSCORD_COPY_SLACK);
	while (done < size && !raw_copy_from_user(to + done, (const void __user *)(from + done), 1))
		done++;
	return done;
}

/**
 * syscord_read_user - copy user memory without sleeping
 * @to:		where to
 * @from:	address in the current task
 * @size:	bytes wanted
 *
 * raw_copy_from_user(), since the checked variants look up the vmalloc area of @to, under a lock,
 * on every call.  The bounds of @to are the caller's to keep.
 *
 * Return: the number of bytes read; less than @size if the memory faulted.
 */
static __always_inline size_t syscord_read_user(void *to, unsigned long from, size_t size)
{
	const void __user *src = (const void __user *)from;
	size_t left;

	if (!access_ok(src, size))
		return 0;
	pagefault_disable();
	left = raw_copy_from_user(to, src, size);
	if (unlikely(left))
		left -= syscord_read_rest((u8 *)to + size - left, from + size - left, left);
	pagefault_enable();
	return size - left;
}

/**
 * syscord_read_user_string - copy a NUL-terminated string without sleeping
 * @to:		where to; gets no NUL
 * @from:	address in the current task
 * @room:	bytes that fit
 * @fault:	set if the memory faulted before the NUL
 * @part:	set if the string was longer than @room
 *
 * Return: the string's length, or as much of it as could be read.
 */
static __maybe_unused size_t syscord_read_user_string(u8 *to, unsigned long from, size_t room,
						      bool *fault, bool *part)
{
	size_t done = 0;
	char last;

	*fault = false;
	*part = false;
	while (done < room) {
		unsigned long addr = from + done;
		size_t step = SYSCORD_STRING_STEP - (addr & (SYSCORD_STRING_STEP - 1));
		size_t got, len;

		step = min(step, room - done);
		got = syscord_read_user(to + done, addr, step);
		len = strnlen((const char *)to + done, got);
		done += len;
		if (len < got)
			return done;
		if (got < step) {
			*fault = true;
			return done;
		}
	}
	/* All of it is there if what comes next is the NUL. */
	*part = syscord_read_user(&last, from + done, 1) < 1 || last;
	return done;
}

#endif
