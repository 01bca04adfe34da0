/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The statements that lines are made of.  Each puts something where @pos points, and returns where
 * it ends.
 *
 * Nothing is checked: the buffer has syscord_line_room() for all of a line.  Text is copied in
 * whole words, so that up to SYSCORD_TEXT_SLACK bytes behind its end are overwritten.
 */
#ifndef SYSCORD_PUT_H
#define SYSCORD_PUT_H

#include <linux/compiler.h>
#include <linux/string.h>
#include <linux/types.h>

/* Bytes behind the end of what was put that may be overwritten. */
#define SYSCORD_TEXT_SLACK	32

static __always_inline char *put_char(char *pos, char c)
{
	*pos = c;
	return pos + 1;
}

/* The compiler knows the length of a constant, and makes a few stores of it. */
static __always_inline char *put_constant(char *pos, const char *string)
{
	memcpy(pos, string, __builtin_strlen(string));
	return pos + __builtin_strlen(string);
}

static inline char *put_str(char *pos, const char *string)
{
	size_t len = strlen(string);

	memcpy(pos, string, len);
	return pos + len;
}

/* A piece is text that is put often.  It is padded to a multiple of this, and copied so. */
#define SYSCORD_PIECE_WORD	16

static __always_inline char *put_piece(char *pos, const char *text, size_t len)
{
	size_t done;

	memcpy(pos, text, SYSCORD_PIECE_WORD);
	for (done = SYSCORD_PIECE_WORD; unlikely(done < len); done += SYSCORD_PIECE_WORD)
		memcpy(pos + done, text + done, SYSCORD_PIECE_WORD);
	return pos + len;
}

#endif
