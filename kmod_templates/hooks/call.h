/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A call that is under way: its thread's slot, and what was captured of it.
 */
#ifndef SYSCORD_CALL_H
#define SYSCORD_CALL_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "capture/cursor.h"
#include "capture/handlers.h"
#include "ring/event.h"
#include "tasks/threads.h"

/* A call begins: the slot waits for its exit. */
static __always_inline void syscord_call_begin(struct syscord_thread *thread,
					       const struct syscord_handler *handler, long nr)
{
	thread->handler = handler;
	thread->nr = nr;
	thread->len = 0;
	thread->cursor.slow = handler->slow;
}

/* The same for a call whose entry was not seen. */
static inline void syscord_call_begin_unseen(struct syscord_thread *thread,
					     const struct syscord_handler *handler, long nr)
{
	syscord_call_begin(thread, handler, nr);
	thread->cursor.slow |= SYSCORD_SLOW_UNSEEN;
}

/* Capture the entry part into the slot.  Preemption is off: reading memory must not sleep. */
static __always_inline void syscord_call_capture_entry(struct syscord_thread *thread,
						       const struct syscord_handler *handler)
{
	struct syscord_cursor *c = &thread->cursor;

	c->end = thread->entry + syscord_threads.room - SYSCORD_SCALAR_ROOM;
	thread->len = handler->entry(c, thread->entry, thread->args) - thread->entry;
	/* With the content of the exit part, the event might get larger than an event can be. */
	if (unlikely(thread->len > SYSCORD_EVENT_SIZE_MAX / 4))
		c->slow |= SYSCORD_SLOW_CALL;
}

#endif
