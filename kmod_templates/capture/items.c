// SPDX-License-Identifier: GPL-2.0
/*
 * The slow path of arrays: too long, read late, or NULL.
 */
#include <linux/minmax.h>
#include <linux/types.h>

#include "capture/cursor.h"
#include "capture/fields.h"
#include "capture/items.h"
#include "ring/event.h"

/*
 * How many elements can be read, and the field's marks.  @done is set if the array is done already,
 * up to there.
 */
u32 syscord_begin_items_slow(struct syscord_cursor *c, u8 *pos, unsigned long addr,
			     unsigned long count, size_t kept, u8 **done)
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
