// SPDX-License-Identifier: GPL-2.0
/*
 * The record of any call, where instructions do not matter: memory that faulted at entry, wide
 * numbers, an entry that was not seen, a thread to be described, a packet that is full.
 */
#include <linux/auxvec.h>
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/mm_types.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>

#include "capture/cursor.h"
#include "capture/handlers.h"
#include "compat/in_compat_syscall.h"
#include "compat/syscall_get_arguments.h"
#include "hooks/call.h"
#include "hooks/fill_head.h"
#include "hooks/record.h"
#include "hooks/wait.h"
#include "ring/clock.h"
#include "ring/counters.h"
#include "ring/cpu.h"
#include "ring/event.h"
#include "ring/ring.h"
#include "ring/settings.h"
#include "tasks/identity.h"
#include "tasks/pending.h"
#include "tasks/threads.h"

/*
 * After a successful execve() the memory of the arguments is gone.  But their text stands on the
 * new stack: the path as AT_EXECFN, the arguments where the stack begins.  False if the new program
 * is a 32-bit one: its stack has another layout.
 */
static bool find_exec_args(struct syscord_call *call)
{
	const struct syscord_handler *handler = call->handler;
	const struct mm_struct *mm = current->mm;
	int i;

	if (compat_is_32bit_program())
		return false;
	for (i = 0; i + 1 < AT_VECTOR_SIZE && mm->saved_auxv[i] != AT_NULL; i += 2)
		if (mm->saved_auxv[i] == AT_EXECFN)
			call->args[handler->path_arg] = mm->saved_auxv[i + 1];
	call->args[handler->argv_arg] = mm->start_stack + sizeof(long);	/* behind argc */
	return true;
}

/*
 * Read at exit what could not be read at entry, up to @end at most.  By now the kernel has read the
 * memory itself, so it is present, unless nothing is mapped there.  Returns NULL if execve() has
 * replaced it and the new stack does not have the text.
 */
static u8 *capture_late(struct syscord_call *call, u8 *pos, u8 *end)
{
	struct syscord_cursor *c = this_cpu_ptr(&syscord_captures.cursor);

	if (call->handler->replaces_memory && !call->ret && !find_exec_args(call))
		return NULL;
	c->entry_next = call->entry;
	c->entry_end = call->entry + call->len;
	c->prev_end = pos;
	c->late_end = min(end, pos + syscord_pending_room - SYSCORD_SCALAR_ROOM);
	c->end = NULL;
	c->slow = call->slow;
	pos = call->handler->entry(c, pos, call->args);
	call->slow = c->slow;
	c->late_end = NULL;
	return pos;
}

/* The entry part, as it was read at entry or is now.  NULL if there is none. */
static u8 *fill_entry(struct syscord_call *call, u8 *pos, u8 *end)
{
	if (call->slow & SYSCORD_SLOW_FAULT) {
		u8 *late = capture_late(call, pos, end);

		if (late)
			return late;
	}
	if (!call->entry)
		return NULL;
	memcpy(pos, call->entry, call->len);
	return pos + call->len;
}

/* Both parts at @pos, up to @end at most.  Returns the end; @part is set as in the class's id. */
static u8 *fill_payload(struct syscord_call *call, u8 *pos, u8 *end, u16 *part)
{
	const struct syscord_handler *handler = call->handler;
	struct syscord_cursor *c = this_cpu_ptr(&syscord_captures.cursor);
	bool unseen = call->slow & SYSCORD_SLOW_UNSEEN;
	u8 *filled;

	*part = 0;
	end -= SYSCORD_SCALAR_ROOM;
	if (handler->entry) {
		filled = fill_entry(call, pos, end);
		if (filled && unseen)
			*part = SYSCORD_PART;
		pos = filled ?: pos;
	}
	if (handler->exit && call->ret >= 0 && !unseen) {
		c->end = end;
		pos = handler->exit(c, pos, call->args, call->ret);
		*part = SYSCORD_PART;
	}
	return pos;
}

