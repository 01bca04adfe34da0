// SPDX-License-Identifier: GPL-2.0
/*
 * Reading parameters: every bad value is refused, with a line in the kernel log that says why and
 * what would do.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/log2.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "compat/vfs_rename.h"
#include "config.h"
#include "hooks/filter.h"
#include "hooks/untrace.h"
#include "params/params.h"
#include "ring/stats.h"
#include "write/writer.h"

struct syscord_params syscord_params __read_mostly = {
	.content = CONFIG_SYSCORD_CONTENT,
	.ring_kb = CONFIG_SYSCORD_RING_KB,
	.flush_ms = CONFIG_SYSCORD_FLUSH_MS,
	.threads = CONFIG_SYSCORD_THREADS,
	.keep = CONFIG_SYSCORD_KEEP,
};

static DEFINE_MUTEX(filter_lock);	/* one change of the filter at a time */

/**
 * struct list_param - a parameter that is a list, one of the filter's
 * @offset:	of the list in the filter
 * @parse:	adds one item to the list
 * @print:	writes the list for sysfs
 * @clear:	empties the list; @text is what will be in it
 */
struct list_param {
	size_t offset;
	int (*parse)(const char *param, char *item, void *list);
	int (*print)(char *buffer, const void *list);
	int (*clear)(void *list, const char *text);
};

static int parse_pid(const char *param, char *item, void *data)
{
	struct syscord_pid_list *list = data;
	int pid;

	if (kstrtoint(item, 10, &pid) || pid < 1) {
		pr_err("%s=%s is no process number: give numbers from 1, with commas between them\n",
		       param, item);
		return -EINVAL;
	}
	if (list->count == SYSCORD_LIST_MAX) {
		pr_err("%s: more than %d processes: record by name or parent\n", param,
		       SYSCORD_LIST_MAX);
		return -E2BIG;
	}
	list->pids[list->count++] = pid;
	return 0;
}

static int print_pids(char *buffer, const void *data)
{
	const struct syscord_pid_list *list = data;
	unsigned int i;
	int len = 0;

	for (i = 0; i < list->count; i++)
		len += scnprintf(buffer + len, PAGE_SIZE - len, "%s%d", i ? "," : "",
				 list->pids[i]);
	return len + scnprintf(buffer + len, PAGE_SIZE - len, "\n");
}

static int clear_pids(void *list, const char *text)
{
	memset(list, 0, sizeof(struct syscord_pid_list));
	return 0;
}

static int parse_name(const char *param, char *item, void *data)
{
	struct syscord_name_list *list = data;
	struct syscord_pattern *pattern;
	size_t plain = strcspn(item, "*?[\\");

	if (list->count == SYSCORD_LIST_MAX) {
		pr_err("%s: more than %d names: use a pattern\n", param, SYSCORD_LIST_MAX);
		return -E2BIG;
	}
	pattern = &list->patterns[list->count];
	if (strlen(item) >= sizeof(pattern->text)) {
		pr_err("%s=%s is too long: a name has up to 15 characters, a pattern up to %d\n",
		       param, item, SYSCORD_PATTERN_MAX - 1);
		return -EINVAL;
	}
	pattern->plain = plain >= TASK_COMM_LEN - 1 || !item[plain];
	strscpy(pattern->text, item, pattern->plain ? TASK_COMM_LEN : sizeof(pattern->text));
	if (pattern->plain) {
		memcpy(pattern->name, pattern->text, strlen(pattern->text));
		memset(pattern->mask, 0xff, strlen(pattern->text) + 1);
	}
	list->count++;
	return 0;
}

static int print_names(char *buffer, const void *data)
{
	const struct syscord_name_list *list = data;
	unsigned int i;
	int len = 0;

	for (i = 0; i < list->count; i++)
		len += scnprintf(buffer + len, PAGE_SIZE - len, "%s%s", i ? "," : "",
				 list->patterns[i].text);
	return len + scnprintf(buffer + len, PAGE_SIZE - len, "\n");
}

static int clear_names(void *list, const char *text)
{
	memset(list, 0, sizeof(struct syscord_name_list));
	return 0;
}

static int parse_syscall(const char *param, char *item, void *data)
{
	struct syscord_syscall_list *list = data;

	if (!syscord_set_add(&list->set, item)) {
		pr_err("%s=%s: this kernel has no syscall of that name\n", param, item);
		return -EINVAL;
	}
	list->count++;
	return 0;
}

static int print_syscalls(char *buffer, const void *data)
{
	const struct syscord_syscall_list *list = data;

	return scnprintf(buffer, PAGE_SIZE, "%s\n", list->text ?: "");
}

static int clear_syscalls(void *data, const char *text)
{
	struct syscord_syscall_list *list = data;

	kfree(list->text);
	memset(list, 0, sizeof(*list));
	list->text = kstrdup(text, GFP_KERNEL);
	return list->text ? 0 : -ENOMEM;
}

