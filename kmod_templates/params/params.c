// SPDX-License-Identifier: GPL-2.0
/*
 * Parameters are read by lists.c, numbers.c and sinks.c.  Every bad value is refused.  A line in
 * the kernel log says why, and what would do.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/printk.h>

#include "params/lists.h"
#include "params/params.h"
#include "params/sinks.h"
#include "params/unknown.h"

/**
 * syscord_params_finish - fill in what insmod's command line left open
 *
 * Return: 0, or a negative errno with a line in the kernel log.
 */
int syscord_params_finish(void)
{
	int err = syscord_refuse_unknown_params();

	if (!err)
		err = syscord_sinks_finish();
	if (!err)
		err = syscord_lists_finish();
	if (err == -ENOMEM)
		pr_err("no memory for the parameters\n");
	return err;
}