/* The shortest form that says all of a call. */
static enum syscord_form choose_form(const struct syscord_call *call, u64 duration)
{
	if (call->slow & SYSCORD_SLOW_UNSEEN)
		return SYSCORD_FORM_UNSEEN;
	if (call->slow & SYSCORD_SLOW_WIDE)
		return SYSCORD_FORM_WIDE;
	if (duration >> 32 || call->ret != (s32)call->ret || call->handler->generic_id ||
	    call->slow & SYSCORD_SLOW_MOVED)
		return SYSCORD_FORM_LONG;
	return current->pid == current->tgid ? SYSCORD_FORM_SHORT : SYSCORD_FORM_THREAD;
}

/* The number of a call that has no class of its own.  Returns where its payload goes on. */
static u8 *fill_generic(struct syscord_event *event, u8 *payload, const struct syscord_call *call)
{
	event->id = call->handler->generic_id;
	if (call->slow & SYSCORD_SLOW_UNSEEN)
		event->id |= SYSCORD_GENERIC_UNSEEN;
	if (!syscord_has_result(call->handler))
		event->id |= SYSCORD_GENERIC_NO_RESULT;
	memcpy(payload, &call->nr, sizeof(call->nr));
	return payload + sizeof(call->nr);
}

/* Fill in an event that has @room bytes.  Returns how many it takes. */
static u32 fill_event(struct syscord_event *event, u32 room, struct syscord_call *call,
		      u64 duration)
{
	const struct syscord_handler *handler = call->handler;
	enum syscord_form form = choose_form(call, duration);
	u8 *payload = syscord_fill_head(event, form, handler->no_result ? 0 : call->ret, duration);
	u8 *end;
	u16 part;

	if (call->slow & SYSCORD_SLOW_MOVED)
		event->tid = call->args[5];
	if (handler->generic_id)
		return fill_generic(event, payload, call) - (u8 *)event;
	end = fill_payload(call, payload, (u8 *)event + room, &part);
	event->id = syscord_class_id(call->nr, form, part);
	return end - (u8 *)event;
}

/* Bytes that the call's event may take. */
static u32 event_room(const struct syscord_call *call)
{
	const struct syscord_handler *handler = call->handler;
	u32 entry = call->len, content = 0;

	/* The result says how many bytes the kernel wrote. */
	if (handler->exit_content && call->ret > 0)
		content = min_t(unsigned long, syscord_settings.content, call->ret);
	/* Fields that were complete at entry may come on top of those that are read anew. */
	if (call->slow & SYSCORD_SLOW_FAULT)
		entry = 2 * syscord_pending_room;
	return min_t(u32, syscord_event_room(entry, handler->exit_room + content),
		     SYSCORD_EVENT_SIZE_MAX);
}

/*
 * In ns; 0 if not known; of an entry that was not seen, why.  A suspend may set the counter back:
 * then the ticks are negative.
 */
static u64 duration_of(const struct syscord_call *call)
{
	if (call->slow & SYSCORD_SLOW_UNSEEN)
		return call->slow & SYSCORD_SLOW_ANSWERED ? SYSCORD_UNSEEN_ANSWERED :
								   SYSCORD_UNSEEN;
	if (call->handler->never_returns || (s64)call->ticks < 0)
		return 0;
	return syscord_clock_long_ns(call->ticks);
}

/*
 * Calls whose arguments are in registers have no entry part: the usual path reads both parts at
 * exit.  The slow path needs it apart.  The CPU's scratch memory is free, as preemption is off.
 */
static void capture_at_exit(struct syscord_call *call)
{
	struct syscord_pending *scratch = this_cpu_read(syscord_pending_cpus.scratch);
	struct syscord_cursor *c = this_cpu_ptr(&syscord_captures.cursor);

	c->slow = call->slow;
	c->end = scratch->entry + syscord_pending_room - SYSCORD_SCALAR_ROOM;
	call->entry = scratch->entry;
	call->len = call->handler->entry(c, scratch->entry, call->args) - scratch->entry;
	call->slow = c->slow;
}

