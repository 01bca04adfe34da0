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

#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/limits.h>
#include <linux/socket.h>
#include <linux/types.h>
#include <linux/uio.h>

#include "capture/usermem.h"
#include "ring/event.h"

/* Bytes of a part's scalars and words at most; checked where handlers are generated. */
#define SYSCORD_SCALAR_ROOM	160
/* Bytes of a string: what a path can have, without its NUL. */
#define SYSCORD_STRING_MAX	(PATH_MAX - 1)
/* Elements of an array, strings of a vector, parts of an iovec. */
#define SYSCORD_ITEMS_MAX	64

/*
 * What of a call is out of the ordinary; then its record is made the long way.  In the upper half,
 * so that one comparison finds these, and numbers that do not fit in 32 bits.
 */
#define SYSCORD_SLOW_WIDE	BIT_ULL(32) /* an argument does not fit in 32 bits, or may not */
#define SYSCORD_SLOW_FAULT	BIT_ULL(33) /* a field of the entry part could not be read */
#define SYSCORD_SLOW_UNSEEN	BIT_ULL(34) /* the entry was not seen */
#define SYSCORD_SLOW_CALL	BIT_ULL(35) /* the handler says so */
/* Narrow fields have 64 bits. */
#define SYSCORD_SLOW_64_BITS	(SYSCORD_SLOW_WIDE | SYSCORD_SLOW_UNSEEN)

/**
 * struct syscord_cursor - what handlers know of the place where they put their fields
 * @end:	where fields of variable length stop; late: NULL, so that none fits and is put as it
 *		mostly is
 * @slow:	SYSCORD_SLOW_*
 * @content:	bytes of content to keep of a field
 * @addr_room:	bytes that the caller has for a socket address; noted at entry, used at exit
 * @late_end:	the entry part is read at exit, and its fields stop there; else NULL
 * @earlier:	late: where, in the part as it was read at entry, what comes after @after begins;
 *		NULL if it was not read then
 * @earlier_end: the end of that part
 * @after:	late: the end of the last field behind a pointer
 *
 * Where the next byte goes is no part of it, but handed from statement to statement: so it stays in
 * a register.
 */
struct syscord_cursor {
	u8 *end;
	u64 slow;
	u32 content;
	u32 addr_room;
	u8 *late_end;
	const u8 *earlier;
	const u8 *earlier_end;
	const u8 *after;
};

/**
 * syscord_event_room - bytes that a call's event may take
 * @entry:	bytes of its entry part at most
 * @exit:	bytes of its exit part at most
 *
 * How many it takes is known only once the memory has been read.
 *
 * Return: the bytes, with a header of any form and all scalars.
 */
static __always_inline u32 syscord_event_room(u32 entry, u32 exit)
{
	return sizeof(struct syscord_call_long) + SYSCORD_SCALAR_ROOM + entry + exit;
}

