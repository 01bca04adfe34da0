// SPDX-License-Identifier: GPL-2.0
/*
 * When what is written, and that it goes on when it can't be.
 *
 * A sink in the order of time may write a record once nothing earlier can come any more.  A probe
 * reads the clock and commits its event with preemption off, so an RCU grace period that began
 * after a moment (the horizon) ends after all events before that moment are in their rings.  The
 * writer comes four times in a flush interval: at one coming it sets the horizon and starts a
 * grace period, at the next it writes all up to there.  Where that would take too long, it waits
 * for an expedited one instead.
 *
 * A sink that is not in order writes packets.  Once in a flush interval the writer has those closed
 * that are not empty, each by its own CPU.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/wait.h>

#include "compat/start_poll_synchronize_rcu.h"
#include "params/params.h"
#include "ring/clock.h"
#include "ring/rings.h"
#include "ring/stats.h"
#include "write/sink.h"
#include "write/writer.h"

bool syscord_writer_is_stalled __read_mostly;

static struct {
	const struct syscord_sink *sink;
	struct task_struct *task;
	bool woken;
	bool describe;			/* the sink has to describe the processes that there are */
	bool begun;			/* a horizon is set, and its grace period has begun */
	u64 horizon;			/* all before may be written, after the grace period */
	unsigned long grace_period;
	u64 unwritten;			/* records that the files could not take in the end */
	unsigned long complained;	/* when it was last said that the files take nothing */
	bool complaint_open;		/* and not yet, that they do again */
	unsigned long close_at;		/* when packets are to be closed next, in jiffies */
	unsigned int asked;		/* snapshots that were asked for */
	unsigned int taken;		/* and those that were taken */
	bool snapshot_failed;		/* the last one */
	bool gone;			/* it takes none any more */
	wait_queue_head_t snapshot_wait;
} writer;

/* One who asks for a snapshot at a time. */
static DEFINE_MUTEX(snapshot_lock);

/**
 * syscord_writer_unwritten - records that were taken from the rings and could not be written
 *
 * Return: their number; 0 until the writer has stopped.
 */
u64 syscord_writer_unwritten(void)
{
	return READ_ONCE(writer.unwritten);
}

/**
 * syscord_writer_wake - have the writer come now; from a probe
 */
void syscord_writer_wake(void)
{
	WRITE_ONCE(writer.woken, true);
	/* A wait queue's lock may sleep on PREEMPT_RT; this takes none that does. */
	wake_up_process(writer.task);
}

/* The file's state may change at every try, where there is room for little: say it rarely. */
#define COMPLAIN_AGAIN	(60 * HZ)

/**
 * syscord_sink_stalled - the files take nothing
 * @err:	negative errno, or 0 if they don't say
 */
void syscord_sink_stalled(ssize_t err)
{
	if (syscord_writer_is_stalled)
		return;
	WRITE_ONCE(syscord_writer_is_stalled, true);
	if (writer.complained && time_before(jiffies, writer.complained + COMPLAIN_AGAIN))
		return;
	writer.complained = jiffies ?: 1;
	writer.complaint_open = true;
	pr_warn("can't write to %s: error %zd: what the rings can't hold is dropped, and counted\n",
		syscord_params.record, err);
}

/**
 * syscord_sink_flows - the files took something
 */
