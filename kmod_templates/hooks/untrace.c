// SPDX-License-Identifier: GPL-2.0
/*
 * Giving tasks that the filter rejects their full speed back.
 *
 * While a probe is on sys_enter or sys_exit, the kernel keeps a flag set on every task, which sends
 * its syscalls through the tracepoints.  A task that the filter rejects clears its own flag here.
 * Then nothing of it is seen, so whatever may make the filter want it must set the flag again: a
 * new filter, a new name of the task or of its parent, a new parent.
 *
 * None of these is ordered with the task's own check.  So the task clears the flag first and then
 * checks again, and the other side makes its change first and then sets the flag, each with a full
 * barrier in between.  At least one of the two sees what the other did, and the flag is set.
 *
 * Two changes are made only after their probe has run:
 *
 *  - A name.  The probe stops all clearing and sets the flags.  Clearing is allowed again when the
 *    name is surely set.
 *  - A child's new parent, after the probe of the old parent's exit.  A task whose parent is
 *    exiting keeps its flag.
 *
 * A forked task gets a copy of its parent's flag.  The probe on fork runs before the task does.
 *
 * Other tracers need the flags that we clear.  The kernel sets them for the first probe only.  So
 * before another probe is attached, clearing is stopped and the flags are set (registrations.c).
 * It is also checked again and again whether there is another tracer: some kernels let only that
 * be known, and it may go.  While it is there, every task has its flag.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>

#include "compat/syscall_work.h"
#include "hooks/filter.h"
#include "hooks/registrations.h"
#include "hooks/untrace.h"

/* Counts how often clearing was stopped, in steps of 2, and whether it is allowed. */
atomic_t syscord_untrace_state __read_mostly;

static struct {
	bool active;			/* from start to stop: probes may set flags */
	bool other_tracer;		/* there was one at the last check */
	unsigned long check_interval;	/* between two checks for another tracer, in jiffies */
	bool (*has_other_tracer)(void);
} untrace;

static DEFINE_MUTEX(active_lock);	/* held to set all flags, and to change untrace.active */

/*
 * No task clears its flag from now on, until allow_clearing().  A task that is about to do so sets
 * it again.
 */
