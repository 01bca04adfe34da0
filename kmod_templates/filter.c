// SPDX-License-Identifier: GPL-2.0
/*
 * Comparing a task with the filter.  Every list is bounded, and the cheap comparisons come first.
 */
#include <linux/glob.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "filter.h"

struct syscord_filter __rcu *syscord_filter __read_mostly;

static bool has_pid(const struct syscord_pid_list *list, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < list->count; i++)
		if (list->pids[i] == pid)
			return true;
	return false;
}

static bool matches(const struct syscord_pattern *pattern, const u64 name[2])
{
	char text[TASK_COMM_LEN];

	if (likely(pattern->plain))
		return !((name[0] ^ pattern->name[0]) & pattern->mask[0]) &&
		       !((name[1] ^ pattern->name[1]) & pattern->mask[1]);
	memcpy(text, name, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	return glob_match(pattern->text, text);
}

/* A process is called what its first thread is called; threads may call themselves otherwise. */
static bool has_name(const struct syscord_name_list *list, const struct task_struct *leader)
{
	u64 name[2];
	unsigned int i;

	/* It may be changed meanwhile, so it is looked at once. */
	memcpy(name, leader->comm, sizeof(name));
	for (i = 0; i < list->count; i++)
		if (matches(&list->patterns[i], name))
			return true;
	return false;
}

static bool parent_matches(const struct syscord_filter *filter, const struct task_struct *task)
{
	const struct task_struct *parent = rcu_dereference_sched(task->real_parent);

	if (filter->ppid.count && !has_pid(&filter->ppid, parent->tgid))
		return false;
	return !filter->parent_proc_name.count ||
	       has_name(&filter->parent_proc_name, parent->group_leader);
}

/**
 * syscord_filter_matches_names - whether a task matches all but the filter's processes
 * @filter:	from syscord_filter_current()
 * @task:	the current task
 *
 * Return: whether its name, its parent and its parent's name match.
 */
bool syscord_filter_matches_names(const struct syscord_filter *filter,
				  const struct task_struct *task)
{
	if (filter->proc_name.count && !has_name(&filter->proc_name, task->group_leader))
		return false;
	if (filter->ppid.count || filter->parent_proc_name.count)
		return parent_matches(filter, task);
	return true;
}

/**
 * syscord_filter_free - free a filter that no probe can see
 * @filter:	the filter, or NULL
 */
void syscord_filter_free(struct syscord_filter *filter)
{
	if (filter)
		kfree(filter->syscalls.text);
	kfree(filter);
}
