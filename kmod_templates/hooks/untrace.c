// SPDX-License-Identifier: GPL-2.0
/*
 * Giving tasks that the filter rejects their full speed back.
 *
 * While a probe is on sys_enter or sys_exit, the kernel keeps a flag set on every task, which sends
 * its syscalls the slow way.  A task that the filter rejects clears its own flag here; then nothing
 * of it is seen, so whatever may make the filter want it has to set the flag again: a new filter, a
 * new name of it or of its parent, a new parent.  None of these is ordered with the task's looking
 * at itself.  So the task clears the flag first and then looks again, and who changes something
 * changes it first and then sets the flag, each with a full barrier between: one of both sees what
 * the other did, and in the end the flag is set.
 *
 * Not all that changes has changed by the time of its probe:
 *
 *  - A name is set after the probe.  The probe turns clearing off, for all, and sets the flags;
 *    clearing is on again when the name is surely set.
 *  - A child gets its new parent after the probe of the old one's end.  A task whose parent is
 *    ending may not be wanted yet, so it keeps its flag.
 *
 * A forked task has a copy of its parent's flag, whose probe comes before it runs.
 *
 * Other tracers need the flags that we clear.  The kernel sets them for the first probe only, so we
 * look again and again for others; while there are any, every task has its flag.
 */
#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>

#include "compat/syscall_work.h"
#include "hooks/hooks.h"
#include "hooks/untrace.h"
#include "params/params.h"

bool syscord_untrace_on __read_mostly;

static struct {
	bool active;		/* from start to stop: probes may set flags */
	bool company;		/* another tracer was there */
	unsigned int pauses;	/* how often clearing was turned off */
} untrace;

static DEFINE_RAW_SPINLOCK(pause_lock);	/* syscord_untrace_on, untrace.pauses */
static DEFINE_MUTEX(active_lock);	/* to set all flags, or to change untrace.active */

/* No task clears its flag after this, until resume(); who is about to sets it again. */
static void pause(void)
{
	raw_spin_lock(&pause_lock);
	untrace.pauses++;
	WRITE_ONCE(syscord_untrace_on, false);
	raw_spin_unlock(&pause_lock);
	/* What was changed, and this, before the flags are set.  Pairs with the clearing. */
	smp_mb();
}

static void set_all_flags(void)
{
	struct task_struct *process, *thread;

	rcu_read_lock();
	for_each_process_thread(process, thread)
		compat_set_syscall_flag(thread);
	rcu_read_unlock();
}

static bool looks_at_parents(const struct syscord_filter *filter)
{
	return filter->ppid.count || filter->parent_proc_name.count;
}

static bool has_ending_parent(const struct task_struct *task)
{
	bool ending;

	rcu_read_lock();
	ending = READ_ONCE(rcu_dereference(task->real_parent)->flags) & PF_EXITING;
	rcu_read_unlock();
	return ending;
}

/* False, too, if it is about to have another parent. */
static bool is_surely_rejected(const struct syscord_filter *filter,
			       const struct task_struct *task)
{
	/* First, since the filter may see the next parent already. */
	if (looks_at_parents(filter) && has_ending_parent(task))
		return false;
	return !syscord_filter_matches(filter, task);
}

static bool may_be_clear(const struct syscord_filter *filter, const struct task_struct *task)
{
	return READ_ONCE(syscord_untrace_on) && rcu_access_pointer(syscord_filter) == filter &&
	       is_surely_rejected(filter, task);
}

/**
 * syscord_untrace_rejected - clear the current task's flag
 * @filter:	from syscord_filter_current(), which rejects the task
 *
 * At sys_enter, so there will be no sys_exit, unless somebody sets the flag meanwhile.
 */
void syscord_untrace_rejected(const struct syscord_filter *filter)
{
	compat_clear_syscall_flag(current);
	/* Clear, then look.  Pairs with pause() and syscord_untrace_exiting(). */
	smp_mb__after_atomic();
	if (!may_be_clear(filter, current))
		compat_set_syscall_flag(current);
}

/**
 * syscord_untrace_wanted - the filter began to want the current task in the middle of a call
 */
void syscord_untrace_wanted(void)
{
	/* A new filter is there before all flags are set. */
	if (READ_ONCE(untrace.active))
		compat_set_syscall_flag(current);
}

/**
 * syscord_untrace_forked - give a new task its flag, if it may need it
 * @filter:	from syscord_filter_current()
 * @child:	the task, which is in the list of tasks and does not run yet
 */
void syscord_untrace_forked(const struct syscord_filter *filter, struct task_struct *child)
{
	if (!READ_ONCE(untrace.active))
		return;
	/* The kernel has copied the flag: as if the child had cleared it itself. */
	smp_mb();
	if (!may_be_clear(filter, child))
		compat_set_syscall_flag(child);
}

/*
 * Whether a task has children, or may get some without its own doing: those of a thread of its
 * process that ends, or, if it is one that takes in orphans, any.
 */
