/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fields behind a pointer: strings, text and bytes.
 *
 * Generated handlers consist of statements, put_X().  Each puts one field, and returns where the
 * next one goes.  A field begins with a word: how many elements follow, and marks (ring/event.h).
 *
 * Most statements have a fast path here: the memory is there, and the field fits.  All else is done
 * by the slow path, in fields.c.
 *
 * Late reads: memory that was not present at entry is read again at exit, since the kernel has
 * faulted it in by then.  For this, the statements of the entry part run a second time.  Fields
 * that were read without a fault at entry are copied from there, and only the others are read.
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

/* Bytes of a string: those of the longest path, without its NUL. */
#define SYSCORD_STRING_MAX	(PATH_MAX - 1)

/*
 * The layout of a field behind a pointer: bytes of an element, and bit 0 if the word has 32 bits.
 * Each string of a vector has a word of its own; there, an element has 0 bytes.
 */
#define SYSCORD_LAYOUT(size)	((size) << 1)
#define SYSCORD_LAYOUT_STRINGS	SYSCORD_LAYOUT(0)
#define SYSCORD_LAYOUT_CONTENT	(SYSCORD_LAYOUT(1) | 1)

u8 *syscord_copy_entry_field(struct syscord_cursor *c, u8 *pos, unsigned int layout);
u8 *syscord_fill_string(struct syscord_cursor *c, u8 *word, u8 *pos, unsigned long addr);
u8 *syscord_put_empty(struct syscord_cursor *c, u8 *pos, unsigned int layout, u32 marks);
u8 *syscord_put_string_slow(struct syscord_cursor *c, u8 *pos, unsigned long addr);
u8 *syscord_put_memory_slow(struct syscord_cursor *c, u8 *pos, unsigned int layout,
			    unsigned long addr, size_t len, size_t max_len);

static __always_inline size_t word_size(unsigned int layout)
{
	return layout & 1 ? sizeof(u32) : sizeof(u16);
}

/*
 * Begin a field: leave room at @word for its word, which end_field() writes.  Returns false if the
 * field needs no reading, since it was copied; then @pos is its end.
 */
static __always_inline bool begin_field(struct syscord_cursor *c, u8 **pos, u8 **word,
					unsigned int layout)
{
	*word = *pos;
	if (unlikely(c->late_end)) {
		u8 *copied = syscord_copy_entry_field(c, *pos, layout);

		if (copied) {
			*pos = copied;
			return false;
		}
	}
	*pos += word_size(layout);
	return true;
}

/*
 * The marks of a field that ends at @pos, if it faulted or is read late.  Slow, but in the header:
 * from its body the compiler learns that it changes few registers, so the fast path saves fewer.
 */
static noinline __maybe_unused u32 field_marks(struct syscord_cursor *c, const u8 *pos, u32 marks)
{
	if (marks & SYSCORD_MARK_FAULT)
		c->slow |= SYSCORD_SLOW_FAULT;
	if (c->late_end) {
		c->prev_end = pos;
		if (!(marks & SYSCORD_MARK_NULL))
			marks |= SYSCORD_MARK_LATE;
	}
	return marks;
}

static __always_inline void set_word(u8 *word, unsigned int layout, size_t count, u32 marks)
{
	u32 value = (u32)count | marks;
	u16 short_word = syscord_short_word(value);

	if (layout == SYSCORD_LAYOUT_CONTENT)
		memcpy(word, &value, sizeof(value));
	else
		memcpy(word, &short_word, sizeof(short_word));
}

/* Add a mark to a field that has a word of 16 bits. */
static __always_inline void add_short_mark(u8 *word, u32 mark)
{
	u16 value;

	memcpy(&value, word, sizeof(value));
	value |= syscord_short_word(mark);
	memcpy(word, &value, sizeof(value));
}

/* End a field at @pos: write its word. */
static __always_inline void end_field(struct syscord_cursor *c, u8 *word, const u8 *pos,
				      unsigned int layout, size_t count, u32 marks)
{
	if (unlikely(c->late_end || marks & SYSCORD_MARK_FAULT))
		marks = field_marks(c, pos, marks);
	set_word(word, layout, count, marks);
}

/* A string, up to its NUL. */
static __maybe_unused u8 *put_string(struct syscord_cursor *c, u8 *pos, unsigned long addr)
{
	u8 *text = pos + word_size(SYSCORD_LAYOUT(1));
	size_t len;

	if (likely(addr && text + SYSCORD_STRING_MAX <= c->end &&
		   syscord_read_user_string(text, addr, SYSCORD_STRING_MAX, &len))) {
		set_word(pos, SYSCORD_LAYOUT(1), len, 0);
		return text + len;
	}
	return syscord_put_string_slow(c, pos, addr);
}

/*
 * @len bytes of memory, of which at most @max_len are recorded.  The fast path needs no stack; nor
 * does a handler that ends with it.
 */
static __always_inline u8 *put_memory(struct syscord_cursor *c, u8 *pos, unsigned int layout,
				      unsigned long addr, size_t len, size_t max_len)
{
	size_t want = min(len, max_len);
	u8 *to = pos + word_size(layout);

	if (likely(addr && want <= SYSCORD_WORDWISE_MAX && to + want <= c->end &&
		   syscord_read_user_all(to, addr, want))) {
		set_word(pos, layout, want, want < len ? SYSCORD_MARK_PART : 0);
		return to + want;
	}
	return syscord_put_memory_slow(c, pos, layout, addr, len, max_len);
}

/* Text of @len bytes. */
static __maybe_unused u8 *put_text(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				   size_t len)
{
	return put_memory(c, pos, SYSCORD_LAYOUT(1), addr, len, SYSCORD_STRING_MAX);
}

/*
 * Content of @len bytes, of which at most content= are recorded.  If that is 0, there is no such
 * field.
 */
static __always_inline u8 *put_bytes(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				     size_t len)
{
	if (unlikely(!c->content))
		return pos;
	return put_memory(c, pos, SYSCORD_LAYOUT_CONTENT, addr, len, c->content);
}

/* A number behind a pointer, which was read before. */
static __maybe_unused u8 *put_u64_field(struct syscord_cursor *c, u8 *pos, u64 value)
{
	u8 *word;

	if (!begin_field(c, &pos, &word, SYSCORD_LAYOUT(sizeof(value))))
		return pos;
	pos = put_u64(pos, value);
	end_field(c, word, pos, SYSCORD_LAYOUT(sizeof(value)), 1, 0);
	return pos;
}

#endif
