/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The statements that generated handlers are made of: each puts one field behind a pointer.
 *
 * Memory that was not present at entry is read once more at exit, when the kernel has faulted it
 * in: the same statements run again, late, and keep every field that was whole at entry as it was
 * then.
 */
#ifndef SYSCORD_FIELDS_H
#define SYSCORD_FIELDS_H

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "capture/cursor.h"
#include "capture/usermem.h"
#include "capture/userstring.h"
#include "ring/event.h"

/* Bytes of a string: what a path can have, without its NUL. */
#define SYSCORD_STRING_MAX	(PATH_MAX - 1)

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

#endif
