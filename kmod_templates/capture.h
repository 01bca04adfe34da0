/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The statements that generated handlers are made of: each puts one field behind the cursor.
 *
 * Fields of variable length stop at the cursor's end, which lies SYSCORD_SCALAR_ROOM before the end of the memory, so
 * that the scalars and words of one syscall (at most six arguments of at most 12 bytes, and what a msghdr adds) need
 * no check.
 */
#ifndef SYSCORD_CAPTURE_H
#define SYSCORD_CAPTURE_H

#include <linux/limits.h>
#include <linux/socket.h>
#include <linux/types.h>
#include <linux/uio.h>

#include "event.h"
#include "usermem.h"

#define SYSCORD_SCALAR_ROOM	160
#define SYSCORD_STRING_MAX	PATH_MAX	/* bytes of a string */
#define SYSCORD_ITEMS_MAX	64		/* elements of an array, strings of a vector, parts of an iovec */

struct syscord_cursor {
	u8 *pos;
	u8 *end;
	u32 content;	/* bytes of content to keep */
	u32 late;	/* SYSCORD_MARK_LATE when entry's fields are read at exit */
	bool fault;	/* a field of this part could not be read */
};

#define SYSCORD_PUT(code, type)								\
static __always_inline void put_##code(struct syscord_cursor *c, type value)		\
{											\
	memcpy(c->pos, &value, sizeof(value));						\
	c->pos += sizeof(value);							\
}
SYSCORD_PUT(s8, s8)
SYSCORD_PUT(u8, u8)
SYSCORD_PUT(s16, s16)
SYSCORD_PUT(u16, u16)
SYSCORD_PUT(s32, s32)
SYSCORD_PUT(u32, u32)
SYSCORD_PUT(s64, s64)
SYSCORD_PUT(u64, u64)

/* Bytes that a field of variable length may still take. */
static __always_inline size_t cursor_room(const struct syscord_cursor *c)
{
	return c->end > c->pos ? c->end - c->pos : 0;
}

/* Leave room for a field's word, to be written by end_field(). */
static __always_inline u8 *begin_field(struct syscord_cursor *c)
{
	u8 *word = c->pos;

	c->pos += sizeof(u32);
	return word;
}

static __always_inline void end_field(struct syscord_cursor *c, u8 *word, size_t count, u32 marks)
{
	u32 value = (u32)count | marks;

	if (marks & SYSCORD_MARK_FAULT)
		c->fault = true;
	if (!(marks & (SYSCORD_MARK_NULL | SYSCORD_MARK_UNREAD)))
		value |= c->late;
	memcpy(word, &value, sizeof(value));
}

/* A field of no elements, which says why. */
static __always_inline void put_nothing(struct syscord_cursor *c, u32 marks)
{
	end_field(c, begin_field(c), 0, marks);
}

/* Text up to its NUL. */
static __maybe_unused void put_string(struct syscord_cursor *c, unsigned long addr)
{
	u8 *word = begin_field(c);
	bool fault, part;
	size_t len;

	if (!addr) {
		end_field(c, word, 0, SYSCORD_MARK_NULL);
		return;
	}
	len = syscord_read_user_string(c->pos, addr, min_t(size_t, cursor_room(c), SYSCORD_STRING_MAX), &fault, &part);
	c->pos += len;
	end_field(c, word, len, (fault ? SYSCORD_MARK_FAULT : 0) | (part ? SYSCORD_MARK_PART : 0));
}

/* @len bytes of memory, of which at most @most are kept. */
static __maybe_unused void put_memory(struct syscord_cursor *c, unsigned long addr, size_t len, size_t most)
{
	u8 *word = begin_field(c);
	size_t want = min3(len, most, cursor_room(c));
	size_t got;

	if (!addr) {
		end_field(c, word, 0, SYSCORD_MARK_NULL);
		return;
	}
	got = want ? syscord_read_user(c->pos, addr, want) : 0;
	c->pos += got;
	end_field(c, word, got, (got < want ? SYSCORD_MARK_FAULT : 0) | (want < len ? SYSCORD_MARK_PART : 0));
}

/* Text of @len bytes. */
static __always_inline void put_text(struct syscord_cursor *c, unsigned long addr, size_t len)
{
	put_memory(c, addr, len, SYSCORD_STRING_MAX);
}

/* Content: cut at content= bytes. */
static __always_inline void put_bytes(struct syscord_cursor *c, unsigned long addr, size_t len)
{
	if (c->content)
		put_memory(c, addr, len, c->content);
	else
		put_nothing(c, SYSCORD_MARK_UNREAD);
}

/* Append to a field what one part of an iovec leads to.  False if it faulted. */
static __maybe_unused bool gather_one(struct syscord_cursor *c, const struct iovec *part, size_t want)
{
	size_t got = syscord_read_user(c->pos, (unsigned long)part->iov_base, want);

	c->pos += got;
	return got == want;
}

