/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fields of memory that is found through a vector: an iovec, or the strings of execve().
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
 * Append the content of the buffers of an iovec: @count of them, with @total bytes together.
 * Returns the end of what was read; @marks are the field's.
 */
static __maybe_unused u8 *gather(const struct syscord_cursor *c, u8 *pos, unsigned long addr,
				 unsigned long count, size_t total, u32 *marks)
{
	size_t room = min_t(size_t, c->content, cursor_room(c, pos));
	struct iovec iov;
	unsigned long i;

	*marks = SYSCORD_MARK_FAULT;
	for (i = 0; i < count && total; i++, addr += sizeof(iov)) {
		size_t len, want, got;

		if (i == SYSCORD_ITEMS_MAX) {
			*marks = SYSCORD_MARK_PART;
			return pos;
		}
		if (syscord_read_user(&iov, addr, sizeof(iov)) < sizeof(iov))
			return pos;
		len = min_t(size_t, iov.iov_len, total);
		want = min(len, room);
		got = syscord_read_user(pos, (__force unsigned long)iov.iov_base, want);
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

/* The content of an iovec's buffers, as one field. */
static __maybe_unused u8 *put_iovec(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				    unsigned long count, size_t total)
{
	u8 *word;
	u32 marks;

	if (!c->content)
		return pos;
	if (!addr)
		return syscord_put_empty(c, pos, SYSCORD_LAYOUT_CONTENT, SYSCORD_MARK_NULL);
	if (!begin_field(c, &pos, &word, SYSCORD_LAYOUT_CONTENT))
		return pos;
	pos = gather(c, pos, addr, count, total, &marks);
	end_field(c, word, pos, SYSCORD_LAYOUT_CONTENT, pos - word - sizeof(u32), marks);
	return pos;
}

/* A vector of strings that ends with NULL. */
static __maybe_unused u8 *put_strings(struct syscord_cursor *c, u8 *pos, unsigned long addr)
{
	unsigned long string;
	u32 count = 0, marks = 0;
	u8 *word, *inner;

	if (!begin_field(c, &pos, &word, SYSCORD_LAYOUT_STRINGS))
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
	end_field(c, word, pos, SYSCORD_LAYOUT_STRINGS, count, addr ? marks : SYSCORD_MARK_NULL);
	return pos;
}

#endif
