// SPDX-License-Identifier: GPL-2.0
/*
 * The life of processes: probes on exec, exit, fork and rename.
 */
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/types.h>

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
#include "tasks/threads.h"

/*
 * Put a task's description in this CPU's ring, if descriptions are wanted.  False if it is not
 * there.
 */
static bool describe(struct task_struct *task, enum syscord_reason reason, const char *comm)
{
	struct syscord_cpu *cpu = this_cpu_ptr(&syscord_cpus);
	bool done;

	if (!syscord_settings.describe)
		return false;
	syscord_ring_begin(&cpu->ring);
	done = syscord_identity_write(cpu, task, reason, comm,
				      syscord_clock_time(&cpu->clock, syscord_clock_ticks()));
	syscord_ring_end(cpu, &cpu->ring);
	return done;
}

/* The exit of the call must be seen, though the filter may have rejected the task at its entry. */
static void begin_unseen_exec(const struct syscord_filter *filter)
{
	syscord_unseen_exec(filter);
	syscord_untrace_wanted();
}

/* Runs in execve(), once the new program is there and the call cannot fail any more. */
void syscord_probe_process_exec(void *data, struct task_struct *task, pid_t old_pid,
				struct linux_binprm *bprm)
{
	const struct syscord_filter *filter;
	struct syscord_thread *thread;

	preempt_disable_notrace();
	thread = syscord_thread_find(current);
	filter = syscord_filter_current();
	if (!(thread && thread->handler) && syscord_filter_matches(filter, current))
		begin_unseen_exec(filter);
	thread = syscord_thread_find(current);
	if (thread && describe(current, SYSCORD_REASON_EXEC, current->comm))
		syscord_thread_set_cred(thread, syscord_identity_cred());
	preempt_enable_notrace();
}

/* Runs in the task that ends, after its last syscall. */
COMPAT_PROCESS_EXIT_PROBE(syscord_probe_process_exit)
{
	preempt_disable_notrace();
	if (syscord_thread_find(current)) {
		describe(current, SYSCORD_REASON_EXIT, current->comm);
		syscord_thread_put(current);
	}
	syscord_untrace_exiting(syscord_filter_current());
	preempt_enable_notrace();
}

/* Runs in the parent, before the child does. */
void syscord_probe_process_fork(void *data, struct task_struct *parent, struct task_struct *child)
{
	const struct syscord_filter *filter;

	preempt_disable_notrace();
	filter = syscord_filter_current();
	if (syscord_filter_matches(filter, current))
		describe(child, SYSCORD_REASON_FORK, child->comm);
	if (!(child->flags & PF_KTHREAD) && syscord_filter_matches(filter, child))
		syscord_thread_prepare(child);
	syscord_untrace_forked(filter, child);
	preempt_enable_notrace();
}

/* Runs before the name is set: in the task itself, or in another one that renames it. */
void syscord_probe_task_rename(void *data, struct task_struct *task, const char *comm)
{
	const struct syscord_filter *filter;

	preempt_disable_notrace();
	filter = syscord_filter_current();
	/* Through /proc a name can be given to a task that has just ended. */
	if (pid_alive(task)) {
		if (syscord_filter_matches(filter, task))
			describe(task, SYSCORD_REASON_RENAME, comm);
		syscord_untrace_renaming(filter, task, comm);
	}
	preempt_enable_notrace();
}
