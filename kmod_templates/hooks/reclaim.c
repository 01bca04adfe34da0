// SPDX-License-Identifier: GPL-2.0
/*
 * A task that a new filter rejects gives back its slot.  If it makes calls, it does so itself.  A
 * task that sleeps has its slot taken away, by a worker.
 */
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "hooks/filter.h"
#include "hooks/reclaim.h"
#include "tasks/threads.h"

/* A slot that is in use when it is to be taken is left.  So it is tried again, so many times. */
#define PASSES_MAX	8

static DEFINE_MUTEX(active_lock);	/* protects active */
static bool active;			/* between start and stop: the work may be queued */

/* Under RCU. */
static bool keeps(const struct task_struct *task)
{
	return syscord_filter_matches(rcu_dereference(syscord_filter), task);
}

static void reclaim(struct work_struct *work)
{
	unsigned int passes = PASSES_MAX;

	while (passes-- && READ_ONCE(active) && syscord_threads_reclaim(keeps))
		;
}

static DECLARE_WORK(reclaim_work, reclaim);

static void set_active(bool value)
{
	mutex_lock(&active_lock);
	WRITE_ONCE(active, value);
	mutex_unlock(&active_lock);
}

/**
 * syscord_reclaim_start - from now on, new filters take slots away
 */
void syscord_reclaim_start(void)
{
	set_active(true);
}

/**
 * syscord_reclaim_new_filter - take away the slots of tasks that the new filter rejects
 */
void syscord_reclaim_new_filter(void)
{
	mutex_lock(&active_lock);
	if (active)
		queue_work(system_long_wq, &reclaim_work);
	mutex_unlock(&active_lock);
}

/**
 * syscord_reclaim_stop - take no slots away any more
 */
void syscord_reclaim_stop(void)
{
	set_active(false);
	cancel_work_sync(&reclaim_work);
}
