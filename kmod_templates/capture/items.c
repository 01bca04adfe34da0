// SPDX-License-Identifier: GPL-2.0
/*
 * The slow path of arrays: NULL, more elements than fit, late reads.
 */
#include <linux/minmax.h>
#include <linux/types.h>

#include "capture/cursor.h"
#include "capture/fields.h"
#include "capture/items.h"
#include "ring/event.h"

/**
 * syscord_begin_items_slow - begin_items(), for any array
 * @c:		the cursor
 * @pos:	where the field goes
 * @addr:	address of the first element
 * @count:	elements that there are
 * @packed_size: bytes that each takes in the record
 * @field_end:	the field's end, if it was copied and needs no reading; else NULL
 *
 * Return: how many elements to read, and the field's marks, as in a word.
 */
u32 syscord_begin_items_slow(struct syscord_cursor *c, u8 *pos, unsigned long addr,
			     unsigned long count, size_t packed_size, u8 **field_end)
{
	unsigned long max_count = min_t(unsigned long, SYSCORD_ITEMS_MAX,
					cursor_room(c, pos) / packed_size);
	u32 late = c->late_end ? SYSCORD_MARK_LATE : 0;
	u8 *word;

	*field_end = NULL;
	if (!begin_field(c, &pos, &word, SYSCORD_LAYOUT(packed_size))) {
		*field_end = pos;
		return 0;
	}
	if (!addr)
		return SYSCORD_MARK_NULL;
	return count > max_count ? max_count | late | SYSCORD_MARK_PART : count | late;
}
