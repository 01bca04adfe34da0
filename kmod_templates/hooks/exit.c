// SPDX-License-Identifier: GPL-2.0
/*
 * The hot path, part two: what runs at every exit of a syscall.
 */
#include <linux/compiler.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <asm/syscall.h>

#include "capture/handlers.h"
#include "compat/in_compat_syscall.h"
#include "hooks/dispatch.h"
#include "hooks/filter.h"
#include "hooks/record.h"
#include "hooks/syscalls.h"
#include "hooks/unseen.h"
#include "ring/counters.h"
#include "tasks/threads.h"

/* No slot waits for this exit: the task's is @thread, or it has none.  The filter is compared. */
static noinline void exit_by_lists(const struct syscord_filter *filter,
				   struct syscord_thread *thread, struct pt_regs *regs, long ret)
{
	if (syscord_unseen_is_birth(thread, regs, ret)) {
		syscord_uncount_seen();
		return;
	}
	if (syscord_filter_matches(filter, current) &&
	    syscord_filter_has_syscall(filter, syscall_get_nr(current, regs),
				       compat_is_32bit_call()))
		syscord_unseen_exit(thread, regs, ret);
	else
		syscord_count_filtered();
}

/* The task's slot, if it has one, is not the last that was used on this CPU. */
static noinline void exit_of_other_slot(const struct syscord_filter *filter, struct pt_regs *regs,
					long ret)
{
	struct syscord_thread *thread = syscord_thread_find(current);

	if (thread && thread->handler)
		syscord_record(thread, regs, ret);
	else
		exit_by_lists(filter, thread, regs, ret);
}

void syscord_probe_sys_exit(void *data, struct pt_regs *regs, long ret)
{
	struct syscord_thread *thread = this_cpu_read(syscord_last_thread);
	const struct task_struct *task = current;
	const struct syscord_filter *filter;
	pid_t only;

	syscord_count_seen();
	if (syscord_thread_is_of(thread, task) && thread->handler) {
		syscord_record(thread, regs, ret);
		return;
	}
	filter = syscord_filter_current();
	only = filter->only;
	if (unlikely(syscord_thread_may_exist(task)))
		exit_of_other_slot(filter, regs, ret);
	else if (only == task->tgid || unlikely(!only))
		exit_by_lists(filter, NULL, regs, ret);
	else
		syscord_count_filtered();
}
