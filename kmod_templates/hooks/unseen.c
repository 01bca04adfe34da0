// SPDX-License-Identifier: GPL-2.0
/*
 * Calls whose entry was not seen.
 */
#include <linux/compiler.h>
#include <linux/sched.h>
#include <linux/string.h>
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
#include "ring/counters.h"
#include "tasks/threads.h"

/**
 * syscord_unseen_exit - the exit of a call that the filter wants, and whose entry was not seen
 * @regs:	the current task's
 * @ret:	the result
 *
 * The call was under way when the recording, or the filter, began to want it.  Or a seccomp filter
 * or a debugger answered in the kernel's place.
 */
noinline void syscord_unseen_exit(struct pt_regs *regs, long ret)
{
	long nr = syscall_get_nr(current, regs);
	const struct syscord_handler *handler = syscord_handler_of(nr, compat_is_32bit_call());
	struct syscord_thread *thread;

	/* A new process or thread comes out of a call that its parent made. */
	if (!ret && handler->returns_twice)
		return;
	thread = syscord_thread_get();
	if (unlikely(!thread)) {
		syscord_count_dropped(SYSCORD_DROP_THREADS);
		return;
	}
	syscord_call_begin_unseen(thread, handler, nr);
	syscord_record(thread, ret);
}

/**
 * syscord_unseen_exec - note an execve() whose entry was not seen, once the new program is there
 * @filter:	from syscord_filter_current(), which matches the current task under its new name
 *
 * The call ends under the ABI of the new program.  In that ABI's table, its number may mean another
 * call.  So the call is noted here.  Its arguments are read from the new stack (slow_record.c).
 */
void syscord_unseen_exec(const struct syscord_filter *filter)
{
	long nr = syscall_get_nr(current, task_pt_regs(current));
	const struct syscord_handler *handler;
	struct syscord_thread *thread;

	/* A 32-bit caller's number is of another table: it is taken for execve(). */
	nr = nr == __NR_execveat ? __NR_execveat : __NR_execve;
	if (!syscord_filter_has_syscall(filter, nr, false))
		return;
	thread = syscord_thread_get();
	if (unlikely(!thread))
		return;	/* counted at exit */
	handler = syscord_handler_of(nr, false);
	syscord_call_begin_unseen(thread, handler, nr);
	memset(thread->args, 0, sizeof(thread->args));
	if (handler->replaces_memory)
		thread->cursor.slow |= SYSCORD_SLOW_FAULT;
}
