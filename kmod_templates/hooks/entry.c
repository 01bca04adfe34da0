// SPDX-License-Identifier: GPL-2.0
/*
 * The hot path, part one: what runs at every entry of a syscall.
 *
 * Probes on sys_enter and sys_exit run with preemption off before Linux 6.13, and with preemption
 * on since.  Nothing here relies on either.  The tracepoint's own grace period keeps the filter, a
 * slot belongs to its thread wherever that runs, and preemption is turned off where a record goes
 * into this CPU's ring.
 */
#include <linux/compiler.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/timex.h>
#include <linux/types.h>
#include <asm/syscall.h>

#include "capture/handlers.h"
#include "compat/in_compat_syscall.h"
#include "compat/syscall_get_arguments.h"
#include "hooks/call.h"
#include "hooks/dispatch.h"
#include "hooks/filter.h"
#include "hooks/record.h"
#include "hooks/syscalls.h"
#include "hooks/untrace.h"
#include "ring/clock.h"
#include "ring/counters.h"
#include "tasks/threads.h"

/*
 * The entry of any call.  If the table of slots is full, the call is dropped: it is counted at its
 * exit, or here if it never returns.
 */
static noinline void begin_any(const struct syscord_handler *handler, struct pt_regs *regs, long nr)
{
	struct syscord_thread *thread = syscord_thread_get();

	if (unlikely(!thread)) {
		if (handler->entry_work & SYSCORD_WORK_RECORD)
			syscord_count_dropped(SYSCORD_DROP_THREADS);
		return;
	}
	syscord_call_begin(thread, handler, nr);
	if (handler->entry_work & SYSCORD_WORK_ARGS)
		syscall_get_arguments(current, regs, thread->args);
	if (handler->entry_work & SYSCORD_WORK_MEMORY) {
		/* Reading memory must not sleep. */
		preempt_disable_notrace();
		syscord_call_capture_entry(thread, handler);
		preempt_enable_notrace();
	}
	thread->time = syscord_clock_ticks();
	if (handler->entry_work & SYSCORD_WORK_RECORD)
		syscord_record(thread, 0);
}

static noinline void begin_compat(struct pt_regs *regs, long nr)
{
	begin_any(syscord_compat_handler(nr), regs, nr);
}

/* The entry of a call that the filter wants.  Most calls need only the code of this function. */
static noinline void enter_wanted(struct pt_regs *regs, long nr)
{
	const struct syscord_handler *handler = syscord_handler_of(nr, false);
	struct syscord_thread *thread = this_cpu_read(syscord_last_thread);

	if (unlikely(compat_is_32bit_call())) {
		begin_compat(regs, nr);
		return;
	}
	if (unlikely(thread->owner != current) || handler->entry_work >= SYSCORD_WORK_MEMORY ||
	    !static_branch_likely(&syscord_clock_has_counter)) {
		begin_any(handler, regs, nr);
		return;
	}
	if (likely(handler->entry_work == SYSCORD_WORK_ARGS))
		compat_get_three_arguments(regs, thread->args);
	else if (handler->entry_work)
		syscall_get_arguments(current, regs, thread->args);
	syscord_call_begin(thread, handler, nr);
	thread->time = get_cycles();
}

/*
 * The entry, where the filter's lists must be compared.  A function of its own, so that the probe
 * saves no registers: for a task that is not recorded, that would be half of the cost.
 */
static noinline void enter_by_lists(const struct syscord_filter *filter, struct pt_regs *regs,
				    long nr)
{
	struct syscord_thread *thread = syscord_thread_find(current);

	/* The slot may still wait for an exit that was missed.  This call's exit is another one. */
	if (thread)
		thread->handler = NULL;
	if (!syscord_filter_matches(filter, current)) {
		if (READ_ONCE(syscord_untrace_on))
			syscord_untrace_rejected(filter);
	} else if (syscord_filter_has_syscall(filter, nr, compat_is_32bit_call())) {
		enter_wanted(regs, nr);
	}
}

void syscord_probe_sys_enter(void *data, struct pt_regs *regs, long nr)
{
	const struct syscord_filter *filter = syscord_filter_current();
	pid_t only = filter->only;

	if (only == current->tgid || (!only && filter->all))
		enter_wanted(regs, nr);
	else if (unlikely(!only))
		enter_by_lists(filter, regs, nr);
	else if (READ_ONCE(syscord_untrace_on))
		syscord_untrace_rejected(filter);
}
