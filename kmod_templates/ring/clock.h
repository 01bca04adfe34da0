/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When a call ended, and how long it took.
 *
 * Where the kernel's own clock goes by the processor's counter, both are told by ticks of that
 * counter: to read it takes a tenth of the instructions.  Each CPU reads the kernel's clock anew at
 * least once in SYSCORD_CLOCK_MAX_AGE_NS, so times are CLOCK_MONOTONIC's to within some us.  While
 * that clock is slewed by more than a promille, it is read each time.
 *
 * The kernel may give up the counter, as it finds it unstable or is told to use another clock.
 * Then times are read from the kernel's clock each time, and so are durations, still in ticks.
 *
 * On other machines a tick is a ns of CLOCK_MONOTONIC, and what else is done once in that time is
 * done all the same.
 */
#ifndef SYSCORD_CLOCK_H
#define SYSCORD_CLOCK_H

#include <linux/compiler.h>
#include <linux/jump_label.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/timex.h>
#include <linux/types.h>

#define SYSCORD_CLOCK_MAX_AGE_NS	1000000
/* No time is wrong by more: adjtimex() slews the clock by a tenth at most. */
#define SYSCORD_CLOCK_ERROR_NS	(SYSCORD_CLOCK_MAX_AGE_NS / 8)

DECLARE_STATIC_KEY_FALSE(syscord_clock_has_counter);
DECLARE_STATIC_KEY_FALSE(syscord_clock_gave_up);	/* it had one */

/**
 * struct syscord_clock - what a tick is
 * @mult:	ns = ticks * @mult >> @shift, for less than 2^32 ticks
 * @shift:	at most 32
 * @max_age:	ticks after which the kernel's clock is read again; 0 once the kernel may have given
 *		up the counter
 */
struct syscord_clock {
	u32 mult;
	u32 shift;
	u64 max_age;
};

extern struct syscord_clock syscord_clock;

/**
 * struct syscord_clock_base - one moment, by both clocks: when a CPU read the kernel's clock last
 * @ticks:	by the counter; or set back so far that the clock is read again next time
 * @ns:		by CLOCK_MONOTONIC
 * @read_at:	by the counter, never set back
 */
struct syscord_clock_base {
	u64 ticks;
	u64 ns;
	u64 read_at;
};

void syscord_clock_start(void);
void syscord_clock_stop(void);
u64 syscord_clock_read(struct syscord_clock_base *base);
u64 syscord_clock_ticks_of_kernel(void);

static __always_inline u64 syscord_clock_ticks(void)
{
	if (static_branch_likely(&syscord_clock_has_counter))
		return get_cycles();
	if (static_branch_unlikely(&syscord_clock_gave_up))
		return syscord_clock_ticks_of_kernel();
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

#endif
