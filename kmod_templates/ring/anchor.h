/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events that tie the clock of a trace to the time of day.
 *
 * CLOCK_MONOTONIC is never set, and stands still in suspend.  The kernel makes the other clocks of
 * it by adding an offset, which changes only when the clock is set, and after a suspend.  So an
 * anchor is exact, whatever comes between, and holds until the next one that says something else.
 */
#ifndef SYSCORD_ANCHOR_H
#define SYSCORD_ANCHOR_H

#include <linux/ktime.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

#include "ring/event.h"

/* What is added to CLOCK_MONOTONIC now to get CLOCK_REALTIME, in ns. */
static inline s64 syscord_anchor_offset(void)
{
	return ktime_to_ns(ktime_mono_to_real(0));
}

/**
 * syscord_anchor_fill - fill in an anchor
 * @anchor:	filled in
 * @time:	its time, in ns
 */
static inline void syscord_anchor_fill(struct syscord_anchor *anchor, u64 time)
{
	anchor->event.id = SYSCORD_ID_ANCHOR;
	anchor->event.time = time;
	anchor->event.size = sizeof(*anchor) / 2;
	anchor->event.tid = 0;
	anchor->pid = 0;
	anchor->real = ktime_to_ns(ktime_mono_to_real(ns_to_ktime(time)));
	anchor->boot = ktime_to_ns(ktime_mono_to_any(ns_to_ktime(time), TK_OFFS_BOOT));
}

#endif
