/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The statements that generated handlers are made of: each puts one field behind the cursor.
 *
 * Fields of variable length stop at the cursor's end, which lies SYSCORD_SCALAR_ROOM before the end
 * of the memory, so that scalars, and the words in front of other fields, need no check.
 *
 * Memory that was not present at entry is read once more at exit, when the kernel has faulted it
 * in: the same statements run again, late, and keep every field that was whole at entry as it was
 * then.
 */
#ifndef SYSCORD_CAPTURE_H
#define SYSCORD_CAPTURE_H

#include <linux/bug.h>
#include <linux/limits.h>
#include <linux/socket.h>
#include <linux/types.h>
#include <linux/uio.h>

#include "event.h"
#include "usermem.h"

/* Bytes of a part's scalars and words at most; checked where handlers are generated. */
#define SYSCORD_SCALAR_ROOM	160
/* Bytes of a string: what a path can have, without its NUL. */
#define SYSCORD_STRING_MAX	(PATH_MAX - 1)
/* Elements of an array, strings of a vector, parts of an iovec. */
#define SYSCORD_ITEMS_MAX	64

/**
 * struct syscord_cursor - where a handler puts its fields
 * @pos:	where the next byte goes
 * @end:	where fields of variable length stop
 * @content:	bytes of content to keep of a field
 * @addr_room:	bytes that the caller has for a socket address; noted at entry, used at exit
 * @wide:	an argument does not fit in 32 bits, or may not
 * @fault:	a field could not be read
 * @late:	the entry part is read at exit
 * @earlier:	late: where, in the part as it was read at entry, what comes after @after begins;
 *		NULL if it was not read then
 * @earlier_end: the end of that part
 * @after:	late: the end of the last field behind a pointer
 */
struct syscord_cursor {
	u8 *pos;
	u8 *end;
	u32 content;
	u32 addr_room;
	bool wide;
	bool fault;
	bool late;
	const u8 *earlier;
	const u8 *earlier_end;
	const u8 *after;
};

#define SYSCORD_PUT(code)								\
static __always_inline void put_##code(struct syscord_cursor *c, code value)		\
{											\
	memcpy(c->pos, &value, sizeof(value));						\
	c->pos += sizeof(value);							\
}

SYSCORD_PUT(s8)
SYSCORD_PUT(u8)
SYSCORD_PUT(s16)
SYSCORD_PUT(u16)
SYSCORD_PUT(s32)
SYSCORD_PUT(u32)
SYSCORD_PUT(s64)
SYSCORD_PUT(u64)

/* Narrow integers: of 32 bits, but where one of them needs more. */
#define SYSCORD_PUT_NARROW(code, narrow)						\
static __always_inline bool is_wide_##code(code value)					\
{											\
	return value != (code)(narrow)value;						\
}											\
											\
static __always_inline void put_narrow_##code(struct syscord_cursor *c, code value)	\
{											\
	if (unlikely(c->wide))								\
		put_##code(c, value);							\
	else										\
		put_##narrow(c, value);							\
}

SYSCORD_PUT_NARROW(s64, s32)
SYSCORD_PUT_NARROW(u64, u32)

/*
 * What a field behind a pointer is made of: bytes of an element, and of its word.  For strings,
 * which have a word each, an element has 0.
 */
#define SYSCORD_UNIT(size)	((size) << 1)
#define SYSCORD_UNIT_STRINGS	SYSCORD_UNIT(0)
#define SYSCORD_UNIT_CONTENT	(SYSCORD_UNIT(1) | 1)

static __always_inline size_t unit_size(unsigned int unit)
{
	return unit >> 1;
}

static __always_inline size_t word_size(unsigned int unit)
{
	return unit & 1 ? sizeof(u32) : sizeof(u16);
}

/* Bytes that a field of variable length may still take. */
static __always_inline size_t cursor_room(const struct syscord_cursor *c)
{
	return c->end > c->pos ? c->end - c->pos : 0;
}

static inline u32 field_word(const u8 *field, unsigned int unit)
{
	u32 word;
	u16 brief;

	if (unit == SYSCORD_UNIT_CONTENT) {
		memcpy(&word, field, sizeof(word));
		return word;
	}
	memcpy(&brief, field, sizeof(brief));
	return syscord_long_word(brief);
}

