// SPDX-License-Identifier: GPL-2.0
/*
 * When something is written, and how it goes on when that fails.
 *
 * A sink that writes in the order of time may write a record only when nothing earlier can come.
 * A probe reads the clock and commits its event with preemption off, which holds off a grace period
 * of RCU.  So the writer notes the time, the horizon, and starts a grace period.  When that has
 * ended, all events up to the horizon are in their rings.  The writer runs four times in a flush
 * interval, and when a ring fills up.  Each run writes up to the horizon that was set before, if
 * the grace period has ended, and sets the next one.
 *
 * An expedited grace period ends sooner, but interrupts all CPUs that are at work.  So the writer
 * waits for one only where it must: a ring is half full, threads wait for room, or the flush
 * interval would be over before a usual one ends.  Where the file takes nothing, it never must.
 *
 * The other sink writes packets.  Once in a flush interval, each CPU is made to close its open
 * packet, if that is not empty.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

#include "compat/start_poll_synchronize_rcu.h"
#include "params/params.h"
#include "ring/clock.h"
#include "ring/counters.h"
#include "ring/cpu.h"
#include "ring/ring.h"
#include "ring/rings.h"
#include "write/reserve.h"
#include "write/sink.h"
#include "write/snapshot.h"
#include "write/stats.h"
#include "write/writer.h"

static struct {
	const struct syscord_sink *sink;
	struct task_struct *task;
	bool woken;
	bool describe;			/* the sink is to describe the processes that there are */
	bool describing;		/* there is more of that to write */
	bool has_horizon;		/* a horizon is set, and its grace period has begun */
	u64 horizon;			/* all before it may be written, after the grace period */
	unsigned long horizon_at;	/* when it was set, in jiffies */
	unsigned long grace_period;
	unsigned long close_at;		/* when packets are to be closed next, in jiffies */
} writer;

/**
 * syscord_writer_wake - have the writer run now; from a probe
 */
void syscord_writer_wake(void)
{
	WRITE_ONCE(writer.woken, true);
	/* A wait queue's lock may sleep on PREEMPT_RT; this takes none that does. */
	wake_up_process(writer.task);
}

static bool anything_waits(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (syscord_ring_filled(&per_cpu_ptr(&syscord_cpus, cpu)->ring))
			return true;
	return writer.sink->waits && writer.sink->waits();
}

/* Write all there is, at once. */
static void flush_now(void)
{
	u64 until = ktime_get_mono_fast_ns() - SYSCORD_CLOCK_ERROR_NS;

	synchronize_rcu_expedited();
	writer.sink->write(until);
	writer.has_horizon = false;
}

/* A grace period takes some 20 ms: flush intervals shorter than this have no time for it. */
#define GRACE_PERIOD_MS	60

static bool has_time_for_grace_period(void)
{
	return syscord_params.flush_ms >= GRACE_PERIOD_MS;
}

static void set_horizon(void)
{
	/* A probe that begins from now on reads no earlier time. */
	writer.horizon = ktime_get_mono_fast_ns() - SYSCORD_CLOCK_ERROR_NS;
	writer.horizon_at = jiffies;
	writer.grace_period = compat_start_poll_synchronize_rcu();
	writer.has_horizon = true;
}

/* Write up to the horizon, if its grace period has ended, or must not be waited for any longer. */
static void flush_to_horizon(void)
{
	unsigned long latest = writer.horizon_at + msecs_to_jiffies(syscord_params.flush_ms / 2);

	if (!writer.has_horizon)
		return;
	if (compat_poll_state_synchronize_rcu(writer.grace_period)) {
		writer.sink->write(writer.horizon);
		writer.has_horizon = false;
	} else if (time_after_eq(jiffies, latest) && !syscord_sink_is_stalled()) {
		flush_now();
	}
}

static bool is_any_half_full(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		const struct syscord_ring *ring = &per_cpu_ptr(&syscord_cpus, cpu)->ring;

		if (ring->base && syscord_ring_filled(ring) >= ring->size / 2)
			return true;
	}
	return false;
}

/* Whether there is no time for a usual grace period. */
static bool is_urgent(void)
{
	if (syscord_sink_is_stalled())
		return false;
	return is_any_half_full() || (!has_time_for_grace_period() && anything_waits());
}

static void write_in_order(bool awaited)
{
	if (awaited || is_urgent()) {
		flush_now();
		return;
	}
	flush_to_horizon();
	if (!writer.has_horizon && anything_waits())
		set_horizon();
}

/* A ring that is filling up wakes the writer: then there are complete packets already. */
static void write_packets(bool woken)
{
	if ((!woken && !writer.describing) || time_after_eq(jiffies, writer.close_at)) {
		syscord_rings_close_packets();
		writer.close_at = jiffies + msecs_to_jiffies(syscord_params.flush_ms * 3 / 4);
	}
	writer.sink->write(U64_MAX);
}

