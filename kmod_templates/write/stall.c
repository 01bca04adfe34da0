// SPDX-License-Identifier: GPL-2.0
/*
 * The sink's files take nothing for a while.  The kernel log says so, at most once a minute.
 * ring/counters.c is told, since it counts drops by cause.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/types.h>

#include "params/params.h"
#include "ring/counters.h"
#include "write/stall.h"

/* On a disk that is nearly full, writes may fail and succeed in turn: do not report each. */
#define REPEAT_AFTER	(60 * HZ)

static struct {
	bool stalled;
	bool said;			/* and not yet that records are taken again */
	unsigned long last_said;	/* in jiffies; 0: never */
} stall;

static void set_stalled(bool stalled)
{
	stall.stalled = stalled;
	syscord_set_sink_stalled(stalled);
}

/**
 * syscord_sink_stalled - the files take nothing
 * @err:	negative errno
 */
void syscord_sink_stalled(ssize_t err)
{
	if (stall.stalled)
		return;
	set_stalled(true);
	if (stall.last_said && time_before(jiffies, stall.last_said + REPEAT_AFTER))
		return;
	stall.last_said = jiffies ?: 1;
	stall.said = true;
	pr_warn("can't write to %s: error %zd: what the rings can't hold is dropped, and counted\n",
		syscord_params.record, err);
}

/**
 * syscord_sink_flows - the files took something
 */
void syscord_sink_flows(void)
{
	if (stall.stalled)
		set_stalled(false);
	if (stall.said)
		pr_info("%s takes records again\n", syscord_params.record);
	stall.said = false;
}
