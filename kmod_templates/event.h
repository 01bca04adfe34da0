/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stands in a ring: one event per syscall.
 *
 * An event is a header, then the entry part (what the handler read at entry), then the exit part
 * (what it read at exit).  Integers are in the machine's byte order and unaligned after the header.
 * A field behind a pointer begins with one 32-bit word: the number of elements that follow in the
 * low 24 bits, its marks in the high 8.
 */
#ifndef SYSCORD_EVENT_H
#define SYSCORD_EVENT_H

#include <linux/bits.h>
#include <linux/types.h>

/* Flags of an event. */
#define SYSCORD_EV_ENTRY	BIT(0)	/* the entry part is there */
#define SYSCORD_EV_EXIT		BIT(1)	/* the exit part is there */
#define SYSCORD_EV_COMPAT	BIT(2)	/* a 32-bit call: nr is of the 32-bit table */
#define SYSCORD_EV_UNSEEN	BIT(3)	/* no entry was seen, only the exit */
#define SYSCORD_EV_NO_RESULT	BIT(4)	/* the call has no result */

/**
 * struct syscord_event - the header of an event
 * @size:	of the whole event, in bytes, a multiple of 8; 0: the rest of the packet is unused
 * @flags:	SYSCORD_EV_*
 * @nr:		number of the syscall, as the task gave it
 * @pid:	process, in the initial pid namespace
 * @tid:	thread, in the initial pid namespace
 * @time:	of the exit (of the entry, for calls that never return): CLOCK_MONOTONIC, in ns
 * @duration:	from entry to exit, in ns; 0 if the entry was not seen
 * @ret:	what the syscall returned
 * @payload:	entry part and exit part
 */
struct syscord_event {
	u32 size;
	u32 flags;
	s32 nr;
	u32 pid;
	u32 tid;
	u32 reserved;
	u64 time;
	u64 duration;
	s64 ret;
	u8 payload[];
};

/* The word in front of a field behind a pointer. */
#define SYSCORD_COUNT_MASK	GENMASK(23, 0)
#define SYSCORD_MARK_PART	BIT(24)	/* there was more */
#define SYSCORD_MARK_FAULT	BIT(25)	/* the memory could not be read (on) */
#define SYSCORD_MARK_NULL	BIT(26)	/* the pointer was NULL */
#define SYSCORD_MARK_LATE	BIT(27)	/* read at exit, as the entry's read faulted */
#define SYSCORD_MARK_UNREAD	BIT(28)	/* not read, as the user wants none (content=0) */

#endif