/* The first @total bytes of content that @count parts of an iovec at @addr lead to. */
static __maybe_unused void put_iovec(struct syscord_cursor *c, unsigned long addr, unsigned long count, size_t total)
{
	u8 *word, *begin;
	size_t room, left = total;
	unsigned long i;
	u32 marks = 0;

	if (!c->content) {
		put_nothing(c, SYSCORD_MARK_UNREAD);
		return;
	}
	if (!addr) {
		put_nothing(c, SYSCORD_MARK_NULL);
		return;
	}
	word = begin_field(c);
	begin = c->pos;
	room = min_t(size_t, c->content, cursor_room(c));
	for (i = 0; i < count && left; i++) {
		struct iovec part;
		size_t len, want;

		if (i == SYSCORD_ITEMS_MAX) {
			marks |= SYSCORD_MARK_PART;
			break;
		}
		if (syscord_read_user(&part, addr + i * sizeof(part), sizeof(part)) < sizeof(part)) {
			marks |= SYSCORD_MARK_FAULT;
			break;
		}
		len = min(part.iov_len, left);
		want = min_t(size_t, len, room - (c->pos - begin));
		if (want && !gather_one(c, &part, want)) {
			marks |= SYSCORD_MARK_FAULT;
			break;
		}
		if (want < len) {
			marks |= SYSCORD_MARK_PART;
			break;
		}
		left -= len;
	}
	end_field(c, word, c->pos - begin, marks);
}

/* A socket address that the kernel reads. */
static __always_inline void put_sockaddr(struct syscord_cursor *c, unsigned long addr, size_t len)
{
	put_memory(c, addr, (u32)len, sizeof(struct sockaddr_storage));
}

/* A socket address that the kernel wrote; at @len_addr stands the length that it has, which may be more than fit. */
static __maybe_unused void put_sockaddr_out(struct syscord_cursor *c, unsigned long addr, unsigned long len_addr)
{
	u32 len;

	if (!addr || !len_addr)
		put_nothing(c, SYSCORD_MARK_NULL);
	else if (syscord_read_user(&len, len_addr, sizeof(len)) < sizeof(len))
		put_nothing(c, SYSCORD_MARK_FAULT);
	else
		put_memory(c, addr, len, sizeof(struct sockaddr_storage));
}

/* A vector of strings that ends with NULL: a field of fields. */
static __maybe_unused void put_strings(struct syscord_cursor *c, unsigned long addr)
{
	u8 *word = begin_field(c);
	unsigned long i;
	u32 marks = 0;

	if (!addr) {
		end_field(c, word, 0, SYSCORD_MARK_NULL);
		return;
	}
	for (i = 0; ; i++) {
		unsigned long string;

		if (syscord_read_user(&string, addr + i * sizeof(string), sizeof(string)) < sizeof(string)) {
			marks = SYSCORD_MARK_FAULT;
			break;
		}
		if (!string)
			break;
		if (i == SYSCORD_ITEMS_MAX || cursor_room(c) <= sizeof(u32)) {
			marks = SYSCORD_MARK_PART;
			break;
		}
		put_string(c, string);
	}
	end_field(c, word, i, marks);
}

/**
 * struct syscord_items - an array that is read element by element
 * @word:	where its word goes
 * @addr:	address of the next element
 * @count:	elements to read
 * @done:	elements read
 * @marks:	of the field
 */
struct syscord_items {
	u8 *word;
	unsigned long addr;
	unsigned long count;
	unsigned long done;
	u32 marks;
};

/* Begin an array of @count elements that take @kept bytes each in the record. */
static __maybe_unused void begin_items(struct syscord_cursor *c, struct syscord_items *items, unsigned long addr,
				       unsigned long count, size_t kept)
{
	items->word = begin_field(c);
	items->addr = addr;
	items->count = addr ? min3(count, (unsigned long)SYSCORD_ITEMS_MAX, (unsigned long)(cursor_room(c) / kept)) : 0;
	items->done = 0;
	items->marks = addr ? 0 : SYSCORD_MARK_NULL;
	if (addr && items->count < count)
		items->marks = SYSCORD_MARK_PART;
}

/* Read the next element.  False when there is none, or it faulted. */
static __always_inline bool next_item(struct syscord_items *items, void *item, size_t size)
{
	if (items->done == items->count)
		return false;
	if (syscord_read_user(item, items->addr, size) < size) {
		items->marks |= SYSCORD_MARK_FAULT;
		return false;
	}
	items->addr += size;
	items->done++;
	return true;
}

static __always_inline void end_items(struct syscord_cursor *c, const struct syscord_items *items)
{
	end_field(c, items->word, items->done, items->marks);
}

/* One 64-bit number behind a pointer, already read. */
static __always_inline void put_one(struct syscord_cursor *c, u64 value)
{
	u8 *word = begin_field(c);

	put_u64(c, value);
	end_field(c, word, 1, 0);
}

/*
 * A struct msghdr, in four fields: address, content, bytes of control data, flags.  It is read once, so that they
 * belong together.
 */
static __maybe_unused void put_msghdr(struct syscord_cursor *c, unsigned long addr, size_t total)
{
	struct user_msghdr msg;
	u32 marks = addr ? SYSCORD_MARK_FAULT : SYSCORD_MARK_NULL;

	if (!addr || syscord_read_user(&msg, addr, sizeof(msg)) < sizeof(msg)) {
		put_nothing(c, marks);
		put_nothing(c, marks);
		put_nothing(c, marks);
		put_nothing(c, marks);
		return;
	}
	put_sockaddr(c, (unsigned long)msg.msg_name, msg.msg_namelen);
	put_iovec(c, (unsigned long)msg.msg_iov, msg.msg_iovlen, total);
	put_one(c, msg.msg_controllen);
	put_one(c, msg.msg_flags);
}

#endif
