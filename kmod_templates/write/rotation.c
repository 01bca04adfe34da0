// SPDX-License-Identifier: GPL-2.0
/*
 * Rotation by size and by age: rotate_mb=, rotate_s=.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sizes.h>
#include <linux/timekeeping.h>

#include "params/params.h"
#include "write/rotation.h"

/**
 * syscord_rotation_begin - new files are begun
 * @rotation:	of the sink
 * @size:	bytes that are in them already
 */
void syscord_rotation_begin(struct syscord_rotation *rotation, u64 size)
{
	rotation->size = size;
	rotation->base = 0;
	rotation->limit = (u64)syscord_params.rotate_mb * SZ_1M;
	rotation->begun = ktime_get_seconds();
}

/**
 * syscord_rotation_is_due - whether to begin new files before more is written
 * @rotation:	of the sink
 * @more:	bytes that are to be written next
 *
 * Return: whether the files would get too large, or are too old; never if no record is in them.
 */
bool syscord_rotation_is_due(const struct syscord_rotation *rotation, size_t more)
{
	if (rotation->size <= rotation->base)
		return false;
	if (rotation->limit && rotation->size + more > rotation->limit)
		return true;
	return syscord_params.rotate_s &&
	       ktime_get_seconds() - rotation->begun >= syscord_params.rotate_s;
}

/**
 * syscord_rotation_failed - say why no new files are begun; it is tried again after as much more
 * @rotation:	of the sink
 * @err:	negative errno
 */
void syscord_rotation_failed(struct syscord_rotation *rotation, int err)
{
	pr_warn_ratelimited("can't rename what was recorded in %s: error %d: it goes on growing\n",
			    syscord_params.record, err);
	rotation->limit += rotation->limit ? rotation->size : 0;
	rotation->begun = ktime_get_seconds();
}
