// SPDX-License-Identifier: GPL-2.0
/*
 * The hot path, part one: what runs at every entry of a syscall.
 *
 * Probes on sys_enter and sys_exit run with preemption off before Linux 6.13, and with preemption
 * on since.  Nothing here relies on either.  The tracepoint's own grace period keeps the filter, a
 * slot belongs to its thread wherever that runs, and preemption is turned off where something of
 * this CPU is used.
 */
#include <linux/compiler.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/timex.h>
#include <linux/types.h>

#include "capture/cursor.h"
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
#include "tasks/pending.h"
#include "tasks/threads.h"

/*
 * Capture what may be different at exit, and keep it in a block.  Reading memory must not sleep, so
 * preemption is off.
 */
static __always_inline void capture_entry(struct syscord_thread *thread,
					  const struct syscord_handler *handler,
					  struct pt_regs *regs)
{
	struct syscord_cursor *c = this_cpu_ptr(&syscord_captures.cursor);
	struct syscord_pending *pending;

	/* The last such call has a block, if its exit was missed. */
	syscord_call_forget_kept(thread);
	pending = syscord_pending_take();
	if (handler->work & SYSCORD_WORK_ALL_ARGS)
		compat_get_arguments(regs, thread->first_arg, pending->args);
	else
		compat_get_three_arguments(regs, thread->first_arg, pending->args);
	c->slow = 0;
	c->addr_room = 0;
	c->saved_len = 0;
	pending->len = 0;
	if (likely(handler->work & SYSCORD_WORK_MEMORY)) {
		c->end = pending->entry + syscord_pending_room - SYSCORD_SCALAR_ROOM;
		pending->len = handler->entry(c, pending->entry, pending->args) - pending->entry;
	}
	/* With the content of the exit part, the event might get larger than an event can be. */
	if (unlikely(pending->len > SYSCORD_EVENT_SIZE_MAX / 4))
		c->slow |= SYSCORD_SLOW_CALL;
	pending->slow = c->slow;
	pending->addr_room = c->addr_room;
	pending->saved_len = c->saved_len;
	thread->pending = syscord_pending_keep(pending);
}

/* The entry of any call. */
static noinline void begin_any(const struct syscord_handler *handler, struct pt_regs *regs, long nr)
{
	struct syscord_thread *thread = syscord_thread_get();

	if (handler->work & SYSCORD_WORK_RECORD)
		syscord_count_seen();
	/* Without a slot, the call is recorded at its exit; or here, if it never returns. */
	if (unlikely(!thread)) {
		if (handler->work & SYSCORD_WORK_RECORD)
			syscord_record_unseen(NULL, handler, nr, regs, 0, 0);
		return;
	}
	syscord_call_begin(thread, handler, nr);
	compat_keep_first_argument(regs, &thread->first_arg);
	if (handler->work & SYSCORD_WORK_PENDING) {
		preempt_disable_notrace();
		capture_entry(thread, handler, regs);
		preempt_enable_notrace();
	}
	thread->time = syscord_clock_ticks();
	if (handler->work & SYSCORD_WORK_RECORD)
		syscord_record(thread, regs, 0);
}

static noinline void begin_compat(struct pt_regs *regs, long nr)
{
	begin_any(syscord_compat_handler(nr), regs, nr);
}

static noinline void begin_large_number(struct pt_regs *regs, long nr)
{
	begin_any(syscord_large_number_handler(nr), regs, nr);
}

/* The entry of a call that the filter wants.  Most calls need only the code of this function. */
static noinline void enter_wanted(struct pt_regs *regs, long nr)
{
	struct syscord_thread *thread = this_cpu_read(syscord_last_thread);
	const struct syscord_handler *handler;

	if (unlikely(compat_is_32bit_call())) {
		begin_compat(regs, nr);
		return;
	}
	if (unlikely((unsigned long)nr >= SYSCORD_NR_MAX)) {
		begin_large_number(regs, nr);
		return;
	}
	handler = syscord_handler_in_table(nr);
	if (unlikely(!syscord_thread_is_of(thread, current)) ||
	    handler->work >= SYSCORD_WORK_MEMORY ||
	    !static_branch_likely(&syscord_clock_has_counter)) {
		begin_any(handler, regs, nr);
		return;
	}
	syscord_call_begin(thread, handler, nr);
	compat_keep_first_argument(regs, &thread->first_arg);
	thread->time = get_cycles();
}

/* The filter rejects the current task.  It gives back what it holds, and its flag. */
static void enter_rejected(const struct syscord_filter *filter, struct syscord_thread *thread)
{
	if (thread)
		syscord_thread_put(current);
	if (syscord_untrace_is_allowed())
		syscord_untrace_rejected(filter);
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
	if (!syscord_filter_matches(filter, current))
		enter_rejected(filter, thread);
	else if (syscord_filter_has_syscall(filter, nr, compat_is_32bit_call()))
		enter_wanted(regs, nr);
}

void syscord_probe_sys_enter(void *data, struct pt_regs *regs, long nr)
{
	const struct syscord_filter *filter = syscord_filter_current();
	pid_t only = filter->only;

	if (only == current->tgid || (!only && filter->all))
		enter_wanted(regs, nr);
	else if (unlikely(!only))
		enter_by_lists(filter, regs, nr);
	else if (syscord_untrace_is_allowed())
		syscord_untrace_rejected(filter);
}
