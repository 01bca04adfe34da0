// SPDX-License-Identifier: GPL-2.0
/*
 * The parameters that are numbers with bounds, and the struct that holds all parameters.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/stringify.h>

#include "config.h"
#include "params/params.h"
#include "params/shown.h"

#define WAIT_MS		1000

struct syscord_params syscord_params __read_mostly = {
	.content = CONFIG_SYSCORD_CONTENT,
	.ring_kb = CONFIG_SYSCORD_RING_KB,
	.flush_ms = CONFIG_SYSCORD_FLUSH_MS,
	.wait_ms = WAIT_MS,
	.threads = CONFIG_SYSCORD_THREADS,
	.pending_kb = CONFIG_SYSCORD_PENDING_KB,
	.keep = CONFIG_SYSCORD_KEEP,
	.max_mb = SYSCORD_AUTO,
	.min_free_mb = SYSCORD_AUTO,
};

/**
 * struct number_param - a parameter that is a number with bounds
 * @value:		where it is kept
 * @min:		smallest that is allowed
 * @max:		largest that is allowed
 * @power_of_two:	whether it must be one
 * @unit:		what it counts
 * @or_auto:		whether it may also be the word auto, which is SYSCORD_AUTO
 */
struct number_param {
	unsigned int *value;
	unsigned int min;
	unsigned int max;
	bool power_of_two;
	const char *unit;
	bool or_auto;
};

static int set_number(const char *value, const struct kernel_param *kp)
{
	const struct number_param *param = kp->arg;
	unsigned int number;

	if (param->or_auto && sysfs_streq(value, "auto")) {
		WRITE_ONCE(*param->value, SYSCORD_AUTO);
		return 0;
	}
	if (kstrtouint(value, 10, &number) || number < param->min || number > param->max) {
		pr_err("%s=%*pE: give a whole number of %s from %u to %u%s\n", kp->name,
		       syscord_shown_len(value), value, param->unit, param->min, param->max,
		       param->or_auto ? ", or auto" : "");
		return -EINVAL;
	}
	if (param->power_of_two && !is_power_of_2(number)) {
		pr_err("%s=%*pE: give a power of two, such as %lu\n", kp->name,
		       syscord_shown_len(value), value, roundup_pow_of_two(number));
		return -EINVAL;
	}
	WRITE_ONCE(*param->value, number);
	return 0;
}

static int get_number(char *buffer, const struct kernel_param *kp)
{
	const struct number_param *param = kp->arg;

	if (param->or_auto && *param->value == SYSCORD_AUTO)
		return scnprintf(buffer, PAGE_SIZE, "auto\n");
	return scnprintf(buffer, PAGE_SIZE, "%u\n", *param->value);
}

static const struct kernel_param_ops number_ops = {
	.set = set_number,
	.get = get_number,
};

/* A parameter that is a number with bounds; its default is an option of the build. */
#define NUMBER_PARAM(name, min, max, power_of_two, unit, option, doc)			\
static struct number_param name##_param = {						\
	&syscord_params.name, min, max, power_of_two, unit,				\
};											\
module_param_cb(name, &number_ops, &name##_param, 0400);				\
MODULE_PARM_DESC(name, doc "; default " __stringify(option))

NUMBER_PARAM(content, 0, 65536, false, "bytes", CONFIG_SYSCORD_CONTENT,
	     "bytes of content kept of one field, 0 to 65536");
NUMBER_PARAM(ring_kb, 64, 1 << 20, true, "KiB", CONFIG_SYSCORD_RING_KB,
	     "KiB of memory for each CPU's ring, a power of two");
NUMBER_PARAM(flush_ms, 10, 60000, false, "milliseconds", CONFIG_SYSCORD_FLUSH_MS,
	     "ms within which a record is in the file");
NUMBER_PARAM(wait_ms, 1, 60000, false, "milliseconds", WAIT_MS,
	     "with on_full=wait, ms that a thread waits at most, at a time");
NUMBER_PARAM(threads, 0, 1 << 22, false, "threads", CONFIG_SYSCORD_THREADS,
	     "how many threads are remembered between their calls at most; 0: any number");
NUMBER_PARAM(pending_kb, 0, 1 << 22, false, "KiB", CONFIG_SYSCORD_PENDING_KB,
	     "KiB of memory for what calls under way were given; 0: by the machine's memory");

NUMBER_PARAM(rotate_mb, 0, 1 << 20, false, "MiB", 0,
	     "MiB that a file, or the records of a trace, may have before new ones are begun; 0: any");
NUMBER_PARAM(rotate_s, 0, 1 << 30, false, "seconds", 0,
	     "seconds that they may be old before new ones are begun; 0: any");
NUMBER_PARAM(keep, 2, 1000, false, "files", CONFIG_SYSCORD_KEEP,
	     "how many files are kept then, the one that is written included");

/* A limit for the disk, which may be changed at any time. */
#define LIMIT_PARAM(name, doc)								\
static struct number_param name##_param = {						\
	&syscord_params.name, 0, 1 << 30, false, "MiB", true,				\
};											\
module_param_cb(name, &number_ops, &name##_param, 0600);				\
MODULE_PARM_DESC(name, doc "; default auto")

LIMIT_PARAM(max_mb, "MiB that all files may have together; 0: any; auto: a part of the disk");
LIMIT_PARAM(min_free_mb, "MiB of the file system that stay free; auto: a part of the disk");