/* Bytes of a field that begins before @end.  @fault is set if some of it could not be read. */
static inline size_t field_size(const u8 *field, const u8 *end, unsigned int unit, bool *fault)
{
	u32 word = field_word(field, unit);
	u32 count = word & SYSCORD_COUNT_MASK;
	size_t size = word_size(unit);

	*fault = word & SYSCORD_MARK_FAULT;
	if (unit != SYSCORD_UNIT_STRINGS)
		return size + count * unit_size(unit);
	while (count-- && field + size + sizeof(u16) <= end) {
		word = field_word(field + size, unit);
		*fault |= !!(word & SYSCORD_MARK_FAULT);
		size += sizeof(u16) + (word & SYSCORD_COUNT_MASK);
	}
	return size;
}

/* Late: put the field as it was read at entry, if it was whole. */
static noinline __maybe_unused bool keep_earlier(struct syscord_cursor *c, unsigned int unit)
{
	/* The scalars in between are the same, since they are from the same registers. */
	const u8 *field = c->earlier + (c->pos - c->after), *end = c->earlier_end;
	bool fault = true;
	size_t size = 0;

	if (field + word_size(unit) <= end)
		size = field_size(field, end, unit, &fault);
	/* The same statements put the same fields; should they ever not, nothing is kept. */
	if (WARN_ON_ONCE(!size || size > end - field)) {
		c->earlier = NULL;
		return false;
	}
	c->earlier = field + size;
	c->after = c->pos;
	if (fault || size - word_size(unit) > cursor_room(c))
		return false;
	memcpy(c->pos, field, size);
	c->pos += size;
	c->after = c->pos;
	return true;
}

/* Leave room for a field's word, to be written by end_field().  False if the field is done. */
static __always_inline bool begin_field(struct syscord_cursor *c, u8 **word,
					unsigned int unit)
{
	if (unlikely(c->earlier) && keep_earlier(c, unit))
		return false;
	*word = c->pos;
	c->pos += word_size(unit);
	return true;
}

static __always_inline void end_field(struct syscord_cursor *c, u8 *word, unsigned int unit,
				      size_t count, u32 marks)
{
	u32 value = (u32)count | marks;
	u16 brief;

	if (unlikely(marks & SYSCORD_MARK_FAULT))
		c->fault = true;
	if (unlikely(c->late)) {
		c->after = c->pos;
		if (!(marks & SYSCORD_MARK_NULL))
			value |= SYSCORD_MARK_LATE;
	}
	if (unit == SYSCORD_UNIT_CONTENT) {
		memcpy(word, &value, sizeof(value));
	} else {
		brief = syscord_short_word(value);
		memcpy(word, &brief, sizeof(brief));
	}
}

/* A field of no elements, which says why.  @unit: what it would have elements of. */
static __maybe_unused void put_nothing(struct syscord_cursor *c, unsigned int unit, u32 marks)
{
	u8 *word;

	if (begin_field(c, &word, unit))
		end_field(c, word, unit, 0, marks);
}

/* The text at @addr, up to its NUL, behind @word. */
static __maybe_unused void read_string(struct syscord_cursor *c, u8 *word, unsigned long addr)
{
	size_t room = min_t(size_t, cursor_room(c), SYSCORD_STRING_MAX);
	bool fault, part;
	size_t len;

	len = syscord_read_user_string(c->pos, addr, room, &fault, &part);
	c->pos += len;
	end_field(c, word, SYSCORD_UNIT(1), len,
		  (fault ? SYSCORD_MARK_FAULT : 0) | (part ? SYSCORD_MARK_PART : 0));
}

/* Text up to its NUL. */
static __maybe_unused void put_string(struct syscord_cursor *c, unsigned long addr)
{
	u8 *word;

	if (!begin_field(c, &word, SYSCORD_UNIT(1)))
		return;
	if (addr)
		read_string(c, word, addr);
	else
		end_field(c, word, SYSCORD_UNIT(1), 0, SYSCORD_MARK_NULL);
}

