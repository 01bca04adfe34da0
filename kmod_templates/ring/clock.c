// SPDX-License-Identifier: GPL-2.0
/*
 * Finding out what the kernel's clock goes by, and how fast that is.
 */
#include <linux/delay.h>
#include <linux/limits.h>

#include "ring/clock.h"

DEFINE_STATIC_KEY_FALSE(syscord_clock_has_counter);

struct syscord_clock syscord_clock __read_mostly;

/* An interrupt seldom comes between two reads, so a few tries are enough. */
#define TRIES	4

/* Both clocks are read together if that takes less than this part of the largest age: a us. */
#define TOGETHER_SHIFT	10

/* A steady clock differs from the counter by less than this part: a promille. */
#define STEADY_SHIFT	10

/* The error of reading two clocks one after the other, in ns. */
#define READING_NS	1000

/* How long to measure the counter's rate, in us.  As ns are rounded, it is off by a millionth. */
#define MEASURE_US	1000

/*
 * Read the kernel's clock, as ns and as its clocksource counts.  False if the clocksource is not
 * the processor's counter: if it is, its count lies between two reads of the counter.
 */
static bool take_snapshot(struct system_time_snapshot *snapshot)
{
	unsigned int i;
	u64 before;

	for (i = 0; i < TRIES; i++) {
		before = get_cycles();
		barrier();
		ktime_get_snapshot(snapshot);
		barrier();
		if (before && before <= snapshot->cycles && snapshot->cycles <= get_cycles())
			return true;
	}
	return false;
}

/* Find the factor from ticks to ns, with as many bits as it can have.  False if there is none. */
static bool choose_mult(u64 ns, u64 ticks)
{
	u64 mult;

	if (!ns || !ticks || ns > U32_MAX)
		return false;
	for (syscord_clock.shift = 32; syscord_clock.shift; syscord_clock.shift--) {
		mult = div64_u64(ns << syscord_clock.shift, ticks);
		if (mult <= U32_MAX) {
			syscord_clock.mult = mult;
			syscord_clock.max_age = div64_u64(SYSCORD_CLOCK_MAX_AGE_NS * ticks, ns);
			return mult && syscord_clock.max_age <= U32_MAX;
		}
	}
	return false;
}

static bool find_counter(void)
{
	struct system_time_snapshot begin, end;

	if (!take_snapshot(&begin))
		return false;
	usleep_range(MEASURE_US, 2 * MEASURE_US);
	return take_snapshot(&end) && begin.cs_was_changed_seq == end.cs_was_changed_seq &&
	       choose_mult(ktime_to_ns(ktime_sub(end.raw, begin.raw)), end.cycles - begin.cycles);
}

/**
 * syscord_clock_start - choose what calls are timed by, before the first probe
 */
void syscord_clock_start(void)
{
	if (find_counter()) {
		static_branch_enable(&syscord_clock_has_counter);
		return;
	}
	/* A tick is a ns now: all bases stay 0, and syscord_clock_read() is never called. */
	syscord_clock = (struct syscord_clock){ .mult = 1, .max_age = U64_MAX };
}

/* Both clocks, at one moment: no interrupt comes in between, nor does a hypervisor take the CPU. */
static bool read_both(u64 *ns, u64 *ticks)
{
	unsigned int i;
	u64 before;

	for (i = 0; i < TRIES; i++) {
		before = get_cycles();
		*ns = ktime_get_mono_fast_ns();
		*ticks = get_cycles();
		if (*ticks - before <= syscord_clock.max_age >> TOGETHER_SHIFT)
			return true;
	}
	return false;
}

/* Whether the kernel's clock went as fast as the counter since it was read last. */
static bool is_steady(const struct syscord_clock_base *base, u64 ns, u64 ticks)
{
	s64 counted = syscord_clock_long_ns(ticks - base->read_at), elapsed = ns - base->ns;

	return abs(counted - elapsed) <= (elapsed >> STEADY_SHIFT) + READING_NS;
}

/**
 * syscord_clock_read - read the kernel's clock
 * @base:	this CPU's, with preemption off; set
 *
 * Return: CLOCK_MONOTONIC, in ns.
 */
noinline u64 syscord_clock_read(struct syscord_clock_base *base)
{
	u64 ns, ticks;
	bool together = read_both(&ns, &ticks), steady = is_steady(base, ns, ticks);

	*base = (struct syscord_clock_base){ .ticks = ticks, .ns = ns, .read_at = ticks };
	/* Next time it is read again.  So it is after the first read, which follows no other. */
	if (!together || !steady)
		base->ticks -= syscord_clock.max_age + 1;
	return ns;
}
