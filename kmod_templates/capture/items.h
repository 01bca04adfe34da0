/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fields that are arrays.  A struct is an array of one element.
 *
 * For each kind of element there is a generated put_item_X() (handlers.c.j2).  It reads elements
 * with these functions, and puts what is recorded of each: its packed members.
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
 * struct syscord_items - an array while it is read
 * @word:	where the field's word goes; if there is nothing to read, the field's end
 * @addr:	address of the next element
 * @count:	elements to read
 * @done:	elements that were read
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
			     unsigned long count, size_t packed_size, u8 **field_end);

/*
 * Begin an array of @count elements, each of which takes @packed_size bytes in the record.  Returns
 * where the first one goes, or NULL if there is nothing to read: then @items->word is the field's
 * end.
 */
static __always_inline u8 *begin_items(struct syscord_cursor *c, u8 *pos,
				       struct syscord_items *items, unsigned long addr,
				       unsigned long count, size_t packed_size)
{
	u8 *first = pos + word_size(SYSCORD_LAYOUT(packed_size)), *field_end;
	u32 word;

	items->word = pos;
	items->addr = addr;
	items->count = count;
	items->done = 0;
	items->marks = 0;
	if (likely(addr && count <= SYSCORD_ITEMS_MAX && first + count * packed_size <= c->end))
		return first;
	if (!addr && !c->late_end) {
		set_word(pos, SYSCORD_LAYOUT(packed_size), 0, SYSCORD_MARK_NULL);
		items->word = first;
		return NULL;
	}
	word = syscord_begin_items_slow(c, pos, addr, count, packed_size, &field_end);
	items->count = word & SYSCORD_COUNT_MASK;
	items->marks = word & ~SYSCORD_COUNT_MASK;
	if (!field_end)
		return first;
	items->word = field_end;
	return NULL;
}

/*
 * The fast path: read an array's only element.  False if there are more or none, or it faults or
 * does not fit.
 */
static __always_inline bool read_one_item(const struct syscord_cursor *c, const u8 *pos, void *item,
					  size_t size, unsigned long addr, unsigned long count,
					  size_t packed_size)
{
	return count == 1 && addr &&
	       pos + word_size(SYSCORD_LAYOUT(packed_size)) + packed_size <= c->end &&
	       syscord_read_user_all(item, addr, size);
}

/* The word of one element, whatever its size.  Returns where the element goes. */
static __always_inline u8 *put_one_word(u8 *pos)
{
	set_word(pos, SYSCORD_LAYOUT(1), 1, 0);
	return pos + word_size(SYSCORD_LAYOUT(1));
}

/* How many elements of @size bytes are read at a time. */
#define SYSCORD_ITEMS_BATCH(size)	((size) < 64 ? 128 / (size) : 1)

/*
 * Read the next elements of @size bytes each, at most @max_count of them, into @batch.  Returns how
 * many were read: none at the end, or where the memory faulted.
 */
static __always_inline unsigned long next_items(struct syscord_items *items, void *batch,
						size_t size, unsigned long max_count)
{
	unsigned long count = min(items->count - items->done, max_count);

	if (!count)
		return 0;
	if (unlikely(!syscord_read_user_all(batch, items->addr, count * size))) {
		/* One of them faults.  Those before it are read one by one. */
		count = 1;
		if (!syscord_read_user_all(batch, items->addr, size)) {
			items->marks |= SYSCORD_MARK_FAULT;
			return 0;
		}
	}
	items->addr += count * size;
	items->done += count;
	return count;
}

/*
 * Read a struct that grows with kernels, as copy_struct_from_user() does.  The caller has @size
 * bytes of it, this kernel knows @full; what the caller does not have is zero.
 */
static __always_inline unsigned long next_sized_item(struct syscord_items *items, void *item,
						     size_t full, size_t size)
{
	if (size < full)
		memset(item, 0, full);
	return next_items(items, item, min(size, full), 1);
}

/* End an array at @pos: write its word, which is the same for elements of any size. */
static __always_inline void end_items(struct syscord_cursor *c, const u8 *pos,
				      const struct syscord_items *items)
{
	u32 marks = unlikely(items->marks) ? field_marks(c, pos, items->marks) : 0;

	set_word(items->word, SYSCORD_LAYOUT(1), items->done, marks);
}

#endif