static bool may_have_children(struct task_struct *task)
{
	struct task_struct *thread;

	if (task->signal->is_child_subreaper || is_child_reaper(task_tgid(task)))
		return true;
	for_each_thread(task, thread)
		if (thread != task && READ_ONCE(thread->flags) & PF_EXITING)
			return true;
	/* A thread that is gone has given away its children before. */
	smp_rmb();
	return !list_empty(&task->children);
}

static bool matches_name(const struct syscord_name_list *list, const char *comm)
{
	char name[TASK_COMM_LEN];

	strscpy_pad(name, comm, sizeof(name));
	return syscord_filter_has_name(list, name);
}

/* Of a process and of its children. */
static void set_family_flags(const struct task_struct *leader)
{
	struct task_struct *process, *thread;

	rcu_read_lock();
	for_each_process_thread(process, thread)
		if (thread->group_leader == leader ||
		    rcu_dereference(thread->real_parent)->group_leader == leader)
			compat_set_syscall_flag(thread);
	rcu_read_unlock();
}

/**
 * syscord_untrace_renaming - give those their flags whom a new name may make wanted
 * @filter:	from syscord_filter_current()
 * @task:	the task that will have the name
 * @comm:	the name, which it does not have yet
 */
void syscord_untrace_renaming(const struct syscord_filter *filter, struct task_struct *task,
			      const char *comm)
{
	bool for_children;

	if (!READ_ONCE(untrace.active) || !thread_group_leader(task))
		return;
	for_children = matches_name(&filter->parent_proc_name, comm);
	if (!for_children && !matches_name(&filter->proc_name, comm))
		return;
	/* Most are alone: who sets its own name makes no other call before it has it. */
	if (task == current && thread_group_empty(task) &&
	    !(for_children && may_have_children(task))) {
		compat_set_syscall_flag(task);
		return;
	}
	pause();
	set_family_flags(task);
}

/**
 * syscord_untrace_exiting - give children their flags, as their parent, the current task, is ending
 * @filter:	from syscord_filter_current()
 */
void syscord_untrace_exiting(const struct syscord_filter *filter)
{
	struct task_struct *process, *thread;

	if (!READ_ONCE(untrace.active) || !looks_at_parents(filter))
		return;
	/* PF_EXITING, and then the flags.  Pairs with that of the clearing. */
	smp_mb();
	if (!may_have_children(current))
		return;
	rcu_read_lock();
	for_each_process_thread(process, thread)
		if (rcu_access_pointer(thread->real_parent) == current)
			compat_set_syscall_flag(thread);
	rcu_read_unlock();
}

/**
 * syscord_untrace_new_filter - let every task be judged anew, as there is another filter in force
 *
 * A name that is being set was only compared with the old one, so this is a pause, too.
 */
void syscord_untrace_new_filter(void)
{
	mutex_lock(&active_lock);
	if (untrace.active) {
		pause();
		set_all_flags();
	}
	mutex_unlock(&active_lock);
}

static void resume(struct work_struct *work)
{
	unsigned int pauses = READ_ONCE(untrace.pauses);

	/*
	 * A task whose renaming was before the pause has set the name when it sleeps, or is in user
	 * mode: between the probe and the name it may be preempted, but does not wait for anything.
	 */
	synchronize_rcu_tasks();
	if (!syscord_hooks_are_alone())
		return;
	raw_spin_lock(&pause_lock);
	if (untrace.pauses == pauses)
		WRITE_ONCE(syscord_untrace_on, true);
	raw_spin_unlock(&pause_lock);
}

static DECLARE_WORK(resume_work, resume);

static void look(struct work_struct *work);
static DECLARE_DELAYED_WORK(look_work, look);

/* Twice in a flush interval, or in a second. */
static void look_later(void)
{
	schedule_delayed_work(&look_work,
			      msecs_to_jiffies(clamp(syscord_params.flush_ms / 2, 10U, 500U)));
}

static void look(struct work_struct *work)
{
	bool company = !syscord_hooks_are_alone();

	if (company && !untrace.company) {
		pause();
		set_all_flags();
	}
	untrace.company = company;
	if (!company && !READ_ONCE(syscord_untrace_on))
		queue_work(system_long_wq, &resume_work);
	look_later();
}

static void set_active(bool active)
{
	mutex_lock(&active_lock);
	WRITE_ONCE(untrace.active, active);
	mutex_unlock(&active_lock);
}

/**
 * syscord_untrace_start - begin to clear flags, once it is known that there is no other tracer
 *
 * The probes are registered, so that all tasks have the flag.
 */
void syscord_untrace_start(void)
{
	if (!syscord_params.untrace)
		return;
	set_active(true);
	look_later();
}

/**
 * syscord_untrace_stop - set all flags, and leave them alone from now on
 *
 * The probes are still registered: when they go the kernel clears the flags, or leaves them to the
 * other tracers that there are.
 */
void syscord_untrace_stop(void)
{
	if (!syscord_params.untrace)
		return;
	set_active(false);
	cancel_delayed_work_sync(&look_work);
	cancel_work_sync(&resume_work);
	pause();
	/* Of the probes that are running now, some clear flags, and some set them. */
	tracepoint_synchronize_unregister();
	set_all_flags();
	/* A fork may just be copying a flag that was clear, with preemption off. */
	synchronize_rcu();
	set_all_flags();
}
