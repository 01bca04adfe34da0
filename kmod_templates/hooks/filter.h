/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whose syscalls are recorded, and which.
 *
 * A filter never changes once a probe can see it.  A new setting makes a new filter, which is
 * swapped in under RCU.
 */
#ifndef SYSCORD_FILTER_H
#define SYSCORD_FILTER_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include "capture/names.h"

/* Processes or names in one list at most: this bounds what a probe compares. */
#define SYSCORD_LIST_MAX	32
#define SYSCORD_PATTERN_MAX	64

struct syscord_pid_list {
	unsigned int count;
	pid_t pids[SYSCORD_LIST_MAX];
};

/**
 * struct syscord_pattern - a process name, or a shell pattern of names
 * @text:	as given; of a plain name only the first 15 characters, as the kernel keeps no more
 * @plain:	@text is a name, not a pattern
 * @name:	the bytes of a plain name
 * @mask:	which bytes of a plain name are compared: all up to its NUL
 */
struct syscord_pattern {
	char text[SYSCORD_PATTERN_MAX];
	bool plain;
	u64 name[2];
	u64 mask[2];
};

static_assert(sizeof_field(struct syscord_pattern, name) == TASK_COMM_LEN);

struct syscord_name_list {
	unsigned int count;
	struct syscord_pattern patterns[SYSCORD_LIST_MAX];
};

struct syscord_syscall_list {
	unsigned int count;
	struct syscord_set set;
	char *text;	/* as given */
};

/**
 * struct syscord_filter - what is recorded; an empty list matches all
 * @only:		the process, if @pid has just one and all other lists are empty; else 0.
 *			syscord_filter_finish() sets @only and @all
 * @all:		all lists are empty: everything is recorded
 * @pid:		processes
 * @ppid:		their parents
 * @proc_name:		their names
 * @parent_proc_name:	their parents' names
 * @syscalls:		which syscalls
 */
struct syscord_filter {
	pid_t only;
	bool all;
	struct syscord_pid_list pid;
	struct syscord_pid_list ppid;
	struct syscord_name_list proc_name;
	struct syscord_name_list parent_proc_name;
	struct syscord_syscall_list syscalls;
};

extern struct syscord_filter __rcu *syscord_filter;

void syscord_filter_finish(struct syscord_filter *filter);
bool syscord_filter_matches_lists(const struct syscord_filter *filter,
				  const struct task_struct *task);
bool syscord_filter_has_name(const struct syscord_name_list *list, const char comm[TASK_COMM_LEN]);
void syscord_filter_free(struct syscord_filter *filter);

/* For probes: the filter in force.  Who replaces it waits for all probes before it is freed. */
static inline const struct syscord_filter *syscord_filter_current(void)
{
	return rcu_dereference_raw(syscord_filter);
}

/**
 * syscord_filter_matches - whether a task's syscalls are to be recorded
 * @filter:	from syscord_filter_current()
 * @task:	the current task
 *
 * Return: whether it matches all of the filter's lists.
 */
static inline bool syscord_filter_matches(const struct syscord_filter *filter,
					  const struct task_struct *task)
{
	return filter->only ? filter->only == task->tgid :
			      syscord_filter_matches_lists(filter, task);
}

static inline bool syscord_filter_has_syscall(const struct syscord_filter *filter, long nr,
					      bool compat)
{
	return !filter->syscalls.count || syscord_set_has(&filter->syscalls.set, nr, compat);
}

#endif
