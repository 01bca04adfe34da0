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

u8 *syscord_reuse_field(struct syscord_cursor *c, u8 *pos, unsigned int unit);
u8 *syscord_fill_string(struct syscord_cursor *c, u8 *word, u8 *pos, unsigned long addr);
u8 *syscord_put_empty(struct syscord_cursor *c, u8 *pos, unsigned int unit, u32 marks);
u8 *syscord_put_string_slow(struct syscord_cursor *c, u8 *pos, unsigned long addr);
u8 *syscord_put_memory_slow(struct syscord_cursor *c, u8 *pos, unsigned int unit,
			    unsigned long addr, size_t len, size_t most);

static __always_inline size_t word_size(unsigned int unit)
{
	return unit & 1 ? sizeof(u32) : sizeof(u16);
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
		u8 *kept = syscord_reuse_field(c, *pos, unit);

		if (kept) {
			*pos = kept;
			return false;
		}
	}
	*pos += word_size(unit);
	return true;
}

/* What is seldom true of a field, noted.  Returns the marks. */
static noinline __maybe_unused u32 field_marks(struct syscord_cursor *c, const u8 *pos, u32 marks)
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
		marks = field_marks(c, pos, marks);
	set_word(word, unit, count, marks);
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
	return syscord_put_string_slow(c, pos, addr);
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
	return syscord_put_memory_slow(c, pos, unit, addr, len, most);
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
