/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When a call ended, and how long it took.
 *
 * Both are told by ticks of the processor's counter, where that is what the kernel's own clock goes
 * by: to read it takes a tenth of the instructions.  At least once in SYSCORD_CLOCK_FRESH_NS each
 * CPU asks the kernel's clock anew what time it is, so that times are CLOCK_MONOTONIC's to some us;
 * while that is slewed by more than a promille, each time.  Elsewhere a tick is a ns of
 * CLOCK_MONOTONIC.
 */
#ifndef SYSCORD_CLOCK_H
#define SYSCORD_CLOCK_H

#include <linux/jump_label.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/timex.h>
#include <linux/types.h>

#define SYSCORD_CLOCK_FRESH_NS	1000000
/* No time is wrong by more: adjtimex() slews the clock by a tenth at most. */
#define SYSCORD_CLOCK_ERROR_NS	(SYSCORD_CLOCK_FRESH_NS / 8)

DECLARE_STATIC_KEY_FALSE(syscord_clock_has_counter);

/**
 * struct syscord_clock - what a tick is
 * @mult:	ns = ticks * @mult >> @shift, for less than 2^32 ticks
 * @shift:	at most 32
 * @fresh:	ticks for which it is known what time it is
 */
struct syscord_clock {
	u32 mult;
	u32 shift;
	u64 fresh;
};

extern struct syscord_clock syscord_clock;

/**
 * struct syscord_moment - when a CPU asked the kernel's clock last
 * @ticks:	by the counter; or so long before that the clock will be asked again
 * @ns:		by CLOCK_MONOTONIC
 * @asked:	by the counter
 */
struct syscord_moment {
	u64 ticks;
	u64 ns;
	u64 asked;
};

void syscord_clock_start(void);
u64 syscord_clock_ask(struct syscord_moment *moment);

static __always_inline u64 syscord_clock_ticks(void)
{
	if (static_branch_likely(&syscord_clock_has_counter))
		return get_cycles();
	return ktime_get_mono_fast_ns();
}

/* For less than 2^32 ticks; of more, the result means nothing. */
static __always_inline u64 syscord_clock_ns(u64 ticks)
{
	return ticks * syscord_clock.mult >> syscord_clock.shift;
}

/* For any number of ticks. */
static inline u64 syscord_clock_long_ns(u64 ticks)
{
	return mul_u64_u32_shr(ticks, syscord_clock.mult, syscord_clock.shift);
}

/**
 * syscord_clock_time - what time it is
 * @moment:	this CPU's, with preemption off
 * @ticks:	from syscord_clock_ticks(), just now
 *
 * Return: CLOCK_MONOTONIC, in ns.
 */
static __always_inline u64 syscord_clock_time(struct syscord_moment *moment, u64 ticks)
{
	u64 since = ticks - moment->ticks;

	/* Also where the counter was set back. */
	if (unlikely(since > syscord_clock.fresh))
		return syscord_clock_ask(moment);
	return moment->ns + syscord_clock_ns(since);
}

#endif
