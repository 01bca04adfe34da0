/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Words of eight bytes, which need not be aligned.  The first byte is the lowest of the word.
 */
#ifndef SYSCORD_WORD_H
#define SYSCORD_WORD_H

#include <linux/compiler.h>
#include <linux/string.h>
#include <linux/types.h>

/* A word that has a byte eight times. */
#define EACH_BYTE(c)	(0x0101010101010101ULL * (c))

static __always_inline u64 load_word(const u8 *bytes)
{
	u64 word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static __always_inline char *put_word(char *pos, u64 word)
{
	memcpy(pos, &word, sizeof(word));
	return pos + sizeof(word);
}

#endif
