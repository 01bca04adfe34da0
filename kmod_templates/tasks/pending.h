/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entry parts that wait for the exit of their call.
 *
 * Most calls keep nothing but their time between entry and exit: their arguments are in the task's
 * registers at both.  Only what may be different at exit is kept: memory that the kernel reads, and
 * the arguments of calls that change them.  It is captured into a block.  All blocks are allocated
 * when the module is loaded.
 *
 * There are few of the largest blocks, and many small ones.  A call is given one of the largest, as
 * most calls soon end.  Once half of those are taken, an entry part is captured into this CPU's
 * scratch memory, and then copied into a block of the smallest size that fits.  If there is none,
 * the memory is read at exit, and marked as late: nothing is lost.
 */
#ifndef SYSCORD_PENDING_H
#define SYSCORD_PENDING_H

#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "capture/cursor.h"
#include "capture/handlers.h"
#include "ring/settings.h"

/* Bytes for the entry part, content aside: two paths of any length, and all other fields. */
#define SYSCORD_ENTRY_ROOM	(2 * PATH_MAX + 512)

/**
 * struct syscord_pending - an entry part
 * @slow:	SYSCORD_SLOW_* of the capture
 * @len:	bytes of the fields in @entry
 * @saved_len:	bytes behind them that the exit part needs, as the cursor had it
 * @addr_room:	as the cursor had it
 * @size_class:	of the block that this is in
 * @args:	the arguments, from the registers
 * @entry:	the fields, and what was saved
 */
struct syscord_pending {
	u64 slow;
	u32 len;
	u16 saved_len;
	u8 addr_room;
	u8 size_class;
	unsigned long args[6];
	u8 entry[];
};

/* Sizes of blocks: sizes[] in pending.c.  The largest is enough for any entry part. */
#define SYSCORD_PENDING_CLASSES	4
#define SYSCORD_PENDING_LARGEST	(SYSCORD_PENDING_CLASSES - 1)
/* In place of a class: a CPU's scratch memory. */
#define SYSCORD_PENDING_SCRATCH	SYSCORD_PENDING_CLASSES
/* Free blocks of a size that a CPU keeps for itself, at most. */
#define SYSCORD_PENDING_KEPT	8

/**
 * struct syscord_pending_cpu - what a CPU has of it; used with preemption off
 * @kept:	how many free blocks of each size are kept
 * @blocks:	those blocks
 * @scratch:	room for the largest entry part
 */
struct syscord_pending_cpu {
	unsigned int kept[SYSCORD_PENDING_CLASSES];
	struct syscord_pending *blocks[SYSCORD_PENDING_CLASSES][SYSCORD_PENDING_KEPT];
	struct syscord_pending *scratch;
};

DECLARE_PER_CPU(struct syscord_pending_cpu, syscord_pending_cpus);

/* Bytes of the largest entry part. */
extern size_t syscord_pending_room;

int syscord_pending_create(unsigned int memory_kb);
void syscord_pending_destroy(void);
struct syscord_pending *syscord_pending_take_slow(struct syscord_pending_cpu *cpu);
struct syscord_pending *syscord_pending_keep_scratch(const struct syscord_pending *scratch);
void syscord_pending_put_slow(struct syscord_pending_cpu *cpu, struct syscord_pending *pending);

/* Room for any entry part: a block, or this CPU's scratch memory.  Preemption is off. */
static __always_inline struct syscord_pending *syscord_pending_take(void)
{
	struct syscord_pending_cpu *cpu = this_cpu_ptr(&syscord_pending_cpus);
	unsigned int kept = cpu->kept[SYSCORD_PENDING_LARGEST];

	if (unlikely(!kept))
		return syscord_pending_take_slow(cpu);
	cpu->kept[SYSCORD_PENDING_LARGEST] = kept - 1;
	return cpu->blocks[SYSCORD_PENDING_LARGEST][kept - 1];
}

/* What is filled in will be needed at exit.  Returns the block in which it stays, or NULL. */
static __always_inline struct syscord_pending *syscord_pending_keep(struct syscord_pending *filled)
{
	if (likely(filled->size_class != SYSCORD_PENDING_SCRATCH))
		return filled;
	return syscord_pending_keep_scratch(filled);
}

/* Give back a block.  Preemption is off. */
static __always_inline void syscord_pending_put(struct syscord_pending *pending)
{
	struct syscord_pending_cpu *cpu = this_cpu_ptr(&syscord_pending_cpus);
	unsigned int size_class = pending->size_class, kept = cpu->kept[size_class];

	if (unlikely(kept == SYSCORD_PENDING_KEPT)) {
		syscord_pending_put_slow(cpu, pending);
		return;
	}
	cpu->blocks[size_class][kept] = pending;
	cpu->kept[size_class] = kept + 1;
}

/**
 * syscord_event_max - bytes of the largest event of a syscall
 *
 * Memory that faulted at entry is read again at exit, behind what was read at entry.
 *
 * Return: the bytes, once syscord_pending_create() has run.
 */
static inline u32 syscord_event_max(void)
{
	return min_t(u32, SYSCORD_EVENT_SIZE_MAX,
		     syscord_event_room(2 * syscord_pending_room,
					SYSCORD_EXIT_ROOM_MAX + syscord_settings.content));
}

#endif
