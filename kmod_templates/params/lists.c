// SPDX-License-Identifier: GPL-2.0
/*
 * The parameters that are lists: pid=, ppid=, proc_name=, parent_proc_name=, syscalls=.  Together
 * they are the filter.
 *
 * What root gives may be of somebody else, as in proc_name=$(ps ...).  So where it stands in the
 * kernel log, control characters are escaped (%*pE): nobody can forge a line there.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "capture/names.h"
#include "hooks/filter.h"
#include "hooks/reclaim.h"
#include "hooks/unseen.h"
#include "hooks/untrace.h"
#include "params/lists.h"

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
		pr_err("%s=%*pE is no process number: give numbers from 1, with commas between them\n",
		       param, (int)strlen(item), item);
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
		pr_err("%s=%*pE is too long: a name has up to 15 characters, a pattern up to %d\n",
		       param, (int)strlen(item), item, SYSCORD_PATTERN_MAX - 1);
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
		pr_err("%s=%*pE: this kernel has no syscall of that name\n", param,
		       (int)strlen(item), item);
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

	syscord_filter_finish(new);
	old = rcu_replace_pointer(syscord_filter, new, lockdep_is_held(&filter_lock));
	if (!old)
		return;
	syscord_untrace_new_filter();
	/* On every kernel, this waits for probes that use the old filter. */
	tracepoint_synchronize_unregister();
	syscord_filter_free(old);
	syscord_unseen_new_filter();
	syscord_reclaim_new_filter();
}

/* Whether insmod's command line is being read, not sysfs. */
static bool is_loading(void)
{
	return THIS_MODULE->state != MODULE_STATE_LIVE;
}

/*
 * A list is given, but empty.  At run time, this removes the filter.  On insmod's command line it
 * is refused: most likely a command found nothing, as in pid=$(pgrep nginx).
 */
static int check_empty(const struct kernel_param *kp)
{
	if (!is_loading())
		return 0;
	pr_err("%s= is empty, which would record everything: leave it out if that is wanted\n",
	       kp->name);
	return -EINVAL;
}

/* Parse @text into one of the filter's lists.  @text is changed. */
static int parse_list(const struct kernel_param *kp, struct syscord_filter *filter, char *text)
{
	const struct list_param *param = kp->arg;
	void *list = (char *)filter + param->offset;
	int err = param->clear(list, text);
	char *item;

	if (!err && !*text)
		return check_empty(kp);
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

/**
 * syscord_lists_finish - make a filter that matches all, if insmod's command line made none
 *
 * Return: 0, or -ENOMEM.
 */
int syscord_lists_finish(void)
{
	struct syscord_filter *filter;

	mutex_lock(&filter_lock);
	filter = filter_in_force();
	if (!filter) {
		filter = copy_filter();
		if (filter)
			publish_filter(filter);
	}
	mutex_unlock(&filter_lock);
	return filter ? 0 : -ENOMEM;
}
