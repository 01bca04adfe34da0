/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copying kernel memory in whole words, which takes fewer instructions than memcpy() of a size that
 * the compiler does not know.
 */
#ifndef SYSCORD_COPY_WORDS_H
#define SYSCORD_COPY_WORDS_H

#include <linux/compiler.h>
#include <linux/string.h>
#include <linux/types.h>

/* Bytes of a word.  A copy writes up to a word, less one byte, behind its end. */
#define SYSCORD_COPY_STEP	sizeof(u64)
/* Bytes that are copied at a time, while there are so many. */
#define SYSCORD_COPY_BLOCK	64

/* Copy @size bytes.  Behind both ends there must be room for SYSCORD_COPY_STEP more. */
static __always_inline void syscord_copy_words(u8 *to, const u8 *from, size_t size)
{
	size_t done = 0;

	for (; unlikely(done + SYSCORD_COPY_BLOCK <= size); done += SYSCORD_COPY_BLOCK)
		memcpy(to + done, from + done, SYSCORD_COPY_BLOCK);
	for (; done < size; done += SYSCORD_COPY_STEP)
		memcpy(to + done, from + done, SYSCORD_COPY_STEP);
}

#endif
