// SPDX-License-Identifier: GPL-2.0
/*
 * Finding out what the kernel's clock goes by, and how fast that is.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/workqueue.h>

#include "ring/clock.h"

DEFINE_STATIC_KEY_FALSE(syscord_clock_has_counter);
DEFINE_STATIC_KEY_FALSE(syscord_clock_gave_up);

struct syscord_clock syscord_clock __read_mostly;

/**
 * struct source - what the kernel's clock goes by
 * @changes:	how often that has changed, by the kernel's count
 * @max_age:	of the counter, while it is used; 0: there never was one
 */
static struct source {
	u8 changes;
	u64 max_age;
} source;

/**
 * struct given_up - how ticks go on without the counter: from one moment, as fast as it went
 * @ticks:	at that moment, by the counter
 * @ns:		at that moment, by CLOCK_MONOTONIC
 * @mult:	ticks = ns * @mult >> @shift
 * @shift:	less than 32
 */
static struct given_up {
	u64 ticks;
	u64 ns;
	u32 mult;
	u32 shift;
} given_up;

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
	if (!take_snapshot(&end) || begin.cs_was_changed_seq != end.cs_was_changed_seq ||
	    !choose_mult(ktime_to_ns(ktime_sub(end.raw, begin.raw)), end.cycles - begin.cycles))
		return false;
	source = (struct source){ end.cs_was_changed_seq, syscord_clock.max_age };
	return true;
}

/* The inverse of choose_mult()'s factor, with as many bits as it can have. */
static void choose_inverse(void)
{
	u64 mult;

	for (given_up.shift = 31; given_up.shift; given_up.shift--) {
		unsigned int shift = syscord_clock.shift + given_up.shift;

		if (shift > 63)
			continue;
		mult = div64_u64(1ULL << shift, syscord_clock.mult);
		if (mult <= U32_MAX) {
			given_up.mult = mult;
			return;
		}
	}
	given_up.mult = max_t(u32, (1ULL << syscord_clock.shift) / syscord_clock.mult, 1);
}

static void give_up_counter(void)
{
	choose_inverse();
	/* A little in the past, as another CPU's clock may be behind this one's. */
	given_up.ns = ktime_get_mono_fast_ns() - SYSCORD_CLOCK_MAX_AGE_NS;
	given_up.ticks = get_cycles() - source.max_age;
	/* In this order.  Who goes by the above sees it: to patch code interrupts all CPUs. */
	static_branch_enable(&syscord_clock_gave_up);
	static_branch_disable(&syscord_clock_has_counter);
	pr_warn("the kernel's clock has given up the processor's counter: times are read from the kernel's clock from now on, which takes longer; those of the last moments may be wrong\n");
}

/* The kernel's clock may have come back to the counter, or never left it but for a better rate. */
static void look_at_source(struct work_struct *work)
{
	struct system_time_snapshot snapshot;

	if (!take_snapshot(&snapshot)) {
		give_up_counter();
		return;
	}
	WRITE_ONCE(source.changes, snapshot.cs_was_changed_seq);
	WRITE_ONCE(syscord_clock.max_age, source.max_age);
}

static DECLARE_WORK(source_work, look_at_source);

/* The kernel's clock is read each time from now on, until it is known what it goes by. */
static void doubt_counter(void)
{
	WRITE_ONCE(syscord_clock.max_age, 0);
	schedule_work(&source_work);
}

static bool was_source_changed(void)
{
	struct system_time_snapshot snapshot;

	ktime_get_snapshot(&snapshot);
	return snapshot.cs_was_changed_seq != READ_ONCE(source.changes);
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
	/* A tick is a ns. */
	syscord_clock = (struct syscord_clock){
		.mult = 1,
		.max_age = SYSCORD_CLOCK_MAX_AGE_NS,
	};
}

/**
 * syscord_clock_stop - look at nothing any more, once no probe can run
 */
void syscord_clock_stop(void)
{
	cancel_work_sync(&source_work);
}

/**
 * syscord_clock_ticks_of_kernel - ticks by the kernel's clock, once that gave up the counter
 *
 * Return: ticks; they go on from where the counter was then.
 */
noinline u64 syscord_clock_ticks_of_kernel(void)
{
	return given_up.ticks + mul_u64_u32_shr(ktime_get_mono_fast_ns() - given_up.ns,
						given_up.mult, given_up.shift);
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
		if (*ticks - before <= source.max_age >> TOGETHER_SHIFT)
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

/* Both clocks are the same one. */
static u64 read_without_counter(struct syscord_clock_base *base)
{
	base->ns = ktime_get_mono_fast_ns();
	base->ticks = base->ns;
	return base->ns;
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
	bool together, steady;

	if (!source.max_age)
		return read_without_counter(base);
	if (!READ_ONCE(syscord_clock.max_age))
		return ktime_get_mono_fast_ns();
	if (unlikely(was_source_changed())) {
		doubt_counter();
		return ktime_get_mono_fast_ns();
	}
	together = read_both(&ns, &ticks);
	steady = is_steady(base, ns, ticks);
	*base = (struct syscord_clock_base){ .ticks = ticks, .ns = ns, .read_at = ticks };
	/* Next time it is read again.  So it is after the first read, which follows no other. */
	if (!together || !steady)
		base->ticks -= source.max_age + 1;
	return ns;
}