/* @len bytes of memory, of which at most @most are kept. */
static __always_inline void put_memory(struct syscord_cursor *c, unsigned int unit,
				       unsigned long addr, size_t len, size_t most)
{
	size_t want, got;
	u8 *word;

	if (!begin_field(c, &word, unit))
		return;
	if (!addr) {
		end_field(c, word, unit, 0, SYSCORD_MARK_NULL);
		return;
	}
	want = min3(len, most, cursor_room(c));
	got = want ? syscord_read_user(c->pos, addr, want) : 0;
	c->pos += got;
	end_field(c, word, unit, got,
		  (got < want ? SYSCORD_MARK_FAULT : 0) | (want < len ? SYSCORD_MARK_PART : 0));
}

/* Text of @len bytes. */
static __maybe_unused void put_text(struct syscord_cursor *c, unsigned long addr, size_t len)
{
	put_memory(c, SYSCORD_UNIT(1), addr, len, SYSCORD_STRING_MAX);
}

/* Content: cut at content= bytes; there is no such field where the user wants none. */
static __maybe_unused void put_bytes(struct syscord_cursor *c, unsigned long addr, size_t len)
{
	if (likely(c->content))
		put_memory(c, SYSCORD_UNIT_CONTENT, addr, len, c->content);
}

/* Append the first @want bytes that one part of an iovec leads to.  False if it faulted. */
static __maybe_unused bool gather_one(struct syscord_cursor *c, const struct iovec *part,
				      size_t want)
{
	size_t got = syscord_read_user(c->pos, (__force unsigned long)part->iov_base, want);

	c->pos += got;
	return got == want;
}

/*
 * Append the first @total bytes that @count parts of an iovec at @addr lead to, as far as there is
 * room for.  Returns the marks.
 */
static __maybe_unused u32 gather(struct syscord_cursor *c, unsigned long addr, unsigned long count,
				 size_t total)
{
	size_t room = min_t(size_t, c->content, cursor_room(c));
	struct iovec part;
	unsigned long i;

	for (i = 0; i < count && total; i++, addr += sizeof(part)) {
		size_t len, want;

		if (i == SYSCORD_ITEMS_MAX)
			return SYSCORD_MARK_PART;
		if (syscord_read_user(&part, addr, sizeof(part)) < sizeof(part))
			return SYSCORD_MARK_FAULT;
		len = min_t(size_t, part.iov_len, total);
		want = min(len, room);
		if (want && !gather_one(c, &part, want))
			return SYSCORD_MARK_FAULT;
		if (want < len)
			return SYSCORD_MARK_PART;
		room -= want;
		total -= len;
	}
	return 0;
}

/* The content that an iovec leads to, gathered. */
static __maybe_unused void put_iovec(struct syscord_cursor *c, unsigned long addr,
				     unsigned long count, size_t total)
{
	u8 *word;
	u32 marks;

	if (!c->content)
		return;
	if (!addr) {
		put_nothing(c, SYSCORD_UNIT_CONTENT, SYSCORD_MARK_NULL);
		return;
	}
	if (!begin_field(c, &word, SYSCORD_UNIT_CONTENT))
		return;
	marks = gather(c, addr, count, total);
	end_field(c, word, SYSCORD_UNIT_CONTENT, c->pos - word - sizeof(u32), marks);
}

/* A socket address that the kernel reads. */
static __maybe_unused void put_sockaddr(struct syscord_cursor *c, unsigned long addr, size_t len,
					size_t most)
{
	put_memory(c, SYSCORD_UNIT(1), addr, (u32)len,
		   min(most, sizeof(struct sockaddr_storage)));
}

/* At entry: at @len_addr stands how many bytes the caller has for an address. */
static __maybe_unused void note_addr_room(struct syscord_cursor *c, unsigned long len_addr)
{
	if (c->late)
		return;	/* what stands there now is the kernel's */
	if (syscord_read_user(&c->addr_room, len_addr, sizeof(c->addr_room)) < sizeof(u32))
		c->addr_room = 0;
}

/*
 * At exit: a socket address that the kernel wrote.  At @len_addr stands the length that it has, of
 * which the kernel wrote no more than the caller had room for.
 */
static __maybe_unused void put_sockaddr_out(struct syscord_cursor *c, unsigned long addr,
					    unsigned long len_addr)
{
	u32 len;

	if (!addr || !len_addr)
		put_nothing(c, SYSCORD_UNIT(1), SYSCORD_MARK_NULL);
	else if (syscord_read_user(&len, len_addr, sizeof(len)) < sizeof(len))
		put_nothing(c, SYSCORD_UNIT(1), SYSCORD_MARK_FAULT);
	else
		put_sockaddr(c, addr, len, c->addr_room);
}

