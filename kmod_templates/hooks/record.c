// SPDX-License-Identifier: GPL-2.0
/*
 * The record of a usual call: it fits into the open packet, its thread is described, and all
 * numbers are short.  Everything else takes the slow path, slow_record.c.
 */
#include <linux/align.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "capture/copy_words.h"
#include "capture/cursor.h"
#include "capture/handlers.h"
#include "hooks/fill_head.h"
#include "hooks/record.h"
#include "ring/clock.h"
#include "ring/cpu.h"
#include "ring/event.h"
#include "ring/ring.h"
#include "ring/settings.h"
#include "tasks/identity.h"
#include "tasks/threads.h"

/* The payload of a usual call.  NULL if an argument does not fit: that needs the slow path. */
static __always_inline u8 *fill_usual_payload(struct syscord_thread *thread,
					      const struct syscord_handler *handler, long ret,
					      u8 *pos, u8 *end)
{
	thread->cursor.end = end;
	if (handler->at_exit)
		return handler->at_exit(&thread->cursor, pos, thread->args, ret);
	syscord_copy_words(pos, thread->entry, thread->len);
	pos += thread->len;
	if (handler->exit && ret >= 0)
		pos = handler->exit(&thread->cursor, pos, thread->args, ret);
	return pos;
}

/*
 * Put the record of a usual call into the open packet of this CPU's ring.  False if the call needs
 * the slow path; then nothing was done.
 */
static __always_inline bool put_usual_record(struct syscord_cpu *cpu, struct syscord_thread *thread,
					     long ret, u64 now)
{
	const struct syscord_handler *handler = thread->handler;
	struct syscord_ring *ring = &cpu->ring;
	u64 pos = ALIGN(ring->head, 2), ticks = thread->time, duration = syscord_clock_ns(ticks);
	/* For the most content.  With less room, the slow path finds out how much there is. */
	u32 room = syscord_event_room(thread->len, handler->exit_room +
				      (syscord_settings.content & handler->exit_content));
	struct syscord_event *event;
	u8 *end;

	/*
	 * One comparison finds all calls of the slow path: a bit of @slow is set, the call took
	 * long, the clock stepped back or is far ahead, or the result is no s32.
	 */
	if (unlikely((ticks | duration | (now - ring->last) | thread->cursor.slow |
		      ((u64)ret - S32_MIN)) >> 32 ||
		     pos + room > ring->limit || !syscord_identity_is_known(ring, thread)))
		return false;
	event = syscord_ring_at(ring, pos);
	event->id = syscord_class_id(thread->nr, SYSCORD_FORM_SHORT, ret < 0 ? 0 : handler->part);
	if (likely(current->pid == current->tgid)) {
		end = syscord_fill_head(event, SYSCORD_FORM_SHORT, ret, duration);
	} else {
		event->id += syscord_class_id(0, SYSCORD_FORM_THREAD, 0);
		end = syscord_fill_head(event, SYSCORD_FORM_THREAD, ret, duration);
	}
	end = fill_usual_payload(thread, handler, ret, end,
				 (u8 *)event + room - SYSCORD_SCALAR_ROOM);
	if (unlikely(!end))
		return false;
	/* Before the commit: after it, the packet may be closed, with this count in its header. */
	cpu->recorded++;
	syscord_ring_commit(ring, event, now, pos, end - (u8 *)event);
	return true;
}

/**
 * syscord_record - put the record of a call that ends into this CPU's ring
 * @thread:	the current thread's slot, with the call
 * @ret:	its result
 *
 * Preemption is off in here, which makes this CPU's ring ours.
 */
noinline void syscord_record(struct syscord_thread *thread, long ret)
{
	struct syscord_cpu *cpu;
	u64 now, ticks;

	preempt_disable_notrace();
	cpu = this_cpu_ptr(&syscord_cpus);
	syscord_ring_begin(&cpu->ring);
	/* Preemption is off, so the writer's grace period waits until the event is in the ring. */
	ticks = syscord_clock_ticks();
	now = syscord_clock_time(&cpu->clock, ticks);
	thread->time = ticks - thread->time;
	if (unlikely(!put_usual_record(cpu, thread, ret, now)))
		syscord_record_slow(cpu, thread, ret, now);
	thread->handler = NULL;
	syscord_ring_end(cpu, &cpu->ring);
	preempt_enable_notrace();
}
