// SPDX-License-Identifier: GPL-2.0
/*
 * The record of any call, where instructions do not matter: memory that faulted at entry, wide
 * numbers, an entry that was not seen, a thread to be described, a packet that is full.
 */
#include <linux/auxvec.h>
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>

#include "capture/cursor.h"
#include "capture/handlers.h"
#include "compat/in_compat_syscall.h"
#include "hooks/call.h"
#include "hooks/fill_head.h"
#include "hooks/record.h"
#include "ring/clock.h"
#include "ring/counters.h"
#include "ring/cpu.h"
#include "ring/event.h"
#include "ring/ring.h"
#include "ring/settings.h"
#include "tasks/identity.h"
#include "tasks/threads.h"

/*
 * After a successful execve() the memory of the arguments is gone.  But their text stands on the
 * new stack: the path as AT_EXECFN, the arguments where the stack begins.  False if the new program
 * is a 32-bit one: its stack has another layout.
 */
static bool find_exec_args(struct syscord_thread *thread, const struct syscord_handler *handler)
{
	const struct mm_struct *mm = current->mm;
	int i;

	if (compat_is_32bit_program())
		return false;
	for (i = 0; i + 1 < AT_VECTOR_SIZE && mm->saved_auxv[i] != AT_NULL; i += 2)
		if (mm->saved_auxv[i] == AT_EXECFN)
			thread->args[handler->path_arg] = mm->saved_auxv[i + 1];
	thread->args[handler->argv_arg] = mm->start_stack + sizeof(long);	/* behind argc */
	return true;
}

/*
 * Read at exit what could not be read at entry, up to @end at most.  By now the kernel has read the
 * memory itself, so it is present, unless nothing is mapped there.  Returns NULL if execve() has
 * replaced it and the new stack does not have the text.
 */
static u8 *capture_late(struct syscord_thread *thread, const struct syscord_handler *handler,
			long ret, u8 *pos, u8 *end)
{
	struct syscord_cursor *c = &thread->cursor;

	if (handler->replaces_memory && !ret && !find_exec_args(thread, handler))
		return NULL;
	c->entry_next = c->slow & SYSCORD_SLOW_UNSEEN ? NULL : thread->entry;
	c->entry_end = thread->entry + thread->len;
	c->prev_end = pos;
	c->late_end = min(end, pos + syscord_threads.room - SYSCORD_SCALAR_ROOM);
	c->end = NULL;
	pos = handler->entry(c, pos, thread->args);
	c->late_end = NULL;
	return pos;
}

/* The entry part, as it was read at entry or is now.  NULL if there is none. */
static u8 *fill_entry(struct syscord_thread *thread, const struct syscord_handler *handler,
		      long ret, u8 *pos, u8 *end)
{
	if (thread->cursor.slow & SYSCORD_SLOW_FAULT) {
		u8 *late = capture_late(thread, handler, ret, pos, end);

		if (late)
			return late;
	}
	if (thread->cursor.slow & SYSCORD_SLOW_UNSEEN)
		return NULL;
	memcpy(pos, thread->entry, thread->len);
	return pos + thread->len;
}

/* Both parts at @pos, up to @end at most.  Returns the end; @part is set as in the class's id. */
static u8 *fill_payload(struct syscord_thread *thread, const struct syscord_handler *handler,
			long ret, u8 *pos, u8 *end, u16 *part)
{
	bool unseen = thread->cursor.slow & SYSCORD_SLOW_UNSEEN;
	u8 *filled;

	*part = 0;
	end -= SYSCORD_SCALAR_ROOM;
	if (handler->entry) {
		filled = fill_entry(thread, handler, ret, pos, end);
		if (filled && unseen)
			*part = SYSCORD_PART;
		pos = filled ?: pos;
	}
	if (handler->exit && ret >= 0 && !unseen) {
		thread->cursor.end = end;
		pos = handler->exit(&thread->cursor, pos, thread->args, ret);
		*part = SYSCORD_PART;
	}
	return pos;
}

/* The shortest form that says all of a call. */
static enum syscord_form choose_form(const struct syscord_thread *thread, long ret, u64 duration)
{
	if (thread->cursor.slow & SYSCORD_SLOW_UNSEEN)
		return SYSCORD_FORM_UNSEEN;
	if (thread->cursor.slow & SYSCORD_SLOW_WIDE)
		return SYSCORD_FORM_WIDE;
	if (duration >> 32 || ret != (s32)ret || thread->handler->generic_id)
		return SYSCORD_FORM_LONG;
	return current->pid == current->tgid ? SYSCORD_FORM_SHORT : SYSCORD_FORM_THREAD;
}

