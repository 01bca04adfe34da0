// SPDX-License-Identifier: GPL-2.0
/*
 * The record of a usual call: it fits into the open packet, its thread is described, and all
 * numbers are short.  Everything else takes the slow path, slow_record.c.
 */
#include <linux/align.h>
#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/limits.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>

#include "capture/copy_words.h"
#include "capture/cursor.h"
#include "capture/handlers.h"
#include "compat/syscall_get_arguments.h"
#include "hooks/call.h"
#include "hooks/fill_head.h"
#include "hooks/record.h"
#include "ring/clock.h"
#include "ring/cpu.h"
#include "ring/event.h"
#include "ring/ring.h"
#include "ring/settings.h"
#include "tasks/identity.h"
#include "tasks/pending.h"
#include "tasks/threads.h"

DEFINE_PER_CPU(struct syscord_capture, syscord_captures);

/* The payload of a usual call.  NULL if an argument does not fit: that needs the slow path. */
static __always_inline u8 *fill_usual_payload(struct syscord_capture *capture,
					      const struct syscord_call *call, u8 *pos, u8 *end)
{
	const struct syscord_handler *handler = call->handler;

	capture->cursor.end = end;
	if (handler->at_exit)
		return handler->at_exit(&capture->cursor, pos, call->args, call->ret);
	if (!call->entry)
		return pos;	/* it has no parts */
	syscord_copy_words(pos, call->entry, call->len);
	pos += call->len;
	if (handler->exit && call->ret >= 0)
		pos = handler->exit(&capture->cursor, pos, call->args, call->ret);
	return pos;
}

/*
 * Put the record of a usual call into the open packet of this CPU's ring.  False if the call needs
 * the slow path; then nothing was done.
 */
static __always_inline bool put_usual_record(struct syscord_cpu *cpu,
					     struct syscord_capture *capture,
					     const struct syscord_call *call, u64 now)
{
	const struct syscord_handler *handler = call->handler;
	struct syscord_ring *ring = &cpu->ring;
	u64 pos = ALIGN(ring->head, 2), duration = syscord_clock_ns(call->ticks);
	/* For the most content.  With less room, the slow path finds out how much there is. */
	u32 room = syscord_event_room(call->len, handler->exit_room +
				      (syscord_settings.content & handler->exit_content));
	struct syscord_event *event;
	long ret = call->ret;
	u8 *end;

	/*
	 * One comparison finds all calls of the slow path: a bit of @slow is set, the call took
	 * long, the clock stepped back or is far ahead, or the result is no s32.
	 */
	if (unlikely((call->ticks | duration | (now - ring->last) | call->slow |
		      ((u64)ret - S32_MIN)) >> 32 ||
		     pos + room > ring->limit || !syscord_identity_is_known(ring, call->thread)))
		return false;
	event = syscord_ring_at(ring, pos);
	event->id = syscord_class_id(call->nr, SYSCORD_FORM_SHORT, ret < 0 ? 0 : handler->part);
	if (likely(current->pid == current->tgid)) {
		end = syscord_fill_head(event, SYSCORD_FORM_SHORT, ret, duration);
	} else {
		event->id += syscord_class_id(0, SYSCORD_FORM_THREAD, 0);
		end = syscord_fill_head(event, SYSCORD_FORM_THREAD, ret, duration);
	}
	end = fill_usual_payload(capture, call, end, (u8 *)event + room - SYSCORD_SCALAR_ROOM);
	if (unlikely(!end))
		return false;
	/* Before the commit: after it, the packet may be closed, with this count in its header. */
	cpu->recorded++;
	syscord_ring_commit(ring, event, now, pos, end - (u8 *)event);
	return true;
}

/* What of a call is left where no block was free for what it needs at exit. */
static noinline __cold u64 get_without_block(const struct syscord_thread *thread,
					     struct pt_regs *regs, unsigned long *args)
{
	const struct syscord_handler *handler = thread->handler;
	u64 slow = handler->work & SYSCORD_WORK_MEMORY ? SYSCORD_SLOW_FAULT : 0;

