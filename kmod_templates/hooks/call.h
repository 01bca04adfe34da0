/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A call that begins, and a call at its end: what is known of it, and is to be recorded.
 */
#ifndef SYSCORD_CALL_H
#define SYSCORD_CALL_H

#include <linux/compiler.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "capture/cursor.h"
#include "capture/handlers.h"
#include "tasks/pending.h"
#include "tasks/threads.h"

/**
 * struct syscord_call - a call at its end
 * @thread:	the current thread's slot; NULL if it has none
 * @handler:	of the call
 * @ticks:	how long it took, in ticks
 * @ret:	its result
 * @slow:	SYSCORD_SLOW_*
 * @args:	its arguments
 * @entry:	the entry part, if it was read at entry; else NULL
 * @len:	its bytes
 * @nr:		the call's number
 */
struct syscord_call {
	struct syscord_thread *thread;
	const struct syscord_handler *handler;
	u64 ticks;
	long ret;
	u64 slow;
	unsigned long *args;
	const u8 *entry;
	u32 len;
	s32 nr;
};

/**
 * struct syscord_capture - what a CPU needs to capture a call; used with preemption off
 * @cursor:	what the handler knows
 * @args:	room for arguments
 *
 * On the stack, the compiler's zeroes and canaries would cost more than what is in it.
 */
struct syscord_capture {
	struct syscord_cursor cursor;
	unsigned long args[6];
};

/* In record.c. */
DECLARE_PER_CPU(struct syscord_capture, syscord_captures);

/* A call begins: the slot waits for its exit. */
static __always_inline void syscord_call_begin(struct syscord_thread *thread,
					       const struct syscord_handler *handler, long nr)
{
	thread->handler = handler;
	thread->nr = nr;
}

/* Give back the block of a call, if it has one.  Preemption is off. */
static __always_inline void syscord_call_forget_kept(struct syscord_thread *thread)
{
	struct syscord_pending *pending = thread->pending;

	if (!pending)
		return;
	thread->pending = NULL;
	syscord_pending_put(pending);
}

#endif
