// SPDX-License-Identifier: GPL-2.0
/*
 * The slow path of fields behind a pointer: memory that faults, fields that are long, late reads.
 */
#include <linux/bug.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "capture/cursor.h"
#include "capture/fields.h"
#include "capture/usermem.h"
#include "capture/userstring.h"
#include "ring/event.h"

static inline size_t element_size(unsigned int layout)
{
	return layout >> 1;
}

static inline u32 field_word(const u8 *field, unsigned int layout)
{
	u32 word;
	u16 short_word;

	if (layout == SYSCORD_LAYOUT_CONTENT) {
		memcpy(&word, field, sizeof(word));
		return word;
	}
	memcpy(&short_word, field, sizeof(short_word));
	return syscord_long_word(short_word);
}

/*
 * Bytes of a field of a part that ends at @end.  @fault says whether some of the field could not be
 * read.
 */
static inline size_t field_size(const u8 *field, const u8 *end, unsigned int layout, bool *fault)
{
	u32 word = field_word(field, layout);
	u32 count = word & SYSCORD_COUNT_MASK;
	size_t size = word_size(layout);

	*fault = word & SYSCORD_MARK_FAULT;
	if (layout != SYSCORD_LAYOUT_STRINGS)
		return size + count * element_size(layout);
	while (count-- && field + size + sizeof(u16) <= end) {
		word = field_word(field + size, layout);
		*fault |= !!(word & SYSCORD_MARK_FAULT);
		size += sizeof(u16) + (word & SYSCORD_COUNT_MASK);
	}
	return size;
}

/**
 * syscord_copy_entry_field - in a late read, copy a field that was read at entry
 * @c:		the cursor
 * @pos:	where the field goes
 * @layout:	SYSCORD_LAYOUT_*
 *
 * Return: the field's end, or NULL if the field must be read: it faulted at entry, was not read
 * there, or does not fit.
 */
u8 *syscord_copy_entry_field(struct syscord_cursor *c, u8 *pos, unsigned int layout)
{
	const u8 *field, *end = c->entry_end;
	bool fault = true;
	size_t size = 0;

	if (!c->entry_next)
		return NULL;
	/* Scalars in between come from the same registers, and so are the same. */
	field = c->entry_next + (pos - c->prev_end);
	if (field + word_size(layout) <= end)
		size = field_size(field, end, layout, &fault);
	/* The same statements put the same fields.  Should they ever not, nothing is copied. */
	if (WARN_ON_ONCE(!size || size > end - field)) {
		c->entry_next = NULL;
		return NULL;
	}
	c->entry_next = field + size;
	c->prev_end = pos;
	if (fault || size - word_size(layout) > cursor_room(c, pos))
		return NULL;
	memcpy(pos, field, size);
	c->prev_end = pos + size;
	return pos + size;
}

/**
 * syscord_put_empty - put a field without elements
 * @c:		the cursor
 * @pos:	where the field goes
 * @layout:	SYSCORD_LAYOUT_*, of a field that had elements
 * @marks:	SYSCORD_MARK_*, which say why it has none
 *
 * Return: the field's end.
 */
u8 *syscord_put_empty(struct syscord_cursor *c, u8 *pos, unsigned int layout, u32 marks)
{
	u8 *word;

	if (begin_field(c, &pos, &word, layout))
		end_field(c, word, pos, layout, 0, marks);
	return pos;
}

/**
 * syscord_fill_string - read a string into a field that was begun, and end the field
 * @c:		the cursor
 * @word:	the field's word
 * @pos:	behind the word
 * @addr:	address of the string
 *
 * Return: the field's end.
 */
u8 *syscord_fill_string(struct syscord_cursor *c, u8 *word, u8 *pos, unsigned long addr)
{
	size_t room = min_t(size_t, cursor_room(c, pos), SYSCORD_STRING_MAX), len;
	bool fault, part;

	len = syscord_read_user_string_slow(pos, addr, room, &fault, &part);
	pos += len;
	end_field(c, word, pos, SYSCORD_LAYOUT(1), len,
		  (fault ? SYSCORD_MARK_FAULT : 0) | (part ? SYSCORD_MARK_PART : 0));
	return pos;
}

/* put_string(), for any string. */
u8 *syscord_put_string_slow(struct syscord_cursor *c, u8 *pos, unsigned long addr)
{
	u8 *word;

	if (!begin_field(c, &pos, &word, SYSCORD_LAYOUT(1)))
		return pos;
	if (addr)
		return syscord_fill_string(c, word, pos, addr);
	end_field(c, word, pos, SYSCORD_LAYOUT(1), 0, SYSCORD_MARK_NULL);
	return pos;
}

/* put_memory(), for any memory. */
u8 *syscord_put_memory_slow(struct syscord_cursor *c, u8 *pos, unsigned int layout,
			    unsigned long addr, size_t len, size_t max_len)
{
	size_t want, got;
	u32 marks = 0;
	u8 *word;

	if (!begin_field(c, &pos, &word, layout))
		return pos;
	want = min3(len, max_len, cursor_room(c, pos));
	if (want < len)
		marks = SYSCORD_MARK_PART;
	got = addr ? syscord_read_user(pos, addr, want) : 0;
	pos += got;
	if (got < want)
		marks |= SYSCORD_MARK_FAULT;
	if (!addr)
		marks = SYSCORD_MARK_NULL;
	end_field(c, word, pos, layout, got, marks);
	return pos;
}