	compat_get_arguments(regs, thread->first_arg, args);
	if (!(handler->work & SYSCORD_WORK_KEEP_ARGS) && !handler->replaces_memory)
		return slow;
	/* What the registers have now may be something else. */
	memset(args, 0, 6 * sizeof(*args));
	return slow | SYSCORD_SLOW_UNSEEN;
}

/* What was kept of a call at its entry. */
static __always_inline void get_kept(struct syscord_call *call, struct syscord_capture *capture,
				     struct pt_regs *regs)
{
	struct syscord_pending *pending = call->thread->pending;

	if (unlikely(!pending)) {
		capture->cursor.addr_room = SYSCORD_ROOM_UNKNOWN;
		capture->cursor.saved_len = 0;
		call->slow |= get_without_block(call->thread, regs, capture->args);
		return;
	}
	capture->cursor.addr_room = pending->addr_room;
	capture->cursor.saved_len = pending->saved_len;
	capture->cursor.saved = pending->entry + pending->len;
	call->args = pending->args;
	call->slow |= pending->slow;
	call->entry = pending->entry;
	call->len = pending->len;
}

/* The arguments of a call, and what was kept of it at its entry. */
static __always_inline void get_arguments(struct syscord_call *call,
					  struct syscord_capture *capture, struct pt_regs *regs,
					  bool has_kept)
{
	unsigned int work = call->handler->work;

	if (has_kept)
		get_kept(call, capture, regs);
	else if (likely(work == SYSCORD_WORK_ARGS))
		compat_get_three_arguments(regs, call->thread->first_arg, capture->args);
	else if (work)
		compat_get_arguments(regs, call->thread->first_arg, capture->args);
}

/* The call is over: the slot waits for no exit, and its block is free. */
static __always_inline void end_call(struct syscord_thread *thread, bool has_kept)
{
	thread->handler = NULL;
	if (has_kept)
		syscord_call_forget_kept(thread);
}

/*
 * Preemption is off in here, which makes this CPU's ring ours.  @has_kept: something was kept of
 * the call at its entry.  There is a function for calls with, and one for those without: each knows
 * more of its calls.
 */
static __always_inline void record(struct syscord_thread *thread, struct pt_regs *regs, long ret,
				   bool has_kept)
{
	struct syscord_capture *capture;
	struct syscord_call call;
	struct syscord_cpu *cpu;
	u64 now, ticks;

	preempt_disable_notrace();
	cpu = this_cpu_ptr(&syscord_cpus);
	syscord_ring_begin(&cpu->ring);
	/* Preemption is off, so the writer's grace period waits until the event is in the ring. */
	ticks = syscord_clock_ticks();
	now = syscord_cpu_time(cpu, ticks);
	capture = this_cpu_ptr(&syscord_captures);
	call.thread = thread;
	call.handler = thread->handler;
	call.ticks = ticks - thread->time;
	call.nr = thread->nr;
	call.ret = ret;
	call.slow = call.handler->slow;
	call.args = capture->args;
	call.entry = NULL;
	call.len = 0;
	get_arguments(&call, capture, regs, has_kept);
	if (unlikely(!put_usual_record(cpu, capture, &call, now)))
		syscord_record_slow(cpu, call, now);
	end_call(thread, has_kept);
	syscord_ring_end(cpu, &cpu->ring);
	preempt_enable_notrace();
}

static noinline void record_with_kept(struct syscord_thread *thread, struct pt_regs *regs, long ret)
{
	record(thread, regs, ret, true);
}

/**
 * syscord_record - put the record of a call that ends into this CPU's ring
 * @thread:	the current thread's slot, with the call
 * @regs:	the current task's
 * @ret:	its result
 */
noinline void syscord_record(struct syscord_thread *thread, struct pt_regs *regs, long ret)
{
	if (thread->handler->work & SYSCORD_WORK_PENDING)
		record_with_kept(thread, regs, ret);
	else
		record(thread, regs, ret, false);
}

/**
 * syscord_record_init - prepare each CPU for recording, before there are probes
 */
void __init syscord_record_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		per_cpu_ptr(&syscord_captures, cpu)->cursor.content = syscord_settings.content;
}
