// SPDX-License-Identifier: GPL-2.0
/*
 * Comparing a task with the filter.  Every list is bounded, and the cheap comparisons come first.
 */
#include <linux/compiler.h>
#include <linux/glob.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "hooks/filter.h"

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

/**
 * syscord_filter_has_name - whether a list has a process's name
 * @list:	one of the filter's
 * @comm:	the name, all bytes of it
 *
 * Return: whether one of the list's items, if there are any, is the name or its pattern.
 */
bool syscord_filter_has_name(const struct syscord_name_list *list, const char comm[TASK_COMM_LEN])
{
	u64 name[2];
	unsigned int i;

	/*
	 * Another thread may change it meanwhile, so it is read once.  data_race(): where half of
	 * the old name and half of the new one match, or do not, a task is compared anew once the
	 * new one is set (syscord_untrace_renaming()).
	 */
	data_race(memcpy(name, comm, sizeof(name)));
	for (i = 0; i < list->count; i++)
		if (matches(&list->patterns[i], name))
			return true;
	return false;
}

/* A process has the name of its first thread.  Its other threads may have other names. */
static bool has_name(const struct syscord_name_list *list, const struct task_struct *leader)
{
	return syscord_filter_has_name(list, leader->comm);
}

static bool parent_matches(const struct syscord_filter *filter, const struct task_struct *task)
{
	const struct task_struct *parent;
	bool matches;

	/* The parent may end at any time. */
	rcu_read_lock();
	parent = rcu_dereference(task->real_parent);
	matches = !filter->ppid.count || has_pid(&filter->ppid, parent->tgid);
	if (matches && filter->parent_proc_name.count)
		matches = has_name(&filter->parent_proc_name, parent->group_leader);
	rcu_read_unlock();
	return matches;
}

/**
 * syscord_filter_finish - set what makes comparing with a filter short
 * @filter:	a filter whose lists are complete
 */
void syscord_filter_finish(struct syscord_filter *filter)
{
	bool by_others = filter->ppid.count || filter->proc_name.count ||
		      filter->parent_proc_name.count || filter->syscalls.count;

	filter->all = !filter->pid.count && !by_others;
	filter->only = filter->pid.count == 1 && !by_others ? filter->pid.pids[0] : 0;
}

/**
 * syscord_filter_matches_lists - whether a task matches all of a filter's lists
 * @filter:	from syscord_filter_current()
 * @task:	the current task
 *
 * Return: whether it does.
 */
noinline bool syscord_filter_matches_lists(const struct syscord_filter *filter,
					   const struct task_struct *task)
{
	if (filter->pid.count && !has_pid(&filter->pid, task->tgid))
		return false;
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
