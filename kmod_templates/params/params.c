// SPDX-License-Identifier: GPL-2.0
/*
 * Parameters are read by lists.c, numbers.c and sinks.c.  Every bad value is refused.  A line in
 * the kernel log says why, and what would do.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/string.h>

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

/**
 * syscord_params_each - tell the value of each parameter that is a setting
 * @tell:	called with @context, and a name and a value without its newline
 * @context:	for @tell
 *
 * May sleep.  Without memory, nothing is told.
 */
void syscord_params_each(void (*tell)(void *context, const char *name, const char *value),
			 void *context)
{
	char *buffer = (char *)__get_free_page(GFP_KERNEL);
	unsigned int i;
	int len;

	for (i = 0; buffer && i < THIS_MODULE->num_kp; i++) {
		const struct kernel_param *param = &THIS_MODULE->kp[i];

		/* stats tells what has come of it. */
		if (!param->ops->get || !strcmp(param->name, "stats"))
			continue;
		len = param->ops->get(buffer, param);
		if (len <= 0)
			continue;
		buffer[min_t(int, len, PAGE_SIZE) - 1] = '\0';
		tell(context, param->name, buffer);
	}
	free_page((unsigned long)buffer);
}
