/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a handler puts the fields of a record, and fields that are scalars.
 *
 * Fields of variable length stop at the cursor's end.  It lies SYSCORD_SCALAR_ROOM before the end
 * of the memory.  So scalars, and the words in front of other fields, are put without a check.
 */
#ifndef SYSCORD_CURSOR_H
#define SYSCORD_CURSOR_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/string.h>
#include <linux/types.h>

#include "ring/event.h"

/* Bytes that scalars and words of a part take at most; checked where handlers are generated. */
#define SYSCORD_SCALAR_ROOM	160
/* Elements of an array, strings of a vector, buffers of an iovec: no more are recorded. */
#define SYSCORD_ITEMS_MAX	64

/* In place of the bytes that a caller has: they could not be read at entry. */
#define SYSCORD_ROOM_UNKNOWN	U8_MAX

/*
 * Why a call takes the slow path.  The bits are in the upper half: one comparison finds them, and
 * also numbers that do not fit in 32 bits.
 */
#define SYSCORD_SLOW_WIDE	BIT_ULL(32) /* an argument does not fit in 32 bits, or may not */
#define SYSCORD_SLOW_FAULT	BIT_ULL(33) /* a field of the entry part could not be read */
#define SYSCORD_SLOW_UNSEEN	BIT_ULL(34) /* the entry was not seen */
#define SYSCORD_SLOW_CALL	BIT_ULL(35) /* the handler says so */
#define SYSCORD_SLOW_ANSWERED	BIT_ULL(36) /* unseen: somebody answered in the kernel's place */
#define SYSCORD_SLOW_MOVED	BIT_ULL(37) /* execve() changed the thread's number: args[5] */
/* If one of these is set, narrow fields have 64 bits. */
#define SYSCORD_SLOW_64_BITS	(SYSCORD_SLOW_WIDE | SYSCORD_SLOW_UNSEEN)

/**
 * struct syscord_cursor - the state of a handler that puts its fields
 * @end:	where fields of variable length stop.  NULL in a late read: then no field seems to
 *		fit, and each takes the slow path
 * @slow:	SYSCORD_SLOW_*
 * @content:	bytes of content to record of a field
 * @addr_room:	bytes that the caller has for a socket address, or SYSCORD_ROOM_UNKNOWN; saved at
 *		entry, used at exit
 * @saved_len:	bytes of @saved.  At entry they stand where the entry part ends
 * @saved:	at exit: what statements of the entry saved for it
 * @late_end:	in a late read (fields.h): where fields of variable length stop; else NULL
 * @entry_next:	in a late read: where the part that was read at entry goes on; NULL if there is
 *		none
 * @entry_end:	in a late read: the end of the part read at entry
 * @prev_end:	in a late read: where the last field behind a pointer ended, in the new part
 *
 * The position of the next byte is not in here.  It is handed from statement to statement, and so
 * stays in a register.
 */
struct syscord_cursor {
	u8 *end;
	u64 slow;
	u32 content;
	u8 addr_room;
	u16 saved_len;
	const u8 *saved;
	u8 *late_end;
	const u8 *entry_next;
	const u8 *entry_end;
	const u8 *prev_end;
};

/**
 * syscord_event_room - bytes that a call's event may take
 * @entry:	bytes of the entry part's fields
 * @exit:	bytes that the exit part's fields may take
 *
 * What it will take is known only once the memory has been read.
 *
 * Return: the bytes that must be free before the event is written.
 */
static __always_inline u32 syscord_event_room(u32 entry, u32 exit)
{
	return sizeof(struct syscord_call_long) + SYSCORD_SCALAR_ROOM + entry + exit;
}

/* Bytes that a field of variable length may take at @pos. */
static __always_inline size_t cursor_room(const struct syscord_cursor *c, const u8 *pos)
{
	const u8 *end = c->late_end ?: c->end;

	return end > pos ? end - pos : 0;
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

/* Narrow integers take 32 bits.  If one of a record's needs more, all of them take 64. */
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

#endif
