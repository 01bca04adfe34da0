// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots of a flight recorder.  Somebody writes 1 to the parameter snapshot, and waits.  The
 * writer writes what the rings hold.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "params/params.h"
#include "params/shown.h"
#include "ring/rings.h"
#include "write/sink.h"
#include "write/snapshot.h"

static struct {
	void (*wake)(void);	/* wakes the writer; NULL: there is none */
	unsigned int asked;	/* snapshots that were asked for */
	unsigned int served;	/* snapshots that were taken */
	bool failed;		/* the last one */
} snapshot;

/* One asks for a snapshot at a time. */
static DEFINE_MUTEX(snapshot_lock);

static DECLARE_WAIT_QUEUE_HEAD(snapshot_wait);

/**
 * syscord_snapshot_open - from now on, snapshots can be asked for
 * @wake:	wakes the writer
 */
void syscord_snapshot_open(void (*wake)(void))
{
	mutex_lock(&snapshot_lock);
	snapshot.wake = wake;
	mutex_unlock(&snapshot_lock);
}

/**
 * syscord_snapshot_close - wait until the last snapshot is taken; from now on there is none
 */
void syscord_snapshot_close(void)
{
	mutex_lock(&snapshot_lock);
	snapshot.wake = NULL;
	mutex_unlock(&snapshot_lock);
}

/* Write what the rings hold, and overwrite nothing meanwhile. */
static void take(const struct syscord_sink *sink)
{
	syscord_rings_set_no_overwrite(true);
	syscord_rings_close_packets();
	/* An interrupted probe closes its packet itself, with preemption off: wait for it. */
	synchronize_rcu_expedited();
	snapshot.failed = !sink->write(U64_MAX);
	syscord_rings_set_no_overwrite(false);
	/* This takes its time, in which the rings go on. */
	if (sink->describe && !snapshot.failed) {
		sink->describe();
		while (sink->describe_slice())
			cond_resched();
	}
}

/**
 * syscord_snapshot_serve - take a snapshot if one was asked for; in the writer
 * @sink:	where it is written
 */
void syscord_snapshot_serve(const struct syscord_sink *sink)
{
	/* Pairs with ask(). */
	unsigned int asked = smp_load_acquire(&snapshot.asked);

	if (snapshot.served == asked)
		return;
	take(sink);
	/* Pairs with is_served(): the snapshot, and whether it failed. */
	smp_store_release(&snapshot.served, asked);
	wake_up_all(&snapshot_wait);
}

static bool is_served(void)
{
	/* Pairs with syscord_snapshot_serve(). */
	return smp_load_acquire(&snapshot.served) == snapshot.asked;
}

/* Ask for a snapshot and wait for it.  Returns 0 once it is written, or a negative errno. */
static int ask(void)
{
	int err = -ESHUTDOWN;

	if (mutex_lock_killable(&snapshot_lock))
		return -EINTR;
	if (snapshot.wake) {
		/* Pairs with syscord_snapshot_serve(): what was recorded before belongs to it. */
		smp_store_release(&snapshot.asked, snapshot.asked + 1);
		snapshot.wake();
		err = wait_event_killable(snapshot_wait, is_served());
		if (!err && snapshot.failed)
			err = -EIO;
	}
	mutex_unlock(&snapshot_lock);
	return err;
}

static int set_snapshot(const char *value, const struct kernel_param *kp)
{
	int err;

	if (!sysfs_streq(value, "1")) {
		pr_err("%s=%*pE: write 1 to have written what the rings hold\n", kp->name,
		       syscord_shown_len(value), value);
		return -EINVAL;
	}
	if (!syscord_params.overwrite) {
		pr_err("%s: there is nothing to ask for without mode=overwrite\n", kp->name);
		return -EINVAL;
	}
	/* All parameters share a lock.  This waits for a disk, so others must not wait for this. */
	kernel_param_unlock(THIS_MODULE);
	err = ask();
	kernel_param_lock(THIS_MODULE);
	return err;
}

static const struct kernel_param_ops snapshot_ops = {
	.set = set_snapshot,
};

module_param_cb(snapshot, &snapshot_ops, NULL, 0200);
MODULE_PARM_DESC(snapshot, "write 1 to have written what the rings hold, with mode=overwrite");