void syscord_sink_flows(void)
{
	WRITE_ONCE(syscord_writer_is_stalled, false);
	if (writer.complaint_open)
		pr_info("%s takes records again\n", syscord_params.record);
	writer.complaint_open = false;
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
static void hurry(void)
{
	u64 until = ktime_get_mono_fast_ns() - SYSCORD_CLOCK_ERROR_NS;

	synchronize_rcu_expedited();
	writer.sink->write(until);
	writer.begun = false;
}

/* A quarter of the flush interval is over: write what was begun, begin what has come since. */
static void come(void)
{
	if (writer.begun) {
		cond_synchronize_rcu(writer.grace_period);
		writer.sink->write(writer.horizon);
		writer.begun = false;
	}
	if (anything_waits()) {
		/* What begins from now on has no earlier time. */
		writer.horizon = ktime_get_mono_fast_ns() - SYSCORD_CLOCK_ERROR_NS;
		writer.grace_period = compat_start_poll_synchronize_rcu();
		writer.begun = true;
	}
}

/* A grace period takes some 20 ms: shorter flush intervals have no time for that. */
#define GRACE_PERIOD_MS	60

static void write_in_order(bool woken)
{
	if (woken)
		hurry();
	else if (syscord_params.flush_ms >= GRACE_PERIOD_MS)
		come();
	else if (anything_waits())
		hurry();
}

/* Woken, a ring is filling up: there are packets to write as they are. */
static void write_packets(bool woken)
{
	if (!woken || time_after_eq(jiffies, writer.close_at)) {
		syscord_rings_close_packets();
		writer.close_at = jiffies + msecs_to_jiffies(syscord_params.flush_ms * 3 / 4);
	}
	writer.sink->write(U64_MAX);
}

/* Write what the rings hold, and overwrite nothing meanwhile. */
static void take_snapshot(void)
{
	syscord_rings_keep(true);
	syscord_rings_close_packets();
	/* Who was at work when its packet was to be closed has done so after this. */
	synchronize_rcu_expedited();
	if (writer.sink->describe)
		writer.sink->describe();
	writer.snapshot_failed = !writer.sink->write(U64_MAX);
	syscord_rings_keep(false);
}

static void serve_snapshots(void)
{
	/* Pairs with syscord_writer_snapshot(). */
	unsigned int asked = smp_load_acquire(&writer.asked);

	if (writer.taken == asked)
		return;
	take_snapshot();
	/* Pairs with is_taken(): the snapshot, and whether it failed. */
	smp_store_release(&writer.taken, asked);
	wake_up_all(&writer.snapshot_wait);
}

static void run_once(void)
{
	bool woken = xchg(&writer.woken, false);

	if (syscord_params.overwrite) {
		serve_snapshots();
		return;
	}
	if (xchg(&writer.describe, false) && writer.sink->describe)
		writer.sink->describe();
	if (writer.sink->in_order)
		write_in_order(woken);
	else
		write_packets(woken);
}

/* A flight recorder has nothing to do before it is asked to. */
static void pause_writer(ktime_t *pause)
{
	set_current_state(TASK_INTERRUPTIBLE);
	if (!READ_ONCE(writer.woken) && !kthread_should_stop())
		schedule_hrtimeout_range(syscord_params.overwrite ? NULL : pause, *pause / 8,
					 HRTIMER_MODE_REL);
	__set_current_state(TASK_RUNNING);
}

/* The rest, once no probe can run any more. */
static void write_rest(void)
{
	syscord_rings_close_packets();
	/* Of a flight recorder, what nobody asked for is not written. */
	if (syscord_params.overwrite)
		syscord_rings_discard();
	else
		writer.sink->write(U64_MAX);
	if (writer.sink->finish)
		writer.sink->finish();
}

static int run(void *unused)
{
	ktime_t flush = ms_to_ktime(syscord_params.flush_ms);
	/* With the slack of the timer, the second is a flush interval at most. */
	ktime_t pause = writer.sink->in_order ? flush / 4 : flush / 8 * 7;

	set_freezable();	/* no writing behind the back of a hibernation */
	while (!kthread_should_stop()) {
		pause_writer(&pause);
		try_to_freeze();
		run_once();
	}
	/* Here, since who unloads has signals, and limits on a file's size. */
	write_rest();
	return 0;
}

static bool is_taken(void)
{
	/* Pairs with serve_snapshots(). */
	return smp_load_acquire(&writer.taken) == writer.asked;
}

/**
 * syscord_writer_snapshot - write what the rings hold, in flight-recorder mode
 *
 * Return: 0 once it is written, or a negative errno.
 */
int syscord_writer_snapshot(void)
{
	int err = -ESHUTDOWN;

	if (mutex_lock_killable(&snapshot_lock))
		return -EINTR;
	if (writer.task && !writer.gone) {
		/* Pairs with serve_snapshots(): what was recorded before belongs to it. */
		smp_store_release(&writer.asked, writer.asked + 1);
		syscord_writer_wake();
		err = wait_event_killable(writer.snapshot_wait, is_taken());
		if (!err && writer.snapshot_failed)
			err = -EIO;
	}
	mutex_unlock(&snapshot_lock);
	return err;
}

/**
 * syscord_writer_describe - have the processes described that there are now, if the sink does so
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

	init_waitqueue_head(&writer.snapshot_wait);
	writer.sink = syscord_params.sink == SYSCORD_SINK_CTF ? &syscord_ctf_sink
							      : &syscord_text_sink;
	err = writer.sink->open();
	if (err)
		return err;
	writer.task = kthread_run(run, NULL, KBUILD_MODNAME);
	if (!IS_ERR(writer.task))
		return 0;
	err = PTR_ERR(writer.task);
	writer.task = NULL;
	pr_err("can't start the writer's thread: error %d\n", err);
	writer.sink->close();
	return err;
}

/**
 * syscord_writer_stop - write the rest and close the sink, once no probe can run any more
 */
void syscord_writer_stop(void)
{
	struct syscord_stats sum;

	/* Who waits for a snapshot gets it first; who comes later gets none. */
	mutex_lock(&snapshot_lock);
	writer.gone = true;
	mutex_unlock(&snapshot_lock);
	/* A thread that never ran has written nothing. */
	if (kthread_stop(writer.task) == -EINTR)
		write_rest();
	WRITE_ONCE(writer.unwritten, writer.sink->close());
	syscord_stats_sum(&sum);
	pr_info("%llu syscalls recorded in %s, %llu dropped, %llu filtered out\n", sum.recorded,
		syscord_params.record, syscord_stats_dropped(&sum), sum.filtered);
}
