/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The writer: a kernel thread that takes the events of all CPUs in time order, and writes them as
 * text.
 */
#ifndef SYSCORD_WRITER_H
#define SYSCORD_WRITER_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "ring.h"

extern bool syscord_writer_is_stalled;

int syscord_writer_start(void);
void syscord_writer_stop(void);
u64 syscord_writer_unwritten(void);
void syscord_writer_wake(void);

/* Whether the record file takes nothing at the moment. */
static inline bool syscord_writer_stalled(void)
{
	return READ_ONCE(syscord_writer_is_stalled);
}

/**
 * syscord_writer_poke - wake the writer when a ring is filling up
 * @ring:	of this CPU, after an event was put in
 *
 * Else it comes by itself, within the flush interval.  It is woken once for each quarter of the
 * ring at most.
 */
static inline void syscord_writer_poke(struct syscord_ring *ring)
{
	if (unlikely(ring->head >= ring->poke)) {
		ring->poke = ring->head + ring->size / 4;
		syscord_writer_wake();
	}
}

#endif