#define SYSCORD_PUT(code)								\
static __always_inline u8 *put_##code(u8 *pos, code value)				\
{											\
	memcpy(pos, &value, sizeof(value));						\
	return pos + sizeof(value);							\
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
static __always_inline u8 *put_narrow_##code(u8 *pos, bool wide, code value)		\
{											\
	return unlikely(wide) ? put_##code(pos, value) : put_##narrow(pos, value);	\
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
static __always_inline size_t cursor_room(const struct syscord_cursor *c, const u8 *pos)
{
	const u8 *end = c->late_end ?: c->end;

	return end > pos ? end - pos : 0;
}

static inline u32 field_word(const u8 *field, unsigned int unit)
{
	u32 word;
	u16 short_word;

	if (unit == SYSCORD_UNIT_CONTENT) {
		memcpy(&word, field, sizeof(word));
		return word;
	}
	memcpy(&short_word, field, sizeof(short_word));
	return syscord_long_word(short_word);
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

/* Late: put the field as it was read at entry, if it was whole.  NULL if it is to be read now. */
static noinline __maybe_unused u8 *keep_earlier(struct syscord_cursor *c, u8 *pos,
						unsigned int unit)
{
	const u8 *field, *end = c->earlier_end;
	bool fault = true;
	size_t size = 0;

	if (!c->earlier)
		return NULL;
	/* The scalars in between are the same, since they are from the same registers. */
	field = c->earlier + (pos - c->after);
	if (field + word_size(unit) <= end)
		size = field_size(field, end, unit, &fault);
	/* The same statements put the same fields; should they ever not, nothing is kept. */
	if (WARN_ON_ONCE(!size || size > end - field)) {
		c->earlier = NULL;
		return NULL;
	}
	c->earlier = field + size;
	c->after = pos;
	if (fault || size - word_size(unit) > cursor_room(c, pos))
		return NULL;
	memcpy(pos, field, size);
	c->after = pos + size;
	return pos + size;
}

/*
 * Leave room for a field's word at @word, to be written by end_field().  False if the field is done
 * already, up to @pos.
 */
static __always_inline bool begin_field(struct syscord_cursor *c, u8 **pos, u8 **word,
					unsigned int unit)
{
	*word = *pos;
	if (unlikely(c->late_end)) {
		u8 *kept = keep_earlier(c, *pos, unit);

		if (kept) {
			*pos = kept;
			return false;
		}
	}
	*pos += word_size(unit);
	return true;
}

/* What is seldom true of a field, noted.  Returns the marks. */
static noinline __maybe_unused u32 note_field(struct syscord_cursor *c, const u8 *pos, u32 marks)
{
	if (marks & SYSCORD_MARK_FAULT)
		c->slow |= SYSCORD_SLOW_FAULT;
	if (c->late_end) {
		c->after = pos;
		if (!(marks & SYSCORD_MARK_NULL))
			marks |= SYSCORD_MARK_LATE;
	}
	return marks;
}

static __always_inline void set_word(u8 *word, unsigned int unit, size_t count, u32 marks)
{
	u32 value = (u32)count | marks;
	u16 short_word = syscord_short_word(value);

	if (unit == SYSCORD_UNIT_CONTENT)
		memcpy(word, &value, sizeof(value));
	else
		memcpy(word, &short_word, sizeof(short_word));
}

/* The field's word, now that it ends at @pos. */
static __always_inline void end_field(struct syscord_cursor *c, u8 *word, const u8 *pos,
				      unsigned int unit, size_t count, u32 marks)
{
	if (unlikely(c->late_end || marks & SYSCORD_MARK_FAULT))
		marks = note_field(c, pos, marks);
	set_word(word, unit, count, marks);
}

/* A field of no elements, which says why.  @unit: what it would have elements of. */
static __maybe_unused u8 *put_nothing(struct syscord_cursor *c, u8 *pos, unsigned int unit,
				      u32 marks)
{
	u8 *word;

	if (begin_field(c, &pos, &word, unit))
		end_field(c, word, pos, unit, 0, marks);
	return pos;
}

/* The text at @addr, up to its NUL, behind @word. */
static __maybe_unused u8 *read_string(struct syscord_cursor *c, u8 *word, u8 *pos,
				      unsigned long addr)
{
	size_t room = min_t(size_t, cursor_room(c, pos), SYSCORD_STRING_MAX), len;
	bool fault, part;

	len = syscord_read_user_string(pos, addr, room, &fault, &part);
	pos += len;
	end_field(c, word, pos, SYSCORD_UNIT(1), len,
		  (fault ? SYSCORD_MARK_FAULT : 0) | (part ? SYSCORD_MARK_PART : 0));
	return pos;
}

/* Text up to its NUL. */
static noinline __maybe_unused u8 *put_any_string(struct syscord_cursor *c, u8 *pos,
						  unsigned long addr)
{
	u8 *word;

	if (!begin_field(c, &pos, &word, SYSCORD_UNIT(1)))
		return pos;
	if (addr)
		return read_string(c, word, pos, addr);
	end_field(c, word, pos, SYSCORD_UNIT(1), 0, SYSCORD_MARK_NULL);
	return pos;
}

/* The same, where it is as it mostly is: text that is there, and fits. */
static __maybe_unused u8 *put_string(struct syscord_cursor *c, u8 *pos, unsigned long addr)
{
	u8 *text = pos + word_size(SYSCORD_UNIT(1));
	size_t len;

	if (likely(addr && text + SYSCORD_STRING_MAX <= c->end &&
		   syscord_read_string(text, addr, SYSCORD_STRING_MAX, &len))) {
		set_word(pos, SYSCORD_UNIT(1), len, 0);
		return text + len;
	}
	return put_any_string(c, pos, addr);
}

/* @len bytes of memory, of which at most @most are kept. */
static noinline __maybe_unused u8 *put_any_memory(struct syscord_cursor *c, u8 *pos,
						  unsigned int unit, unsigned long addr,
						  size_t len, size_t most)
{
	size_t want, got;
	u32 marks = 0;
	u8 *word;

	if (!begin_field(c, &pos, &word, unit))
		return pos;
	want = min3(len, most, cursor_room(c, pos));
	if (want < len)
		marks = SYSCORD_MARK_PART;
	got = addr ? syscord_read_user(pos, addr, want) : 0;
	pos += got;
	if (got < want)
		marks |= SYSCORD_MARK_FAULT;
	if (!addr)
		marks = SYSCORD_MARK_NULL;
	end_field(c, word, pos, unit, got, marks);
	return pos;
}

/*
 * The same, where it is as it mostly is: content that is there, not too long, and fits.  It needs
 * no stack, nor does a handler that ends with it.
 */
static __always_inline u8 *put_memory(struct syscord_cursor *c, u8 *pos, unsigned int unit,
				      unsigned long addr, size_t len, size_t most)
{
	size_t want = min(len, most);
	u8 *to = pos + word_size(unit);

	if (likely(addr && want <= SYSCORD_WORDS_MAX && to + want <= c->end &&
		   syscord_read_all(to, addr, want))) {
		set_word(pos, unit, want, want < len ? SYSCORD_MARK_PART : 0);
		return to + want;
	}
	return put_any_memory(c, pos, unit, addr, len, most);
}

/* Text of @len bytes. */
static __maybe_unused u8 *put_text(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				   size_t len)
{
	return put_memory(c, pos, SYSCORD_UNIT(1), addr, len, SYSCORD_STRING_MAX);
}

/* Content: cut at content= bytes; there is no such field where the user wants none. */
static __always_inline u8 *put_bytes(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				     size_t len)
{
	if (unlikely(!c->content))
		return pos;
	return put_memory(c, pos, SYSCORD_UNIT_CONTENT, addr, len, c->content);
}

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
		return put_nothing(c, pos, SYSCORD_UNIT_CONTENT, SYSCORD_MARK_NULL);
	if (!begin_field(c, &pos, &word, SYSCORD_UNIT_CONTENT))
		return pos;
	pos = gather(c, pos, addr, count, total, &marks);
	end_field(c, word, pos, SYSCORD_UNIT_CONTENT, pos - word - sizeof(u32), marks);
	return pos;
}

/* A socket address that the kernel reads. */
static __maybe_unused u8 *put_sockaddr(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				       size_t len, size_t most)
{
	return put_memory(c, pos, SYSCORD_UNIT(1), addr, (u32)len,
			  min(most, sizeof(struct sockaddr_storage)));
}

/* At entry: at @len_addr stands how many bytes the caller has for an address. */
static __maybe_unused void note_addr_room(struct syscord_cursor *c, unsigned long len_addr)
{
	if (c->late_end)
		return;	/* what stands there now is the kernel's */
	/* Mostly there is none; a read that faults takes a thousand instructions to say so. */
	if (!len_addr || !syscord_read_all(&c->addr_room, len_addr, sizeof(c->addr_room)))
		c->addr_room = 0;
}

/*
 * At exit: a socket address that the kernel wrote.  At @len_addr stands the length that it has, of
 * which the kernel wrote no more than the caller had room for.
 */
static __maybe_unused u8 *put_sockaddr_out(struct syscord_cursor *c, u8 *pos, unsigned long addr,
					   unsigned long len_addr)
{
	u32 len;

	if (!addr || !len_addr)
		return put_nothing(c, pos, SYSCORD_UNIT(1), SYSCORD_MARK_NULL);
	if (syscord_read_user(&len, len_addr, sizeof(len)) < sizeof(len))
		return put_nothing(c, pos, SYSCORD_UNIT(1), SYSCORD_MARK_FAULT);
	return put_sockaddr(c, pos, addr, len, c->addr_room);
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
		pos = read_string(c, inner, inner + sizeof(u16), string);
	}
	end_field(c, word, pos, SYSCORD_UNIT_STRINGS, count, addr ? marks : SYSCORD_MARK_NULL);
	return pos;
}

/**
 * struct syscord_items - an array that is read element by element
 * @word:	where its word goes; where the array ends, if it is done already
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

/*
 * How many elements can be read, and the field's marks.  @done is set if the array is done already,
 * up to there.
 */
static noinline __maybe_unused u32 begin_any_items(struct syscord_cursor *c, u8 *pos,
						   unsigned long addr, unsigned long count,
						   size_t kept, u8 **done)
{
	unsigned long most = min_t(unsigned long, SYSCORD_ITEMS_MAX, cursor_room(c, pos) / kept);
	u32 late = c->late_end ? SYSCORD_MARK_LATE : 0;
	u8 *word;

	*done = NULL;
	if (!begin_field(c, &pos, &word, SYSCORD_UNIT(kept))) {
		*done = pos;
		return 0;
	}
	if (!addr)
		return SYSCORD_MARK_NULL;
	return count > most ? most | late | SYSCORD_MARK_PART : count | late;
}

/*
 * Begin an array of @count elements that take @kept bytes each in the record.  Returns where the
 * first one goes, or NULL if the array is done already, up to @items->word.
 */
static __always_inline u8 *begin_items(struct syscord_cursor *c, u8 *pos,
				       struct syscord_items *items, unsigned long addr,
				       unsigned long count, size_t kept)
{
	u8 *first = pos + word_size(SYSCORD_UNIT(kept)), *done;
	u32 word;

	items->word = pos;
	items->addr = addr;
	items->count = count;
	items->done = 0;
	items->marks = 0;
	if (likely(addr && count <= SYSCORD_ITEMS_MAX && first + count * kept <= c->end))
		return first;
	if (!addr && !c->late_end) {
		set_word(pos, SYSCORD_UNIT(kept), 0, SYSCORD_MARK_NULL);
		items->word = first;
		return NULL;
	}
	word = begin_any_items(c, pos, addr, count, kept, &done);
	items->count = word & SYSCORD_COUNT_MASK;
	items->marks = word & ~SYSCORD_COUNT_MASK;
	if (!done)
		return first;
	items->word = done;
	return NULL;
}

/* One element, as it mostly is: there is one, it is there, and fits in the record. */
static __always_inline bool read_one_item(const struct syscord_cursor *c, const u8 *pos, void *item,
					  size_t size, unsigned long addr, unsigned long count,
					  size_t kept)
{
	return count == 1 && addr && pos + word_size(SYSCORD_UNIT(kept)) + kept <= c->end &&
	       syscord_read_all(item, addr, size);
}

/* The word of one element, whatever its size.  Returns where the element goes. */
static __always_inline u8 *put_one_word(u8 *pos)
{
	set_word(pos, SYSCORD_UNIT(1), 1, 0);
	return pos + word_size(SYSCORD_UNIT(1));
}

/* Elements of @size bytes that are read at once. */
#define SYSCORD_ITEMS_AT_ONCE(size)	((size) < 64 ? 128 / (size) : 1)

/*
 * Read the next elements of @size bytes each, @most of them at most.  Returns how many there are:
 * none at the end, or where the memory faulted.
 */
static __always_inline unsigned long next_items(struct syscord_items *items, void *batch,
						size_t size, unsigned long most)
{
	unsigned long count = min(items->count - items->done, most);

	if (!count)
		return 0;
	if (unlikely(!syscord_read_all(batch, items->addr, count * size))) {
		/* Should one of them fault, those before it are read one by one. */
		count = 1;
		if (!syscord_read_all(batch, items->addr, size)) {
			items->marks |= SYSCORD_MARK_FAULT;
			return 0;
		}
	}
	items->addr += count * size;
	items->done += count;
	return count;
}

/* Read a struct, of which the caller has @size bytes: where these are fewer, the rest is zero. */
static __always_inline unsigned long next_sized_item(struct syscord_items *items, void *item,
						     size_t full, size_t size)
{
	if (size < full)
		memset(item, 0, full);
	return next_items(items, item, min(size, full), 1);
}

static __always_inline void end_items(struct syscord_cursor *c, const u8 *pos,
				      const struct syscord_items *items)
{
	u32 marks = unlikely(items->marks) ? note_field(c, pos, items->marks) : 0;

	/* The word is the same for elements of any size. */
	set_word(items->word, SYSCORD_UNIT(1), items->done, marks);
}

/* A number behind a pointer, already read. */
static __maybe_unused u8 *put_one(struct syscord_cursor *c, u8 *pos, u64 value)
{
	u8 *word;

	if (!begin_field(c, &pos, &word, SYSCORD_UNIT(sizeof(value))))
		return pos;
	pos = put_u64(pos, value);
	end_field(c, word, pos, SYSCORD_UNIT(sizeof(value)), 1, 0);
	return pos;
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
static __maybe_unused u8 *put_msghdr(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				     size_t total, size_t addr_room)
{
	u32 marks = addr ? SYSCORD_MARK_FAULT : SYSCORD_MARK_NULL;
	struct user_msghdr msg;

	if (!addr || syscord_read_user(&msg, addr, sizeof(msg)) < sizeof(msg)) {
		pos = put_nothing(c, pos, SYSCORD_UNIT(1), marks);
		if (c->content)
			pos = put_nothing(c, pos, SYSCORD_UNIT_CONTENT, marks);
		pos = put_nothing(c, pos, SYSCORD_UNIT(sizeof(u64)), marks);
		return put_nothing(c, pos, SYSCORD_UNIT(sizeof(u64)), marks);
	}
	pos = put_sockaddr(c, pos, (__force unsigned long)msg.msg_name, msg.msg_namelen, addr_room);
	pos = put_iovec(c, pos, (__force unsigned long)msg.msg_iov, msg.msg_iovlen, total);
	pos = put_one(c, pos, msg.msg_controllen);
	return put_one(c, pos, msg.msg_flags);
}

#endif
