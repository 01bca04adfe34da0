// SPDX-License-Identifier: GPL-2.0
/*
 * The parameter stats, which is only read: what became of all syscalls.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/types.h>

#include "ring/counters.h"
#include "ring/packet.h"
#include "write/stats.h"

static u64 unwritten;	/* records that the files could not take in the end */

/**
 * syscord_stats_set_unwritten - tell how many records no file has taken, once nothing is written
 * @records:	their number
 */
void syscord_stats_set_unwritten(u64 records)
{
	WRITE_ONCE(unwritten, records);
}

/**
 * syscord_stats_sum - what became of all syscalls
 * @sum:	filled in; exact once nothing is recorded any more, else of about now
 *
 * What the files could not take was recorded first.  It counts as dropped.
 */
void syscord_stats_sum(struct syscord_counters *sum)
{
	u64 lost = READ_ONCE(unwritten);

	syscord_counters_sum(sum);
	sum->recorded -= lost;
	sum->dropped[SYSCORD_DROP_SINK] += lost;
}

static int get_stats(char *buffer, const struct kernel_param *kp)
{
	struct syscord_counters sum;
	unsigned int cause;
	int len;

	syscord_stats_sum(&sum);
	len = scnprintf(buffer, PAGE_SIZE,
			"seen=%llu\nrecorded=%llu\nfiltered=%llu\noverwritten=%llu\n",
			sum.seen, sum.recorded, sum.filtered, sum.overwritten);
	for (cause = 0; cause < SYSCORD_DROPS; cause++)
		len += scnprintf(buffer + len, PAGE_SIZE - len, "dropped_%s=%llu\n",
				 syscord_drop_names[cause], sum.dropped[cause]);
	len += scnprintf(buffer + len, PAGE_SIZE - len,
			 "waits=%llu\nwaited_ns=%llu\nwait_timeouts=%llu\nwaits_refused=%llu\n",
			 sum.waits.begun, sum.waits.ns, sum.waits.timeouts, sum.waits.refused);
	return len;
}

/* Called for insmod's command line; in sysfs nobody may write it. */
static int refuse_stats(const char *value, const struct kernel_param *kp)
{
	pr_err("%s is only to be read: leave it out\n", kp->name);
	return -EPERM;
}

static const struct kernel_param_ops stats_ops = {
	.set = refuse_stats,
	.get = get_stats,
};

module_param_cb(stats, &stats_ops, NULL, 0400);
MODULE_PARM_DESC(stats, "what was seen, recorded, filtered and dropped, by cause");
