// SPDX-License-Identifier: GPL-2.0
/*
 * What makes a task different from any other, and with whom it shares what: when its process began,
 * its tables, namespaces and cgroup, its numbers in pid namespaces, and how it ended.
 */
#include <linux/cgroup.h>
#include <linux/ipc_namespace.h>
#include <linux/minmax.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/siphash.h>
#include <linux/string.h>
#include <linux/time_namespace.h>
#include <linux/types.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>

#include "ring/event.h"
#include "tasks/life.h"

/* Addresses of the kernel are nobody's business: a keyed hash stands for each. */
static siphash_key_t key __read_mostly;

/**
 * syscord_life_create - choose the key of tables' numbers
 */
void syscord_life_create(void)
{
	get_random_bytes(&key, sizeof(key));
}

/* The number of a table, 0 if there is none. */
static u64 number_of(const void *table)
{
	return table ? siphash_1u64((unsigned long)table, &key) ?: 1 : 0;
}

/* A fork runs in the parent: only then the current tables are the parent's. */
static void fill_tables(struct syscord_process *process, const struct task_struct *task,
			bool is_fork)
{
	process->files = number_of(READ_ONCE(task->files));
	process->fs = number_of(READ_ONCE(task->fs));
	process->files_from = is_fork ? number_of(current->files) : 0;
	process->fs_from = is_fork ? number_of(current->fs) : 0;
}

/**
 * syscord_life_fill_namespaces - fill in the namespaces of a task
 * @process:	its description
 * @task:	the current task; one that does not run yet; or one that is locked, as it may leave
 *		them at any time
 */
void syscord_life_fill_namespaces(struct syscord_process *process, const struct task_struct *task)
{
	const struct nsproxy *proxy = task->nsproxy;

	if (!proxy)
		return;	/* it ends */
#ifdef CONFIG_CGROUPS
	process->cgroup_ns = proxy->cgroup_ns->ns.inum;
#endif
#ifdef CONFIG_IPC_NS
	process->ipc_ns = proxy->ipc_ns->ns.inum;
#endif
	process->net_ns = proxy->net_ns->ns.inum;
#ifdef CONFIG_TIME_NS
	process->time_ns = proxy->time_ns->ns.inum;
#endif
	process->uts_ns = proxy->uts_ns->ns.inum;
}

#ifdef CONFIG_CGROUPS
static u64 cgroup_of(struct task_struct *task)
{
	return cgroup_id(task_dfl_cgroup(task));
}
#else
static u64 cgroup_of(struct task_struct *task)
{
	return 0;
}
#endif

/* What wait(2) says of a process whose last thread has ended. */
static int process_status(const struct task_struct *task)
{
	const struct signal_struct *signal = task->signal;

	return signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code :
						   task->group_leader->exit_code;
}

/* The current task ends. */
static void fill_end(struct syscord_process *process, const struct task_struct *task)
{
	process->ended = !atomic_read(&task->signal->live);
	process->status = task->exit_code;
	if (process->ended)
		process->process_status = process_status(task);
}

/**
 * syscord_life_fill - fill in what a description says of a task's life
 * @process:	the description
 * @task:	the current task; its child that does not run yet; or another one, of which less is
 *		said
 * @reason:	why it is described
 */
void syscord_life_fill(struct syscord_process *process, struct task_struct *task,
		       enum syscord_reason reason)
{
	const struct pid_namespace *pid_ns;

	process->status = 0;
	process->ended = 0;
	process->process_status = 0;
	process->cgroup_ns = 0;
	process->ipc_ns = 0;
	process->net_ns = 0;
	process->time_ns = 0;
	process->uts_ns = 0;
	fill_tables(process, task, reason == SYSCORD_REASON_FORK);
	if (task == current || reason == SYSCORD_REASON_FORK)
		syscord_life_fill_namespaces(process, task);
	if (reason == SYSCORD_REASON_EXIT)
		fill_end(process, task);
	rcu_read_lock();
	process->start = READ_ONCE(task->group_leader)->start_boottime;
	pid_ns = task_active_pid_ns(task);
	process->pid_ns = pid_ns ? pid_ns->ns.inum : 0;
	process->cgroup = cgroup_of(task);
	rcu_read_unlock();
}

/**
 * syscord_life_put_numbers - put what a task is called in each pid namespace below the initial one
 * @to:		room for a short word and SYSCORD_NUMBERS_MAX elements
 * @task:	the task
 *
 * Return: the bytes that it took.
 */
u32 syscord_life_put_numbers(u8 *to, struct task_struct *task)
{
	const struct pid *tid, *pid;
	struct syscord_number number;
	unsigned int level, levels = 0;
	u16 word;

	rcu_read_lock();
	tid = task_pid(task);
	pid = task_tgid(task);
	/* A task that was waited for has no numbers any more. */
	if (tid && pid)
		levels = min_t(unsigned int, min(tid->level, pid->level), SYSCORD_NUMBERS_MAX);
	for (level = 1; level <= levels; level++) {
		number.ns = tid->numbers[level].ns->ns.inum;
		number.pid = pid->numbers[level].nr;
		number.tid = tid->numbers[level].nr;
		memcpy(to + sizeof(word) + (level - 1) * sizeof(number), &number, sizeof(number));
	}
	rcu_read_unlock();
	word = syscord_short_word(levels);
	memcpy(to, &word, sizeof(word));
	return sizeof(word) + levels * sizeof(number);
}
