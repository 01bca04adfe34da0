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
#include <linux/stddef.h>
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
 * @known:	how many of them can be looked at
 * @saved:	these, as they were saved at entry, one after the other; NULL if they must be read
 */
struct syscord_iovec {
	unsigned long addr;
	unsigned long count;
	unsigned long known;
	const u8 *saved;
};

/* An iovec that is in user memory only. */
static __always_inline struct syscord_iovec iovec_at(unsigned long addr, unsigned long count)
{
	return (struct syscord_iovec){
		addr, count, min_t(unsigned long, count, SYSCORD_ITEMS_MAX), NULL,
	};
}

/* Get a buffer of an iovec.  False if that faults. */
static __always_inline bool get_buffer(const struct syscord_iovec *vector, unsigned long offset,
				       struct iovec *iov)
{
	if (!vector->saved)
		return syscord_read_user_all(iov, vector->addr + offset, sizeof(*iov));
	memcpy(iov, vector->saved + offset, sizeof(*iov));
	return true;
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

	*marks = SYSCORD_MARK_FAULT;
	for (i = 0; i < vector->known && total; i++) {
		size_t len, want, got;

		if (!get_buffer(vector, i * sizeof(iov), &iov))
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
	*marks = total && i < vector->count ? SYSCORD_MARK_PART : 0;
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
	const struct syscord_iovec vector = iovec_at(addr, count);

	return put_gathered(c, pos, &vector, SIZE_MAX, 0);
}

/* How many buffers are read at once, though one may be enough: to begin a read takes longer. */
#define SAVED_AT_ONCE	4

/*
 * At entry: save the buffers of an iovec that the kernel will write to, behind the entry part and
 * what was saved before.  At exit another thread may have changed them.  No more are saved than
 * the content needs.  If one of them faults, none is.
 */
static __maybe_unused void save_iovec(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				      unsigned long count)
{
	u8 *to = pos + c->saved_len, *next = to;
	unsigned long left, batch;
	size_t covered = 0, len;

	if (c->late_end)
		return;	/* too late */
	left = min3(count, (unsigned long)SYSCORD_ITEMS_MAX,
		    (unsigned long)(cursor_room(c, to) / sizeof(struct iovec)));
	for (; left && covered < c->content; left -= batch) {
		batch = min_t(unsigned long, left, SAVED_AT_ONCE);
		if (!syscord_read_user_all(next, addr + (next - to), batch * sizeof(struct iovec)))
			return;
		for (count = batch; count; count--, next += sizeof(struct iovec)) {
			memcpy(&len, next + offsetof(struct iovec, iov_len), sizeof(len));
			covered += min_t(size_t, len, c->content);
		}
	}
	c->saved_len += next - to;
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
	vector->known = (c->saved_len - offset) / sizeof(struct iovec);
	return 0;
}

/* At exit: what the kernel wrote, @total bytes, into the buffers of an iovec. */
static __maybe_unused u8 *put_iovec_out(struct syscord_cursor *c, u8 *pos, unsigned long addr,
					unsigned long count, size_t total)
{
	struct syscord_iovec vector = iovec_at(addr, count);
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
