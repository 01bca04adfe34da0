// SPDX-License-Identifier: GPL-2.0
/*
 * The parameters that say what is written, and where: sink=, mode=, record=; also on_full=,
 * untrace=.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uuid.h>

#include "compat/vfs_rename.h"
#include "config.h"
#include "params/params.h"
#include "params/shown.h"
#include "params/sinks.h"

static bool has_control_character(const char *text)
{
	while (*text && !iscntrl(*text))
		text++;
	return *text;
}

static int set_record(const char *value, const struct kernel_param *kp)
{
	char *path;

	if (value[0] != '/') {
		pr_err("record=%*pE: give the whole path, from / on\n", syscord_shown_len(value),
		       value);
		return -EINVAL;
	}
	/* The kernel log names the path again and again, each time in a line. */
	if (has_control_character(value)) {
		pr_err("record=%*pE: give a path without control characters\n",
		       syscord_shown_len(value), value);
		return -EINVAL;
	}
	path = kstrdup(value, GFP_KERNEL);
	if (!path)
		return -ENOMEM;
	kfree(syscord_params.record);
	syscord_params.record = path;
	return 0;
}

static int get_record(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%s\n", syscord_params.record ?: "");
}

static void free_record(void *arg)
{
	kfree(syscord_params.record);
	syscord_params.record = NULL;
}

static const struct kernel_param_ops record_ops = {
	.set = set_record,
	.get = get_record,
	.free = free_record,
};

/**
 * struct choice_param - a parameter that is one of some words
 * @words:	the words, closed by NULL; the first is the default
 * @chosen:	which of them is chosen
 */
struct choice_param {
	const char *const *words;
	unsigned int chosen;
};

static int set_choice(const char *value, const struct kernel_param *kp)
{
	struct choice_param *param = kp->arg;
	unsigned int i;

	for (i = 0; param->words[i]; i++) {
		if (sysfs_streq(value, param->words[i])) {
			param->chosen = i;
			return 0;
		}
	}
	pr_err("%s=%*pE: give %s or %s\n", kp->name, syscord_shown_len(value), value,
	       param->words[0], param->words[1]);
	return -EINVAL;
}

static int get_choice(char *buffer, const struct kernel_param *kp)
{
	const struct choice_param *param = kp->arg;

	return scnprintf(buffer, PAGE_SIZE, "%s\n", param->words[param->chosen]);
}

static const struct kernel_param_ops choice_ops = {
	.set = set_choice,
	.get = get_choice,
};

module_param_cb(record, &record_ops, NULL, 0400);
MODULE_PARM_DESC(record, "path of the record file, default " CONFIG_SYSCORD_RECORD_PATH
		 ", or of the trace's folder, default " CONFIG_SYSCORD_TRACE_PATH);

/* A parameter that is one of two words. */
#define CHOICE_PARAM(name, first, second, doc)						\
static const char *const name##_words[] = { first, second, NULL };			\
static struct choice_param name##_param = { name##_words };				\
module_param_cb(name, &choice_ops, &name##_param, 0400);				\
MODULE_PARM_DESC(name, doc)

CHOICE_PARAM(sink, "text", "ctf",
	     "what is written: text, lines for people (default), or ctf, a binary trace for programs");
CHOICE_PARAM(mode, "stream", "overwrite",
	     "stream: all is written (default); overwrite: the rings keep the latest, for a snapshot");

CHOICE_PARAM(on_full, "drop", "wait",
	     "drop: what a full ring can't hold is dropped, and counted (default); wait: threads wait");
CHOICE_PARAM(untrace, "1", "0",
	     "1: tasks that the filter rejects get their full speed back (default); 0: they do not");

/**
 * syscord_sinks_finish - decide what is written, and where
 *
 * Return: 0, or a negative errno, with a line in the kernel log unless it is -ENOMEM.
 */
int syscord_sinks_finish(void)
{
	bool is_folder;
	size_t len;

	syscord_params.sink = sink_param.chosen;
	syscord_params.overwrite = mode_param.chosen;
	syscord_params.wait = on_full_param.chosen;
	syscord_params.untrace = !untrace_param.chosen;
	is_folder = syscord_params.sink == SYSCORD_SINK_CTF;
	if (syscord_params.wait && syscord_params.overwrite) {
		pr_err("on_full=wait: with mode=overwrite no ring is ever full: leave out one of them\n");
		return -EINVAL;
	}
	if (!syscord_params.record)
		syscord_params.record = kstrdup(is_folder ? CONFIG_SYSCORD_TRACE_PATH
							  : CONFIG_SYSCORD_RECORD_PATH,
						GFP_KERNEL);
	if (!syscord_params.record)
		return -ENOMEM;
	len = strlen(syscord_params.record);
	if (!is_folder && syscord_params.record[len - 1] == '/') {
		pr_err("record=%s: give the whole path of a file, from / on\n",
		       syscord_params.record);
		return -EINVAL;
	}
	/* With a slash at the end, a symbolic link would be followed, not refused. */
	while (len > 1 && syscord_params.record[len - 1] == '/')
		syscord_params.record[--len] = '\0';
	uuid_gen(&syscord_params.uuid);
	if (COMPAT_CAN_RENAME || !(syscord_params.rotate_mb || syscord_params.rotate_s))
		return 0;
	pr_err("rotate_mb=, rotate_s=: it is not known how this kernel renames: leave them out\n");
	return -EOPNOTSUPP;
}