static struct syscord_filter *filter_in_force(void)
{
	return rcu_dereference_protected(syscord_filter, lockdep_is_held(&filter_lock));
}

/* A copy of the filter in force, to be changed and then published. */
static struct syscord_filter *copy_filter(void)
{
	const struct syscord_filter *old = filter_in_force();
	struct syscord_filter *new = kzalloc(sizeof(*new), GFP_KERNEL);

	if (!new || !old)
		return new;
	*new = *old;
	if (!old->syscalls.text)
		return new;
	new->syscalls.text = kstrdup(old->syscalls.text, GFP_KERNEL);
	if (new->syscalls.text)
		return new;
	kfree(new);
	return NULL;
}

static void publish_filter(struct syscord_filter *new)
{
	struct syscord_filter *old;

	syscord_filter_ready(new);
	old = rcu_replace_pointer(syscord_filter, new, lockdep_is_held(&filter_lock));
	if (!old)
		return;
	syscord_untrace_new_filter();
	/* Probes that look at the old one are waited for, as on every kernel they can be. */
	tracepoint_synchronize_unregister();
	syscord_filter_free(old);
}

/* Put in the filter's list what @text says.  Changes @text. */
static int parse_list(const struct kernel_param *kp, struct syscord_filter *filter, char *text)
{
	const struct list_param *param = kp->arg;
	void *list = (char *)filter + param->offset;
	int err = param->clear(list, text);
	char *item;

	if (!*text)
		return err;
	while (!err && (item = strsep(&text, ",")) != NULL) {
		item = strim(item);
		if (*item) {
			err = param->parse(kp->name, item, list);
		} else {
			pr_err("%s: an item of the list is empty: take out the comma\n", kp->name);
			err = -EINVAL;
		}
	}
	return err;
}