/* Describe the call's thread, if it must be.  False if that is done, or the ring has no room. */
static bool describe_thread(struct syscord_cpu *cpu, struct syscord_thread *thread, u64 time)
{
	return !syscord_identity_is_known(&cpu->ring, thread) &&
	       syscord_identity_update(cpu, thread, time);
}

/*
 * Room for a record, behind a description of its thread.  To reserve room may open a packet, and a
 * flight recorder describes the thread in each packet.  So the room may be in another packet than
 * the description: then the thread is described once more.  A new packet has room for both.
 */
static struct syscord_event *reserve_described(struct syscord_cpu *cpu,
					       const struct syscord_call *call, u32 room, u64 *time,
					       u64 *pos)
{
	struct syscord_event *event = syscord_ring_reserve(cpu, &cpu->ring, room, time, pos);

	/* A thread without a slot is described each time: nobody knows whether it was before. */
	if (event && !call->thread) {
		syscord_identity_write_brief(cpu, *time);
		return syscord_ring_reserve(cpu, &cpu->ring, room, time, pos);
	}
	while (event && describe_thread(cpu, call->thread, *time))
		event = syscord_ring_reserve(cpu, &cpu->ring, room, time, pos);
	return event;
}

static void put_slow_record(struct syscord_cpu *cpu, struct syscord_call *call, u64 now)
{
	const struct syscord_handler *handler = call->handler;
	struct syscord_event *event;
	u64 time = now, pos, duration = duration_of(call);
	u32 room;

	if (handler->at_exit && handler->entry && !(call->slow & SYSCORD_SLOW_UNSEEN))
		capture_at_exit(call);
	room = event_room(call);
	event = reserve_described(cpu, call, room, &time, &pos);
	if (!event) {
		syscord_drop_without_room(cpu);
		return;
	}
	room = fill_event(event, room, call, duration);
	/* Before the commit: after it, the packet may be closed, with this count in its header. */
	cpu->recorded++;
	syscord_ring_commit(&cpu->ring, event, time, pos, room);
}

static void record_slow(struct syscord_cpu *cpu, struct syscord_call *call, u64 now)
{
	put_slow_record(cpu, call, now);
	/* No packet is open, as the ring is full; or it is of the reserve: see ring/ring.h. */
	if (unlikely(!cpu->ring.limit) && !call->handler->never_returns)
		syscord_wait_for_room(cpu);
}

/**
 * syscord_record_slow - put the record of any call into a ring, or count that there is no room
 * @cpu:	this CPU, with preemption off
 * @call:	the call; a copy, so that the usual path can keep its own in registers
 * @now:	the time, in ns
 */
noinline __cold void syscord_record_slow(struct syscord_cpu *cpu, struct syscord_call call,
					 u64 now)
{
	record_slow(cpu, &call, now);
}

/**
 * syscord_record_unseen - record a call of which only the exit was seen
 * @thread:	the current thread's slot; NULL if it has none
 * @handler:	of the call
 * @nr:		its number
 * @regs:	the current task's; they have the arguments
 * @ret:	the result
 * @why:	SYSCORD_SLOW_ANSWERED, or 0
 */
noinline __cold void syscord_record_unseen(struct syscord_thread *thread,
					   const struct syscord_handler *handler, long nr,
					   struct pt_regs *regs, long ret, u64 why)
{
	struct syscord_call call = {
		.thread = thread,
		.handler = handler,
		.ret = ret,
		.slow = handler->slow | SYSCORD_SLOW_UNSEEN | SYSCORD_SLOW_FAULT | why,
		.nr = nr,
	};
	struct syscord_capture *capture;
	struct syscord_cpu *cpu;

	preempt_disable_notrace();
	capture = this_cpu_ptr(&syscord_captures);
	cpu = this_cpu_ptr(&syscord_cpus);
	syscord_ring_begin(&cpu->ring);
	call.args = capture->args;
	compat_get_arguments(regs, compat_first_argument_at_exit(regs), call.args);
	record_slow(cpu, &call, syscord_cpu_time(cpu, syscord_clock_ticks()));
	syscord_ring_end(cpu, &cpu->ring);
	preempt_enable_notrace();
}