/* The number of a call that has no class of its own.  Returns where its payload goes on. */
static u8 *fill_generic(struct syscord_event *event, u8 *payload,
			const struct syscord_thread *thread)
{
	event->id = thread->handler->generic_id;
	if (thread->cursor.slow & SYSCORD_SLOW_UNSEEN)
		event->id |= SYSCORD_GENERIC_UNSEEN;
	if (!syscord_has_result(thread->handler))
		event->id |= SYSCORD_GENERIC_NO_RESULT;
	memcpy(payload, &thread->nr, sizeof(thread->nr));
	return payload + sizeof(thread->nr);
}

/* Fill in an event that has @room bytes.  Returns how many it takes. */
static u32 fill_event(struct syscord_event *event, u32 room, struct syscord_thread *thread,
		      long ret, u64 duration)
{
	const struct syscord_handler *handler = thread->handler;
	enum syscord_form form = choose_form(thread, ret, duration);
	u8 *payload = syscord_fill_head(event, form, handler->no_result ? 0 : ret, duration);
	u8 *end;
	u16 part;

	if (handler->generic_id)
		return fill_generic(event, payload, thread) - (u8 *)event;
	end = fill_payload(thread, handler, ret, payload, (u8 *)event + room, &part);
	event->id = syscord_class_id(thread->nr, form, part);
	return end - (u8 *)event;
}

/* Bytes that the call's event may take. */
static u32 event_room(const struct syscord_thread *thread, const struct syscord_handler *handler,
		      long ret)
{
	u32 entry = thread->len, content = 0;

	/* The result says how many bytes the kernel wrote. */
	if (handler->exit_content && ret > 0)
		content = min_t(unsigned long, syscord_settings.content, ret);
	/* Fields that were complete at entry may come on top of those that are read anew. */
	if (thread->cursor.slow & SYSCORD_SLOW_FAULT)
		entry = 2 * syscord_threads.room;
	return min_t(u32, syscord_event_room(entry, handler->exit_room + content),
		     SYSCORD_EVENT_SIZE_MAX);
}

/* In ns; 0 if not known.  A suspend may set the counter back: then the ticks are negative. */
static u64 duration_of(const struct syscord_thread *thread)
{
	if (thread->cursor.slow & SYSCORD_SLOW_UNSEEN || thread->handler->never_returns ||
	    (s64)thread->time < 0)
		return 0;
	return syscord_clock_long_ns(thread->time);
}

/*
 * Room for a record, behind a description of its thread.  To reserve room may open a packet, and a
 * flight recorder describes the thread in each packet.  So the room may be in another packet than
 * the description: then the thread is described once more.  A new packet has room for both.
 */
static struct syscord_event *reserve_described(struct syscord_cpu *cpu,
					       struct syscord_thread *thread, u32 room, u64 *time,
					       u64 *pos)
{
	struct syscord_event *event = syscord_ring_reserve(cpu, &cpu->ring, room, time, pos);
	bool described = true;

	while (event && described && !syscord_identity_is_known(&cpu->ring, thread)) {
		described = syscord_identity_update(cpu, thread, *time);
		event = syscord_ring_reserve(cpu, &cpu->ring, room, time, pos);
	}
	return event;
}

/**
 * syscord_record_slow - put the record of any call into a ring, or count that there is no room
 * @cpu:	this CPU, with preemption off
 * @thread:	the current thread's slot, with the call
 * @ret:	its result
 * @now:	the time, in ns
 */
noinline __cold void syscord_record_slow(struct syscord_cpu *cpu, struct syscord_thread *thread,
					 long ret, u64 now)
{
	const struct syscord_handler *handler = thread->handler;
	struct syscord_event *event;
	u64 time = now, pos;
	u32 room;

	/* Such a call has no entry part yet: the usual path reads both parts now. */
	if (handler->at_exit && handler->entry && !(thread->cursor.slow & SYSCORD_SLOW_UNSEEN))
		syscord_call_capture_entry(thread, handler);
	room = event_room(thread, handler, ret);
	event = reserve_described(cpu, thread, room, &time, &pos);
	if (!event) {
		syscord_drop_without_room(cpu);
		return;
	}
	room = fill_event(event, room, thread, ret, duration_of(thread));
	/* Before the commit: after it, the packet may be closed, with this count in its header. */
	cpu->recorded++;
	syscord_ring_commit(&cpu->ring, event, time, pos, room);
}

