// SPDX-License-Identifier: GPL-2.0
/*
 * The sink's files take nothing for a while.  The kernel log says so, at most once a minute.
 * ring/counters.c is told, since it counts drops by cause.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include "params/params.h"
#include "ring/counters.h"
#include "write/stall.h"

/* On a disk that is nearly full, writes may fail and succeed in turn: do not report each. */
#define REPEAT_AFTER	(60 * HZ)

static struct {
	bool stalled;
	unsigned int said;		/* bits: reasons, since records were taken last */
	unsigned long last_said[SYSCORD_STALLS];	/* in jiffies; 0: never */
} stall;

static void set_stalled(bool stalled)
{
	stall.stalled = stalled;
	syscord_set_sink_stalled(stalled);
}

/* From now on the files take nothing.  True if the kernel log is to say so. */
static bool begin(enum syscord_stall reason)
{
	unsigned long *last_said = &stall.last_said[reason];

	set_stalled(true);
	if (stall.said & BIT(reason))
		return false;
	if (*last_said && time_before(jiffies, *last_said + REPEAT_AFTER))
		return false;
	*last_said = jiffies ?: 1;
	stall.said |= BIT(reason);
	return true;
}

static const char *explain(ssize_t err)
{
	switch (err) {
	case -ENOSPC:
		return "no space is left";
	case -EDQUOT:
		return "root's quota is used up";
	case -EROFS:
		return "the file system is read-only";
	default:
		return "see errno(3)";
	}
}

/**
 * syscord_sink_stalled - the files take nothing
 * @err:	negative errno
 */
void syscord_sink_stalled(ssize_t err)
{
	if (begin(SYSCORD_STALL_ERROR))
		pr_warn("can't write to %s: error %zd: %s: what the rings can't hold is dropped, and counted\n",
			syscord_params.record, err, explain(err));
}

/**
 * syscord_sink_limited - nothing is written to the files, since a limit is met
 * @reason:	which
 * @limit:	bytes that all files may have, or that are to stay free
 */
void syscord_sink_limited(enum syscord_stall reason, u64 limit)
{
	if (!begin(reason))
		return;
	if (reason == SYSCORD_STALL_MAX)
		pr_warn("can't write to %s: its files would have more than the %llu KiB that max_mb= allows: what the rings can't hold is dropped, and counted: raise max_mb=, or empty or remove files\n",
			syscord_params.record, limit / SZ_1K);
	else
		pr_warn("can't write to %s: less than the %llu KiB would stay free that min_free_mb= keeps: what the rings can't hold is dropped, and counted: make room, or lower min_free_mb=\n",
			syscord_params.record, limit / SZ_1K);
}

/**
 * syscord_sink_flows - the files took all that there was
 */
void syscord_sink_flows(void)
{
	if (stall.stalled)
		set_stalled(false);
	if (stall.said)
		pr_info("%s takes records again\n", syscord_params.record);
	stall.said = 0;
}
