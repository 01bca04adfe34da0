/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fields of memory that is found through an array of pointers: iovecs, and vectors of strings.
 */
#ifndef SYSCORD_VECTORS_H
#define SYSCORD_VECTORS_H

#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <linux/uio.h>

#include "capture/cursor.h"
#include "capture/fields.h"
#include "capture/usermem.h"
#include "ring/event.h"

/*
 * Append the first @total bytes that @count parts of an iovec at @addr lead to, as far as there is
 * room for.  Returns the end; @marks are the field's.
 */
static __maybe_unused u8 *gather(const struct syscord_cursor *c, u8 *pos, unsigned long addr,
				 unsigned long count, size_t total, u32 *marks)
{
	size_t room = min_t(size_t, c->content, cursor_room(c, pos));
	struct iovec part;
	unsigned long i;

	*marks = SYSCORD_MARK_FAULT;
	for (i = 0; i < count && total; i++, addr += sizeof(part)) {
		size_t len, want, got;

		if (i == SYSCORD_ITEMS_MAX) {
			*marks = SYSCORD_MARK_PART;
			return pos;
		}
		if (syscord_read_user(&part, addr, sizeof(part)) < sizeof(part))
			return pos;
		len = min_t(size_t, part.iov_len, total);
		want = min(len, room);
		got = syscord_read_user(pos, (__force unsigned long)part.iov_base, want);
		pos += got;
		if (got < want)
			return pos;
		if (want < len) {
			*marks = SYSCORD_MARK_PART;
			return pos;
		}
		room -= want;
		total -= len;
	}
	*marks = 0;
	return pos;
}

/* The content that an iovec leads to, gathered. */
static __maybe_unused u8 *put_iovec(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				    unsigned long count, size_t total)
{
	u8 *word;
	u32 marks;

	if (!c->content)
		return pos;
	if (!addr)
		return syscord_put_empty(c, pos, SYSCORD_UNIT_CONTENT, SYSCORD_MARK_NULL);
	if (!begin_field(c, &pos, &word, SYSCORD_UNIT_CONTENT))
		return pos;
	pos = gather(c, pos, addr, count, total, &marks);
	end_field(c, word, pos, SYSCORD_UNIT_CONTENT, pos - word - sizeof(u32), marks);
	return pos;
}

/* A vector of strings that ends with NULL. */
static __maybe_unused u8 *put_strings(struct syscord_cursor *c, u8 *pos, unsigned long addr)
{
	unsigned long string;
	u32 count = 0, marks = 0;
	u8 *word, *inner;

	if (!begin_field(c, &pos, &word, SYSCORD_UNIT_STRINGS))
		return pos;
	for (; addr; addr += sizeof(string), count++) {
		if (syscord_read_user(&string, addr, sizeof(string)) < sizeof(string)) {
			marks = SYSCORD_MARK_FAULT;
			break;
		}
		if (!string)
			break;
		if (count == SYSCORD_ITEMS_MAX || cursor_room(c, pos) <= sizeof(u16)) {
			marks = SYSCORD_MARK_PART;
			break;
		}
		inner = pos;
		pos = syscord_fill_string(c, inner, inner + sizeof(u16), string);
	}
	end_field(c, word, pos, SYSCORD_UNIT_STRINGS, count, addr ? marks : SYSCORD_MARK_NULL);
	return pos;
}

#endif