static void stop_clearing(void)
{
	int state = atomic_read(&syscord_untrace_state);

	/* Without a lock: one is not allowed where another tracer is noticed. */
	while (!atomic_try_cmpxchg(&syscord_untrace_state, &state,
				   (state | SYSCORD_UNTRACE_ALLOWED) + 1))
		;
	/*
	 * The caller's change and the stop come before the flags are set.  Pairs with
	 * syscord_untrace_rejected().
	 */
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

static bool compares_parents(const struct syscord_filter *filter)
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

/* False also if the task is about to get another parent. */
static bool is_surely_rejected(const struct syscord_filter *filter,
			       const struct task_struct *task)
{
	/*
	 * This comes first.  In the other order, the filter could see the old parent, and this the
	 * next one, which is not ending.
	 */
	if (compares_parents(filter) && has_ending_parent(task))
		return false;
	return !syscord_filter_matches(filter, task);
}

static bool may_be_clear(const struct syscord_filter *filter, const struct task_struct *task)
{
	return syscord_untrace_is_allowed() && rcu_access_pointer(syscord_filter) == filter &&
	       is_surely_rejected(filter, task);
}

/**
 * syscord_untrace_rejected - clear the current task's flag
 * @filter:	from syscord_filter_current(), which rejects the task
 *
 * Called at sys_enter.  Without the flag the call has no sys_exit, unless somebody sets the flag
 * meanwhile.
 */
void syscord_untrace_rejected(const struct syscord_filter *filter)
{
	compat_clear_syscall_flag(current);
	/* Clear, then look.  Pairs with stop_clearing() and syscord_untrace_exiting(). */
	smp_mb__after_atomic();
	if (!may_be_clear(filter, current))
		compat_set_syscall_flag(current);
}

/**
 * syscord_untrace_wanted - the filter began to want the current task in the middle of a call
 */
void syscord_untrace_wanted(void)
{
	/* A new filter is in force before set_all_flags() comes to this task. */
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
	/* The kernel may have copied a clear flag.  That is as if the child had cleared it. */
	smp_mb();
	if (!may_be_clear(filter, child))
		compat_set_syscall_flag(child);
}

/* Threads of a process that a probe looks at.  If there are more, they may have children. */
#define THREADS_VISITED	64

/*
 * Whether a task has children, or may be given some: those of an ending thread of its process, or
 * any orphans, if the task is a subreaper or an init.
 */
static bool may_have_children(struct task_struct *task)
{
	unsigned int visits = THREADS_VISITED;
	struct task_struct *thread;

	if (task->signal->is_child_subreaper || is_child_reaper(task_tgid(task)))
		return true;
	for_each_thread(task, thread)
		if (!visits-- || (thread != task && READ_ONCE(thread->flags) & PF_EXITING))
			return true;
	/* A thread gives away its children before it leaves the list. */
	smp_rmb();
	return !list_empty(&task->children);
}

static bool matches_name(const struct syscord_name_list *list, const char *comm)
{
	char name[TASK_COMM_LEN];

	strscpy_pad(name, comm, sizeof(name));
	return syscord_filter_has_name(list, name);
}

/*
 * A user chooses how many tasks there are, and how often one exits or is renamed.  So a search of
 * the tasks visits only so many of them, and all probes together make only so many searches in a
 * jiffy.  A worker does the rest: it sets all flags, once for all probes that asked for it.
 */
#define SEARCHES_PER_JIFFY	2
#define TASKS_VISITED		4096

static DEFINE_RAW_SPINLOCK(search_lock);	/* search_jiffy, searches */
static unsigned long search_jiffy;
static unsigned int searches;

static bool may_search(void)
{
	unsigned long now = jiffies;
	bool may;

	raw_spin_lock(&search_lock);
	if (search_jiffy != now)
		searches = 0;
	search_jiffy = now;
	may = searches < SEARCHES_PER_JIFFY;
	searches += may;
	raw_spin_unlock(&search_lock);
	return may;
}

typedef bool (*concerns_fn)(const struct task_struct *thread, const struct task_struct *task);

/* Set the flag of each task that @concerns says.  False if not all tasks could be visited. */
static bool visit_tasks(concerns_fn concerns, const struct task_struct *task)
{
	unsigned int visits = TASKS_VISITED;
	struct task_struct *process, *thread;

	rcu_read_lock();
	for_each_process_thread(process, thread) {
		if (!visits--)
			goto unlock;
		if (concerns(thread, task))
			compat_set_syscall_flag(thread);
	}
	rcu_read_unlock();
	return true;
unlock:
	rcu_read_unlock();
	return false;
}

static bool search(concerns_fn concerns, const struct task_struct *task)
{
	return may_search() && visit_tasks(concerns, task);
}

static void set_flags_later(struct work_struct *work)
{
	syscord_untrace_new_filter();
}

static DECLARE_WORK(flags_work, set_flags_later);

/* Under RCU. */
static bool is_of_family(const struct task_struct *thread, const struct task_struct *leader)
{
	return thread->group_leader == leader ||
	       rcu_dereference(thread->real_parent)->group_leader == leader;
}

static bool is_child(const struct task_struct *thread, const struct task_struct *parent)
{
	return rcu_access_pointer(thread->real_parent) == parent;
}

/**
 * syscord_untrace_renaming - set the flags of tasks that the filter may want for a new name
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
	/* Mostly a lone thread renames itself: its flag is enough, as no call comes in between. */
	if (task == current && thread_group_empty(task) &&
	    !(for_children && may_have_children(task))) {
		compat_set_syscall_flag(task);
		return;
	}
	stop_clearing();
	if (!search(is_of_family, task))
		schedule_work(&flags_work);
}

/**
 * syscord_untrace_exiting - set the flags of the current task's children, as it is exiting
 * @filter:	from syscord_filter_current()
 */
void syscord_untrace_exiting(const struct syscord_filter *filter)
{
	if (!READ_ONCE(untrace.active) || !compares_parents(filter))
		return;
	/* PF_EXITING was set before the flags are.  Pairs with syscord_untrace_rejected(). */
	smp_mb();
	if (may_have_children(current) && !search(is_child, current))
		schedule_work(&flags_work);
}

