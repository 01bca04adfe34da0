/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a handler puts its fields, and the fields that are scalars.
 *
 * Fields of variable length stop at the cursor's end.  It lies SYSCORD_SCALAR_ROOM before the end of
 * the memory: so scalars, and the words in front of other fields, need no check.
 */
#ifndef SYSCORD_CURSOR_H
#define SYSCORD_CURSOR_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/string.h>
#include <linux/types.h>

/* Bytes of a part's scalars and words at most; checked where handlers are generated. */
#define SYSCORD_SCALAR_ROOM	160
/* Elements of an array, strings of a vector, parts of an iovec. */
#define SYSCORD_ITEMS_MAX	64

/*
 * What of a call is out of the ordinary; then its record is made the long way.  In the upper half,
 * so that one comparison finds these, and numbers that do not fit in 32 bits.
 */
#define SYSCORD_SLOW_WIDE	BIT_ULL(32) /* an argument does not fit in 32 bits, or may not */
#define SYSCORD_SLOW_FAULT	BIT_ULL(33) /* a field of the entry part could not be read */
#define SYSCORD_SLOW_UNSEEN	BIT_ULL(34) /* the entry was not seen */
#define SYSCORD_SLOW_CALL	BIT_ULL(35) /* the handler says so */
/* Narrow fields have 64 bits. */
#define SYSCORD_SLOW_64_BITS	(SYSCORD_SLOW_WIDE | SYSCORD_SLOW_UNSEEN)

/**
 * struct syscord_cursor - what handlers know of the place where they put their fields
 * @end:	where fields of variable length stop; late: NULL, so that none fits and is put as it
 *		mostly is
 * @slow:	SYSCORD_SLOW_*
 * @content:	bytes of content to keep of a field
 * @addr_room:	bytes that the caller has for a socket address; noted at entry, used at exit
 * @late_end:	the entry part is read at exit, and its fields stop there; else NULL
 * @earlier:	late: where, in the part as it was read at entry, what comes after @after begins;
 *		NULL if it was not read then
 * @earlier_end: the end of that part
 * @after:	late: the end of the last field behind a pointer
 *
 * Where the next byte goes is no part of it, but handed from statement to statement: so it stays in
 * a register.
 */
struct syscord_cursor {
	u8 *end;
	u64 slow;
	u32 content;
	u32 addr_room;
	u8 *late_end;
	const u8 *earlier;
	const u8 *earlier_end;
	const u8 *after;
};

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

/* Narrow integers: of 32 bits, but where one of them needs more. */
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

/* Bytes that a field of variable length may still take. */
static __always_inline size_t cursor_room(const struct syscord_cursor *c, const u8 *pos)
{
	const u8 *end = c->late_end ?: c->end;

	return end > pos ? end - pos : 0;
}

#endif
