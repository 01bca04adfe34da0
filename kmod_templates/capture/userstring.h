/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading strings of user memory.  All that usermem.h says of user memory holds here.
 */
#ifndef SYSCORD_USERSTRING_H
#define SYSCORD_USERSTRING_H

#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <asm/word-at-a-time.h>

#include "capture/usermem.h"

/* Bytes of a string that are read at a time, if it is not read by words. */
#define SYSCORD_STRING_STEP	64

/* Whether a word of text has a NUL.  If so, @before is the number of bytes before the NUL. */
static __always_inline bool syscord_has_nul(unsigned long word, size_t *before)
{
	const struct word_at_a_time constants = WORD_AT_A_TIME_CONSTANTS;
	unsigned long bits;

	if (!has_zero(word, &bits, &constants))
		return false;
	bits = prep_zero_mask(word, bits, &constants);
	*before = find_zero(create_zero_mask(bits));
	return true;
}

#ifdef CONFIG_X86_64

/*
 * Copy a string word by word.  False if it does not end within @room bytes, or a word of it
 * faulted; then @to and @len hold anything.
 */
static __always_inline bool syscord_raw_copy_string(u8 *to, unsigned long from, size_t room,
						    size_t *len)
{
	size_t done = 0, before;
	unsigned long word;

	if (!user_access_begin((const void __user *)from, room))
		return false;
	for (; done + sizeof(word) <= room; done += sizeof(word)) {
		unsafe_get_user(word, (const unsigned long __user *)(from + done), fault);
		memcpy(to + done, &word, sizeof(word));
		if (syscord_has_nul(word, &before)) {
			user_access_end();
			*len = done + before;
			return true;
		}
	}
fault:
	user_access_end();
	return false;
}

#else

/* Bytes of @text up to its NUL; at least @size if there is none. */
static __always_inline size_t syscord_find_nul(const u8 *text, size_t size)
{
	size_t done, before;
	unsigned long word;

	for (done = 0; done < size; done += sizeof(word)) {
		memcpy(&word, text + done, sizeof(word));
		if (syscord_has_nul(word, &before))
			return done + before;
	}
	return done;
}

/* The same in larger steps, since to enable each access takes as long as a read. */
static __always_inline bool syscord_raw_copy_string(u8 *to, unsigned long from, size_t room,
						    size_t *len)
{
	size_t done = 0;

	if (!access_ok((const void __user *)from, room))
		return false;
	while (done + SYSCORD_STRING_STEP <= room) {
		size_t got;

		if (raw_copy_from_user(to + done, (const void __user *)(from + done),
				       SYSCORD_STRING_STEP))
			return false;
		got = syscord_find_nul(to + done, SYSCORD_STRING_STEP);
		done += got;
		if (got < SYSCORD_STRING_STEP) {
			*len = done;
			return true;
		}
	}
	return false;
}

#endif

/*
 * The fast path: copy a string.  False if it does not end within @room bytes, or faulted; then it
 * must be read by syscord_read_user_string_slow().
 */
static __always_inline bool syscord_read_user_string(u8 *to, unsigned long from, size_t room,
						     size_t *len)
{
	bool copied;

	syscord_pagefault_disable();
	copied = syscord_raw_copy_string(to, from, room, len);
	syscord_pagefault_enable();
	return copied;
}

/**
 * syscord_read_user_string_slow - copy a NUL-terminated string without sleeping
 * @to:		where to; gets no NUL
 * @from:	address in the current task
 * @room:	bytes that fit
 * @fault:	set if the memory faulted before the NUL
 * @part:	set if the string was longer than @room
 *
 * Each step reads within one page.
 *
 * Return: the string's length, or as much of it as could be read.
 */
static inline size_t syscord_read_user_string_slow(u8 *to, unsigned long from, size_t room,
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
	/* It is complete if the next byte is the NUL. */
	*part = syscord_read_user(&last, from + done, 1) < 1 || last;
	return done;
}

#endif