/**
 * syscord_untrace_new_filter - have every task compared with the new filter at its next syscall
 *
 * Clearing is stopped, too: a name that is being set was only compared with the old filter.
 */
void syscord_untrace_new_filter(void)
{
	mutex_lock(&active_lock);
	if (untrace.active) {
		stop_clearing();
		set_all_flags();
	}
	mutex_unlock(&active_lock);
}

static void queue_flags_work(struct irq_work *work)
{
	schedule_work(&flags_work);
}

static DEFINE_IRQ_WORK(flags_irq_work, queue_flags_work);

static bool is_any(const struct task_struct *thread, const struct task_struct *unused)
{
	return true;
}

/* Somebody is about to attach a probe.  No locks are allowed here, so neither is to queue work. */
static void other_tracer_comes(void)
{
	stop_clearing();
	if (!visit_tasks(is_any, NULL))
		irq_work_queue(&flags_irq_work);
}

static void allow_clearing(struct work_struct *work)
{
	int state = atomic_read(&syscord_untrace_state);

	/*
	 * A rename that began before the stop may not have set the name yet.  Between its probe and
	 * the name it may be preempted, but does not sleep.  So this waits until the name is set.
	 */
	synchronize_rcu_tasks();
	/* In this order: what is no longer under way is there.  What begins later stops this. */
	if (syscord_registration_under_way() || untrace.has_other_tracer())
		return;
	atomic_cmpxchg(&syscord_untrace_state, state, state | SYSCORD_UNTRACE_ALLOWED);
}

static DECLARE_WORK(allow_work, allow_clearing);

static void check_other_tracer(struct work_struct *work);
static DECLARE_DELAYED_WORK(check_work, check_other_tracer);

static void check_other_tracer(struct work_struct *work)
{
	bool other_tracer = untrace.has_other_tracer();

	if (other_tracer && !untrace.other_tracer) {
		stop_clearing();
		set_all_flags();
	}
	untrace.other_tracer = other_tracer;
	if (!other_tracer && !syscord_untrace_is_allowed())
		queue_work(system_long_wq, &allow_work);
	schedule_delayed_work(&check_work, untrace.check_interval);
}

static void set_active(bool active)
{
	mutex_lock(&active_lock);
	WRITE_ONCE(untrace.active, active);
	mutex_unlock(&active_lock);
}

/**
 * syscord_untrace_start - begin to clear flags, once it is known that there is no other tracer
 * @has_other_tracer:	tells whether somebody else has a probe on sys_enter or sys_exit
 * @check_ms:		how often to ask it, in ms
 *
 * Our probes are registered, so all tasks have the flag.
 *
 * The check is for kernels that let nobody know when another tracer comes, and for when it goes.
 */
void syscord_untrace_start(bool (*has_other_tracer)(void), unsigned int check_ms)
{
	untrace.has_other_tracer = has_other_tracer;
	untrace.check_interval = msecs_to_jiffies(check_ms);
	set_active(true);
	if (!syscord_registrations_watch(other_tracer_comes))
		pr_info("this kernel has no kprobes: another tracer may miss the calls of rejected processes for %u ms after it starts\n",
			check_ms);
	schedule_delayed_work(&check_work, untrace.check_interval);
}

/**
 * syscord_untrace_stop - set all flags, and change none from now on
 *
 * Called while our probes are registered.  When they go, the kernel clears the flags, or keeps them
 * for other tracers.
 */
void syscord_untrace_stop(void)
{
	if (!untrace.active)
		return;
	set_active(false);
	syscord_registrations_unwatch();
	irq_work_sync(&flags_irq_work);
	cancel_delayed_work_sync(&check_work);
	cancel_work_sync(&allow_work);
	stop_clearing();
	/* Wait for the probes that run now: they may still clear or set flags. */
	tracepoint_synchronize_unregister();
	/* After that, no probe queues this work. */
	cancel_work_sync(&flags_work);
	set_all_flags();
	/* A fork may be copying a clear flag right now, with preemption off. */
	synchronize_rcu();
	set_all_flags();
}
