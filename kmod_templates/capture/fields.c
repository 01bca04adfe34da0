// SPDX-License-Identifier: GPL-2.0
/*
 * The slow path of fields: memory that faults, is long, or is read late.
 */
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "capture/cursor.h"
#include "capture/fields.h"
#include "capture/usermem.h"
#include "capture/userstring.h"
#include "ring/event.h"

static inline size_t unit_size(unsigned int unit)
{
	return unit >> 1;
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
u8 *syscord_reuse_field(struct syscord_cursor *c, u8 *pos, unsigned int unit)
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

/* A field of no elements, which says why.  @unit: what it would have elements of. */
u8 *syscord_put_empty(struct syscord_cursor *c, u8 *pos, unsigned int unit, u32 marks)
{
	u8 *word;

	if (begin_field(c, &pos, &word, unit))
		end_field(c, word, pos, unit, 0, marks);
	return pos;
}

/* The text at @addr, up to its NUL, behind @word. */
u8 *syscord_fill_string(struct syscord_cursor *c, u8 *word, u8 *pos, unsigned long addr)
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
u8 *syscord_put_string_slow(struct syscord_cursor *c, u8 *pos, unsigned long addr)
{
	u8 *word;

	if (!begin_field(c, &pos, &word, SYSCORD_UNIT(1)))
		return pos;
	if (addr)
		return syscord_fill_string(c, word, pos, addr);
	end_field(c, word, pos, SYSCORD_UNIT(1), 0, SYSCORD_MARK_NULL);
	return pos;
}

/* @len bytes of memory, of which at most @most are kept. */
u8 *syscord_put_memory_slow(struct syscord_cursor *c, u8 *pos, unsigned int unit,
			    unsigned long addr, size_t len, size_t most)
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
