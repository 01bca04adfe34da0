/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fields that are arrays, and structs: these are arrays of one element.
 */
#ifndef SYSCORD_ITEMS_H
#define SYSCORD_ITEMS_H

#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "capture/cursor.h"
#include "capture/fields.h"
#include "capture/usermem.h"
#include "ring/event.h"

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

u32 syscord_begin_items_slow(struct syscord_cursor *c, u8 *pos, unsigned long addr,
			     unsigned long count, size_t kept, u8 **done);

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
	word = syscord_begin_items_slow(c, pos, addr, count, kept, &done);
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
	u32 marks = unlikely(items->marks) ? field_marks(c, pos, items->marks) : 0;

	/* The word is the same for elements of any size. */
	set_word(items->word, SYSCORD_UNIT(1), items->done, marks);
}

#endif
