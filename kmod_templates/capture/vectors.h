/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fields of memory that is found through a vector: an iovec, or the strings of execve().
 *
 * The kernel takes an iovec at entry.  What it writes there is read at exit; by then another thread
 * may have changed the iovec.  So its buffers are saved at entry.
 */
#ifndef SYSCORD_VECTORS_H
#define SYSCORD_VECTORS_H

#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uio.h>

#include "capture/cursor.h"
#include "capture/fields.h"
#include "capture/usermem.h"
#include "ring/event.h"

/**
 * struct syscord_iovec - an iovec as it was when the kernel took it
 * @addr:	where it stands in user memory
 * @count:	its buffers
 * @saved:	those that were saved at entry, one after the other; NULL if they must be read
 * @saved_count: how many these are
 */
struct syscord_iovec {
	unsigned long addr;
	unsigned long count;
	const u8 *saved;
	unsigned long saved_count;
};

/* Get a buffer of an iovec.  Returns 0, or the mark that says why that is not possible. */
static __always_inline u32 get_buffer(const struct syscord_iovec *vector, unsigned long i,
				      struct iovec *iov)
{
	if (i == SYSCORD_ITEMS_MAX)
		return SYSCORD_MARK_PART;
	if (!vector->saved)
		return syscord_read_user_all(iov, vector->addr + i * sizeof(*iov), sizeof(*iov)) ?
		       0 : SYSCORD_MARK_FAULT;
	if (i >= vector->saved_count)
		return SYSCORD_MARK_PART;
	memcpy(iov, vector->saved + i * sizeof(*iov), sizeof(*iov));
	return 0;
}

/*
 * Append the content of the buffers of an iovec, with @total bytes together.  Returns the end of
 * what was read; @marks are the field's.
 */
static __maybe_unused u8 *gather(const struct syscord_cursor *c, u8 *pos,
				 const struct syscord_iovec *vector, size_t total, u32 *marks)
{
	size_t room = min_t(size_t, c->content, cursor_room(c, pos));
	struct iovec iov;
	unsigned long i;

	*marks = 0;
	for (i = 0; i < vector->count && total; i++) {
		size_t len, want, got;

		*marks = get_buffer(vector, i, &iov);
		if (*marks)
			return pos;
		len = min_t(size_t, iov.iov_len, total);
		want = min(len, room);
		got = syscord_read_user(pos, (__force unsigned long)iov.iov_base, want);
		pos += got;
		if (got < want || want < len) {
			*marks = got < want ? SYSCORD_MARK_FAULT : SYSCORD_MARK_PART;
			return pos;
		}
		room -= want;
		total -= len;
	}
	return pos;
}

/* The content of an iovec's buffers, as one field. */
static __maybe_unused u8 *put_gathered(struct syscord_cursor *c, u8 *pos,
				       const struct syscord_iovec *vector, size_t total, u32 more)
{
	u8 *word;
	u32 marks;

	if (!c->content)
		return pos;
	if (!vector->addr)
		return syscord_put_empty(c, pos, SYSCORD_LAYOUT_CONTENT, SYSCORD_MARK_NULL);
	if (!begin_field(c, &pos, &word, SYSCORD_LAYOUT_CONTENT))
		return pos;
	pos = gather(c, pos, vector, total, &marks);
	end_field(c, word, pos, SYSCORD_LAYOUT_CONTENT, pos - word - sizeof(u32), marks | more);
	return pos;
}

/* An iovec that the kernel reads from: it is read at entry. */
static __maybe_unused u8 *put_iovec(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				    unsigned long count)
{
	const struct syscord_iovec vector = { addr, count };

	return put_gathered(c, pos, &vector, SIZE_MAX, 0);
}

/*
 * At entry: save the buffers of an iovec that the kernel will write to, behind the entry part and
 * what was saved before.  At exit another thread may have changed them.  No more are saved than
 * the content needs.  If one of them faults, none is.
 */
static __maybe_unused void save_iovec(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				      unsigned long count)
{
	u8 *to = pos + c->saved_len;
	size_t size = 0, needed = 0;
	struct iovec iov;

	if (c->late_end)
		return;	/* too late */
	count = min_t(unsigned long, count, SYSCORD_ITEMS_MAX);
	for (; count && needed < c->content && size + sizeof(iov) <= cursor_room(c, to); count--) {
		if (!syscord_read_user_all(&iov, addr + size, sizeof(iov)))
			return;
		memcpy(to + size, &iov, sizeof(iov));
		size += sizeof(iov);
		needed += min_t(size_t, iov.iov_len, c->content);
	}
	c->saved_len += size;
}

/*
 * At exit: the iovec at @addr, of which the entry has saved what begins at @offset.  Returns the
 * mark of its content: if nothing was saved, the iovec is read now.
 */
static __always_inline u32 find_saved_iovec(const struct syscord_cursor *c, size_t offset,
					    struct syscord_iovec *vector)
{
	if (unlikely(c->saved_len <= offset))
		return vector->count ? SYSCORD_MARK_LATE : 0;
	vector->saved = c->saved + offset;
	vector->saved_count = (c->saved_len - offset) / sizeof(struct iovec);
	return 0;
}

/* At exit: what the kernel wrote, @total bytes, into the buffers of an iovec. */
static __maybe_unused u8 *put_iovec_out(struct syscord_cursor *c, u8 *pos, unsigned long addr,
					unsigned long count, size_t total)
{
	struct syscord_iovec vector = { addr, count };
	u32 late = find_saved_iovec(c, 0, &vector);

	return put_gathered(c, pos, &vector, total, late);
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