/* A vector of strings that ends with NULL. */
static __maybe_unused void put_strings(struct syscord_cursor *c, unsigned long addr)
{
	unsigned long string;
	u32 count = 0, marks = 0;
	u8 *word, *inner;

	if (!begin_field(c, &word, SYSCORD_UNIT_STRINGS))
		return;
	for (; addr; addr += sizeof(string), count++) {
		if (syscord_read_user(&string, addr, sizeof(string)) < sizeof(string)) {
			marks = SYSCORD_MARK_FAULT;
			break;
		}
		if (!string)
			break;
		if (count == SYSCORD_ITEMS_MAX || cursor_room(c) <= sizeof(u16)) {
			marks = SYSCORD_MARK_PART;
			break;
		}
		inner = c->pos;
		c->pos += sizeof(u16);
		read_string(c, inner, string);
	}
	end_field(c, word, SYSCORD_UNIT_STRINGS, count, addr ? marks : SYSCORD_MARK_NULL);
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

/* Begin an array of @count elements that take @kept bytes each in the record.  False: done. */
static __maybe_unused bool begin_items(struct syscord_cursor *c, struct syscord_items *items,
				       unsigned long addr, unsigned long count, size_t kept)
{
	unsigned long most = min_t(unsigned long, SYSCORD_ITEMS_MAX, cursor_room(c) / kept);

	if (!begin_field(c, &items->word, SYSCORD_UNIT(kept)))
		return false;
	items->addr = addr;
	items->count = addr ? min(count, most) : 0;
	items->done = 0;
	items->marks = addr ? 0 : SYSCORD_MARK_NULL;
	if (addr && count > most)
		items->marks = SYSCORD_MARK_PART;
	return true;
}

/*
 * Read the next element.  The caller has @size bytes of it, which may be fewer than we know of; the
 * rest is zero.  False when there is none, or it faulted.
 */
static __always_inline bool next_item(struct syscord_items *items, void *item, size_t full,
				      size_t size)
{
	if (items->done == items->count)
		return false;
	if (size < full)
		memset(item, 0, full);
	size = min(size, full);
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
	/* The word is the same for elements of any size. */
	end_field(c, items->word, SYSCORD_UNIT(1), items->done, items->marks);
}

/* A number behind a pointer, already read. */
static __maybe_unused void put_one(struct syscord_cursor *c, u64 value)
{
	u8 *word;

	if (!begin_field(c, &word, SYSCORD_UNIT(sizeof(value))))
		return;
	put_u64(c, value);
	end_field(c, word, SYSCORD_UNIT(sizeof(value)), 1, 0);
}

/* At entry: how many bytes the caller of recvmsg() has for an address. */
static __maybe_unused void note_msghdr_room(struct syscord_cursor *c, unsigned long addr)
{
	note_addr_room(c, addr + offsetof(struct user_msghdr, msg_namelen));
}

/*
 * A struct msghdr, in four fields: address, content, bytes of control data, flags.  It is read
 * once, so that they belong together.  @addr_room: bytes that there are of the address at most.
 */
static __maybe_unused void put_msghdr(struct syscord_cursor *c, unsigned long addr, size_t total,
				      size_t addr_room)
{
	u32 marks = addr ? SYSCORD_MARK_FAULT : SYSCORD_MARK_NULL;
	struct user_msghdr msg;

	if (!addr || syscord_read_user(&msg, addr, sizeof(msg)) < sizeof(msg)) {
		put_nothing(c, SYSCORD_UNIT(1), marks);
		if (c->content)
			put_nothing(c, SYSCORD_UNIT_CONTENT, marks);
		put_nothing(c, SYSCORD_UNIT(sizeof(u64)), marks);
		put_nothing(c, SYSCORD_UNIT(sizeof(u64)), marks);
		return;
	}
	put_sockaddr(c, (__force unsigned long)msg.msg_name, msg.msg_namelen, addr_room);
	put_iovec(c, (__force unsigned long)msg.msg_iov, msg.msg_iovlen, total);
	put_one(c, msg.msg_controllen);
	put_one(c, msg.msg_flags);
}

#endif