/* Threads wait for room, and the files take records. */
static bool is_awaited(void)
{
	return syscord_params.wait && syscord_rings_any_high() && !syscord_sink_is_stalled();
}

static void run_once(void)
{
	bool awaited = is_awaited();
	bool woken = xchg(&writer.woken, false) || awaited;

	if (syscord_params.overwrite) {
		syscord_snapshot_serve(writer.sink);
		return;
	}
	if (xchg(&writer.describe, false) && writer.sink->describe)
		writer.sink->describe();
	if (writer.sink->in_order)
		write_in_order(awaited);
	else
		write_packets(woken);
	writer.describing = writer.sink->describe_slice && writer.sink->describe_slice();
}

/* A flight recorder has nothing to do before a snapshot is asked for. */
static void pause_writer(ktime_t *pause)
{
	/* Some of the records in a packet may have been too young to be written in the last run. */
	ktime_t soon = ns_to_ktime(200 * NSEC_PER_USEC);

	if (writer.describing) {
		cond_resched();
		return;
	}
	if (is_awaited())
		pause = &soon;
	set_current_state(TASK_INTERRUPTIBLE);
	if (!READ_ONCE(writer.woken) && !kthread_should_stop())
		schedule_hrtimeout_range(syscord_params.overwrite ? NULL : pause, *pause / 8,
					 HRTIMER_MODE_REL);
	__set_current_state(TASK_RUNNING);
}

/* Write what is left, once no probe can run any more. */
static void write_rest(void)
{
	syscord_rings_close_packets();
	/* A flight recorder writes nothing that nobody asked for. */
	if (syscord_params.overwrite)
		syscord_rings_discard();
	else
		writer.sink->write(U64_MAX);
	if (writer.sink->finish)
		writer.sink->finish();
}

/* The timer may be late by an eighth of a pause: the longest one leaves time for that. */
static ktime_t usual_pause(void)
{
	ktime_t flush = ms_to_ktime(syscord_params.flush_ms);

	if (!writer.sink->in_order)
		return flush / 8 * 7;
	return has_time_for_grace_period() ? flush / 4 : flush / 2;
}

static int run(void *unused)
{
	ktime_t pause = usual_pause();

	set_freezable();	/* no writing behind the back of a hibernation */
	while (!kthread_should_stop()) {
		pause_writer(&pause);
		try_to_freeze();
		run_once();
	}
	/* Here, since signals and limits on a file's size may stop the thread that unloads us. */
	write_rest();
	return 0;
}

/**
 * syscord_writer_describe - have the processes that there are described, if the sink does that
 */
void syscord_writer_describe(void)
{
	WRITE_ONCE(writer.describe, true);
	syscord_writer_wake();
}

/**
 * syscord_writer_start - open the sink and start the writer
 *
 * Return: 0, or a negative errno; then nothing is left of it.
 */
int syscord_writer_start(void)
{
	int err;

	writer.sink = syscord_params.sink == SYSCORD_SINK_CTF ? &syscord_ctf_sink
							      : &syscord_text_sink;
	err = syscord_reserve_create();
	if (err)
		return err;
	err = writer.sink->open();
	if (err)
		goto destroy_reserve;
	writer.task = kthread_run(run, NULL, KBUILD_MODNAME);
	if (!IS_ERR(writer.task)) {
		syscord_snapshot_open(syscord_writer_wake);
		return 0;
	}
	err = PTR_ERR(writer.task);
	writer.task = NULL;
	pr_err("can't start the writer's thread: error %d\n", err);
	writer.sink->close();
destroy_reserve:
	syscord_reserve_destroy();
	return err;
}

/**
 * syscord_writer_stop - write the rest and close the sink, once no probe can run any more
 */
void syscord_writer_stop(void)
{
	struct syscord_counters sum;

	syscord_snapshot_close();
	/* -EINTR: the thread never ran, so it has written nothing. */
	if (kthread_stop(writer.task) == -EINTR)
		write_rest();
	syscord_stats_set_unwritten(writer.sink->close());
	syscord_reserve_destroy();
	syscord_stats_sum(&sum);
	if (syscord_params.wait)
		pr_info("threads waited for room %llu times, %llu ms in all; %llu waits ended by wait_ms=, %llu were one too many\n",
			sum.waits.begun, div_u64(sum.waits.ns, NSEC_PER_MSEC), sum.waits.timeouts,
			sum.waits.refused);
	pr_info("%llu syscalls recorded in %s, %llu dropped, %llu filtered out, %llu overwritten, of %llu seen\n",
		sum.recorded, syscord_params.record, syscord_counters_dropped(&sum), sum.filtered,
		sum.overwritten, sum.seen);
}