/* Set one of the filter's lists, from insmod's command line or from sysfs. */
static int set_list(const char *value, const struct kernel_param *kp)
{
	struct syscord_filter *filter;
	char *text;
	int err;

	text = kstrdup(value, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	mutex_lock(&filter_lock);
	filter = copy_filter();
	err = filter ? parse_list(kp, filter, strim(text)) : -ENOMEM;
	if (err)
		syscord_filter_free(filter);
	else
		publish_filter(filter);
	mutex_unlock(&filter_lock);
	kfree(text);
	return err;
}

static int get_list(char *buffer, const struct kernel_param *kp)
{
	const struct list_param *param = kp->arg;
	const struct syscord_filter *filter;
	int len;

	mutex_lock(&filter_lock);
	filter = filter_in_force();
	len = filter ? param->print(buffer, (const char *)filter + param->offset)
		     : scnprintf(buffer, PAGE_SIZE, "\n");
	mutex_unlock(&filter_lock);
	return len;
}

/* Called for every list when the module goes, or was refused: no probe can run any more. */
static void free_lists(void *arg)
{
	mutex_lock(&filter_lock);
	syscord_filter_free(filter_in_force());
	RCU_INIT_POINTER(syscord_filter, NULL);
	mutex_unlock(&filter_lock);
}

static const struct kernel_param_ops list_ops = {
	.set = set_list,
	.get = get_list,
	.free = free_lists,
};

/**
 * struct number_param - a parameter that is a number with bounds
 * @value:		where it is kept
 * @least:		smallest that is allowed
 * @most:		largest that is allowed
 * @power_of_two:	whether it must be one
 * @unit:		what it counts
 */
struct number_param {
	unsigned int *value;
	unsigned int least;
	unsigned int most;
	bool power_of_two;
	const char *unit;
};

static int set_number(const char *value, const struct kernel_param *kp)
{
	const struct number_param *param = kp->arg;
	unsigned int number;

	if (kstrtouint(value, 10, &number) || number < param->least || number > param->most) {
		pr_err("%s=%s: give a whole number of %s from %u to %u\n", kp->name, value,
		       param->unit, param->least, param->most);
		return -EINVAL;
	}
	if (param->power_of_two && !is_power_of_2(number)) {
		pr_err("%s=%s: give a power of two, such as %lu\n", kp->name, value,
		       roundup_pow_of_two(number));
		return -EINVAL;
	}
	*param->value = number;
	return 0;
}

static int get_number(char *buffer, const struct kernel_param *kp)
{
	const struct number_param *param = kp->arg;

	return scnprintf(buffer, PAGE_SIZE, "%u\n", *param->value);
}

static const struct kernel_param_ops number_ops = {
	.set = set_number,
	.get = get_number,
};

static int set_record(const char *value, const struct kernel_param *kp)
{
	char *path;

	if (value[0] != '/') {
		pr_err("record=%s: give the whole path, from / on\n", value);
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
	pr_err("%s=%s: give %s or %s\n", kp->name, value, param->words[0], param->words[1]);
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

static int set_snapshot(const char *value, const struct kernel_param *kp)
{
	if (!sysfs_streq(value, "1")) {
		pr_err("%s=%s: write 1 to have written what the rings hold\n", kp->name, value);
		return -EINVAL;
	}
	if (!syscord_params.overwrite) {
		pr_err("%s: there is nothing to ask for without mode=overwrite\n", kp->name);
		return -EINVAL;
	}
	return syscord_writer_snapshot();
}

static const struct kernel_param_ops snapshot_ops = {
	.set = set_snapshot,
};

static int get_stats(char *buffer, const struct kernel_param *kp)
{
	return syscord_stats_print(buffer, PAGE_SIZE);
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

/* The parameter that is the filter's list of the same name. */
#define LIST_PARAM(name, kind, doc)							\
static struct list_param name##_param = {						\
	offsetof(struct syscord_filter, name), parse_##kind, print_##kind##s, clear_##kind##s,	\
};											\
module_param_cb(name, &list_ops, &name##_param, 0600);					\
MODULE_PARM_DESC(name, doc)

LIST_PARAM(pid, pid, "record only these processes, with all their threads (12,34)");
LIST_PARAM(ppid, pid, "record only children of these processes (12,34)");
LIST_PARAM(proc_name, name,
	   "record only processes of these names or shell patterns (nginx,redis*)");
LIST_PARAM(parent_proc_name, name, "record only children of processes of these names or patterns");
LIST_PARAM(syscalls, syscall, "record only these syscalls (openat,read); default all");

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

CHOICE_PARAM(untrace, "1", "0",
	     "1: tasks that the filter rejects get their full speed back (default); 0: they do not");

module_param_cb(snapshot, &snapshot_ops, NULL, 0200);
MODULE_PARM_DESC(snapshot, "write 1 to have written what the rings hold, with mode=overwrite");

/* A parameter that is a number with bounds; its default is an option of the build. */
#define NUMBER_PARAM(name, least, most, power_of_two, unit, option, doc)		\
static struct number_param name##_param = {						\
	&syscord_params.name, least, most, power_of_two, unit,				\
};											\
module_param_cb(name, &number_ops, &name##_param, 0400);				\
MODULE_PARM_DESC(name, doc "; default " __stringify(option))

NUMBER_PARAM(content, 0, 65536, false, "bytes", CONFIG_SYSCORD_CONTENT,
	     "bytes of content kept of one field, 0 to 65536");
NUMBER_PARAM(ring_kb, 64, 1 << 20, true, "KiB", CONFIG_SYSCORD_RING_KB,
	     "KiB of memory for each CPU's ring, a power of two");
NUMBER_PARAM(flush_ms, 10, 60000, false, "milliseconds", CONFIG_SYSCORD_FLUSH_MS,
	     "ms within which a record is in the file");
NUMBER_PARAM(threads, 16, 1 << 20, false, "threads", CONFIG_SYSCORD_THREADS,
	     "how many threads can be recorded at a time");

NUMBER_PARAM(rotate_mb, 0, 1 << 20, false, "MiB", 0,
	     "MiB that a file, or a trace's files, may have before new ones are begun; 0: any");
NUMBER_PARAM(rotate_s, 0, 1 << 30, false, "seconds", 0,
	     "seconds that they may be old before new ones are begun; 0: any");
NUMBER_PARAM(keep, 2, 1000, false, "files", CONFIG_SYSCORD_KEEP,
	     "how many files are kept then, the one that is written included");

module_param_cb(stats, &stats_ops, NULL, 0400);
MODULE_PARM_DESC(stats, "what was seen, recorded, filtered and dropped, by cause");

/* What is written, and where. */
static int ready_sink(void)
{
	bool is_folder;
	size_t len;

	syscord_params.sink = sink_param.chosen;
	syscord_params.overwrite = mode_param.chosen;
	syscord_params.untrace = !untrace_param.chosen;
	is_folder = syscord_params.sink == SYSCORD_SINK_CTF;
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
	/* A slash at the end would lead through a link. */
	while (len > 1 && syscord_params.record[len - 1] == '/')
		syscord_params.record[--len] = '\0';
	uuid_gen(&syscord_params.uuid);
	if (COMPAT_CAN_RENAME || !(syscord_params.rotate_mb || syscord_params.rotate_s))
		return 0;
	pr_err("rotate_mb=, rotate_s=: it is not known how this kernel renames: leave them out\n");
	return -EOPNOTSUPP;
}

/**
 * syscord_params_ready - fill in what insmod's command line left open
 *
 * Return: 0, or a negative errno with a line in the kernel log.
 */
int syscord_params_ready(void)
{
	struct syscord_filter *all;
	int err = ready_sink();

	if (err == -ENOMEM)
		goto no_memory;
	if (err)
		return err;
	mutex_lock(&filter_lock);
	all = filter_in_force();
	if (!all) {
		all = copy_filter();
		if (all)
			publish_filter(all);
	}
	mutex_unlock(&filter_lock);
	if (all)
		return 0;
no_memory:
	pr_err("no memory for the parameters\n");
	return -ENOMEM;
}
