// SPDX-License-Identifier: GPL-2.0
/*
 * Calls whose entry was not seen.
 */
#include <linux/compiler.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/unistd.h>
#include <asm/syscall.h>

#include "capture/cursor.h"
#include "capture/handlers.h"
#include "compat/in_compat_syscall.h"
#include "hooks/call.h"
#include "hooks/dispatch.h"
#include "hooks/filter.h"
#include "hooks/record.h"
#include "hooks/unseen.h"
#include "ring/clock.h"
#include "tasks/threads.h"

/* When the filter that is in force was first seen by all probes, in ticks. */
static u64 filter_ticks;

/**
 * syscord_unseen_new_filter - tell that no probe uses an older filter any more
 */
void syscord_unseen_new_filter(void)
{
	WRITE_ONCE(filter_ticks, syscord_clock_ticks());
}

/**
 * syscord_unseen_is_birth - whether an exit is that of a task which comes out of its parent's call
 * @thread:	the current thread's slot; NULL if it has none
 * @regs:	the current task's
 * @ret:	the result
 *
 * No slot waits for the exit.  A task has a slot before it runs for the first time, if the filter
 * wanted it and there was one; if not, it is only known that no other call ends in this way.
 *
 * Return: whether it is; true only once for a task that has a slot.
 */
bool syscord_unseen_is_birth(struct syscord_thread *thread, struct pt_regs *regs, long ret)
{
	if (thread && thread->nr != SYSCORD_NR_NEWBORN)
		return false;
	if (thread)
		thread->nr = 0;
	return !ret && syscord_handler_of(syscall_get_nr(current, regs),
					  compat_is_32bit_call())->returns_twice;
}

/*
 * Whether nobody but a seccomp filter or a debugger can have ended the call.  The filter in force
 * wanted an earlier call of the thread already.  So it wanted this one at its entry, which the
 * probe would have seen.
 */
static u64 find_why(const struct syscord_thread *thread)
{
	return thread && thread->time > READ_ONCE(filter_ticks) ? SYSCORD_SLOW_ANSWERED : 0;
}

/**
 * syscord_unseen_exit - the exit of a call that the filter wants, and whose entry was not seen
 * @thread:	the current thread's slot; NULL if it has none
 * @regs:	the current task's
 * @ret:	the result
 *
 * The call was under way when the recording, or the filter, began to want it; or its thread has no
 * slot.  Or a seccomp filter or a debugger answered in the kernel's place.
 */
noinline void syscord_unseen_exit(struct syscord_thread *thread, struct pt_regs *regs, long ret)
{
	long nr = syscall_get_nr(current, regs);
	const struct syscord_handler *handler = syscord_handler_of(nr, compat_is_32bit_call());
	u64 why = find_why(thread);

	syscord_record_unseen(thread ?: syscord_thread_get(), handler, nr, regs, ret, why);
}

/**
 * syscord_unseen_exec - note an execve() whose entry was not seen, once the new program is there
 * @filter:	from syscord_filter_current(), which matches the current task under its new name
 *
 * The call ends under the ABI of the new program.  In that ABI's table, its number may mean another
 * call.  So the call is noted here.  Its arguments are read from the new stack (slow_record.c).
 * Preemption is off.
 */
void syscord_unseen_exec(const struct syscord_filter *filter)
{
	long nr = syscall_get_nr(current, task_pt_regs(current));
	struct syscord_thread *thread;

	/* A 32-bit caller's number is of another table: it is taken for execve(). */
	nr = nr == __NR_execveat ? __NR_execveat : __NR_execve;
	if (!syscord_filter_has_syscall(filter, nr, false))
		return;
	thread = syscord_thread_get();
	if (unlikely(!thread))
		return;	/* recorded at exit */
	syscord_call_forget_kept(thread);
	syscord_call_begin(thread, syscord_handler_of(nr, false), nr);
}
