// SPDX-License-Identifier: GPL-2.0
/*
 * The life of processes: probes on exec, exit, fork and rename.
 */
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "capture/cursor.h"
#include "capture/handlers.h"
#include "hooks/filter.h"
#include "hooks/processes.h"
#include "hooks/unseen.h"
#include "hooks/untrace.h"
#include "ring/clock.h"
#include "ring/cpu.h"
#include "ring/event.h"
#include "ring/ring.h"
#include "ring/settings.h"
#include "tasks/identity.h"
#include "tasks/pending.h"
#include "tasks/threads.h"

/*
 * Put a task's description in this CPU's ring, if descriptions are wanted.  False if it is not
 * there.
 */
static bool describe(const struct syscord_subject *subject)
{
	struct syscord_cpu *cpu = this_cpu_ptr(&syscord_cpus);
	bool done;

	if (!syscord_settings.describe)
		return false;
	syscord_ring_begin(&cpu->ring);
	done = syscord_identity_write(cpu, subject,
				      syscord_cpu_time(cpu, syscord_clock_ticks()));
	syscord_ring_end(cpu, &cpu->ring);
	return done;
}

/* The exit of the call must be seen, though the filter may have rejected the task at its entry. */
static void begin_unseen_exec(const struct syscord_filter *filter)
{
	syscord_unseen_exec(filter);
	syscord_untrace_wanted();
}

/*
 * A thread that is not the first one takes its process's number in execve().  The record is to say
 * who called: these calls have at most five arguments.
 */
static void keep_old_tid(const struct syscord_thread *thread, pid_t old_pid)
{
	if (old_pid == current->pid || !thread || !thread->pending || !thread->handler ||
	    !thread->handler->replaces_memory)
		return;
	thread->pending->slow |= SYSCORD_SLOW_MOVED;
	thread->pending->args[5] = old_pid;
}

/* Runs in execve(), once the new program is there and the call cannot fail any more. */
void syscord_probe_process_exec(void *data, struct task_struct *task, pid_t old_pid,
				struct linux_binprm *bprm)
{
	const struct syscord_subject subject = {
		current, current->comm, SYSCORD_REASON_EXEC, old_pid,
	};
	const struct syscord_filter *filter;
	struct syscord_thread *thread;
	bool matches;

	preempt_disable_notrace();
	thread = syscord_thread_find(current);
	filter = syscord_filter_current();
	matches = syscord_filter_matches(filter, current);
	if (!(thread && thread->handler) && matches)
		begin_unseen_exec(filter);
	thread = syscord_thread_find(current);
	keep_old_tid(thread, old_pid);
	if ((thread || matches) && describe(&subject) && thread)
		syscord_thread_set_cred(thread, syscord_identity_cred());
	preempt_enable_notrace();
}

/* Runs in the task that ends, after its last syscall. */
COMPAT_PROCESS_EXIT_PROBE(syscord_probe_process_exit)
{
	const struct syscord_subject subject = {
		current, current->comm, SYSCORD_REASON_EXIT, current->pid,
	};
	const struct syscord_filter *filter;
	bool has_slot;

	preempt_disable_notrace();
	filter = syscord_filter_current();
	has_slot = syscord_thread_find(current);
	/* Of one that made no recorded call, a fork or an exec may have been told. */
	if (has_slot || syscord_filter_matches(filter, current))
		describe(&subject);
	if (has_slot)
		syscord_thread_put(current);
	syscord_untrace_exiting(filter);
	preempt_enable_notrace();
}

/* Runs in the parent, before the child does. */
void syscord_probe_process_fork(void *data, struct task_struct *parent, struct task_struct *child)
{
	const struct syscord_subject subject = {
		child, child->comm, SYSCORD_REASON_FORK, child->pid,
	};
	const struct syscord_filter *filter;
	bool matches;

	preempt_disable_notrace();
	filter = syscord_filter_current();
	matches = syscord_filter_matches(filter, child);
	if (matches || syscord_filter_matches(filter, current))
		describe(&subject);
	if (!(child->flags & PF_KTHREAD) && matches)
		syscord_thread_prepare(child);
	syscord_untrace_forked(filter, child);
	preempt_enable_notrace();
}

/* Runs before the name is set: in the task itself, or in another one that renames it. */
void syscord_probe_task_rename(void *data, struct task_struct *task, const char *comm)
{
	const struct syscord_subject subject = { task, comm, SYSCORD_REASON_RENAME, task->pid };
	const struct syscord_filter *filter;

	preempt_disable_notrace();
	filter = syscord_filter_current();
	/* Through /proc a name can be given to a task that has just ended. */
	if (pid_alive(task)) {
		if (syscord_filter_matches(filter, task))
			describe(&subject);
		syscord_untrace_renaming(filter, task, comm);
	}
	preempt_enable_notrace();
}
