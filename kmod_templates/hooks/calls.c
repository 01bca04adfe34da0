// SPDX-License-Identifier: GPL-2.0
/*
 * The hot path: what runs at every entry and exit of a syscall.
 *
 * Probes on sys_enter and sys_exit run with preemption off before Linux 6.13, and with preemption
 * on since.  Nothing here relies on either: the filter is kept by the tracepoint's own grace
 * period, a slot belongs to its thread wherever that runs, and preemption is turned off where a
 * record goes into this CPU's ring.
 */
#include <linux/align.h>
#include <linux/auxvec.h>
#include <linux/kernel.h>
#include <linux/mm_types.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/unistd.h>
#include <asm/syscall.h>

#include "capture/copy_words.h"
#include "capture/cursor.h"
#include "capture/handlers.h"
#include "capture/names.h"
#include "compat/in_compat_syscall.h"
#include "compat/syscall_get_arguments.h"
#include "hooks/calls.h"
#include "hooks/filter.h"
#include "hooks/untrace.h"
#include "params/params.h"
#include "ring/clock.h"
#include "ring/event.h"
#include "ring/stats.h"
#include "tasks/identity.h"
#include "tasks/threads.h"
#include "write/writer.h"

/* 32-bit calls are not decoded, but come back as their 64-bit namesakes do. */
#define COMPAT_HANDLER		.slow = SYSCORD_SLOW_CALL, .generic_id = SYSCORD_ID_COMPAT

static const struct syscord_handler compat_never_returns = {
	COMPAT_HANDLER,
	.entry_work = SYSCORD_WORK_RECORD,
	.never_returns = true,
};

static const struct syscord_handler compat_no_result = {
	COMPAT_HANDLER,
	.no_result = true,
};

static const struct syscord_handler compat_returns_twice = {
	COMPAT_HANDLER,
	.ret_kind = SYSCORD_S32,
	.returns_twice = true,
};

static struct syscord_set never_returning __ro_after_init;
static struct syscord_set without_result __ro_after_init;
static struct syscord_set returning_twice __ro_after_init;

/* By number, without a gap. */
static const struct syscord_handler *handlers[SYSCORD_NR_MAX] __ro_after_init;

static noinline const struct syscord_handler *compat_handler(long nr)
{
	if (syscord_set_has(&never_returning, nr, true))
		return &compat_never_returns;
	if (syscord_set_has(&without_result, nr, true))
		return &compat_no_result;
	if (syscord_set_has(&returning_twice, nr, true))
		return &compat_returns_twice;
	return &syscord_handler_compat;
}

static __always_inline const struct syscord_handler *handler_of(long nr, bool compat)
{
	if (unlikely(compat))
		return compat_handler(nr);
	if (unlikely((unsigned long)nr >= SYSCORD_NR_MAX))
		return &syscord_handler_unknown;
	return handlers[array_index_nospec(nr, SYSCORD_NR_MAX)];
}

static void drop(struct syscord_cpu *cpu, enum syscord_drop cause)
{
	WRITE_ONCE(cpu->dropped[cause], cpu->dropped[cause] + 1);
}

/* Read the entry's fields into the thread's slot. */
static __always_inline void capture_entry(struct syscord_thread *thread,
					  const struct syscord_handler *handler)
{
	struct syscord_cursor *c = &thread->cursor;

	c->end = thread->entry + syscord_threads.room - SYSCORD_SCALAR_ROOM;
	thread->len = handler->entry(c, thread->entry, thread->args) - thread->entry;
	/* With content at exit as well, it might be more than an event can have. */
	if (unlikely(thread->len > SYSCORD_EVENT_MOST / 4))
		c->slow |= SYSCORD_SLOW_CALL;
}

/*
 * After a successful execve() the arguments' memory is gone, but what they said stands on the new
 * stack: the path as the program's own name for itself, the arguments where it begins.  False if
 * the new program is a 32-bit one, whose stack is laid out otherwise.
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
 * memory itself, and so faulted it in, unless it is not there at all.  Returns NULL if there is
 * nothing to be read any more.
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

/* Who called, for how long, with what result.  Returns where the payload begins. */
static __always_inline u8 *fill_head(struct syscord_event *event, enum syscord_form form, s64 ret,
				     u64 duration)
{
	struct syscord_call_thread *thread = (struct syscord_call_thread *)event;
	struct syscord_call_short *short_call = (struct syscord_call_short *)event;
	struct syscord_call_long *long_call = (struct syscord_call_long *)event;

	event->tid = current->pid;
	if (form == SYSCORD_FORM_SHORT) {
		short_call->duration = duration;
		short_call->ret = ret;
		return short_call->payload;
	}
	if (form == SYSCORD_FORM_THREAD) {
		thread->pid = current->tgid;
		thread->duration = duration;
		thread->ret = ret;
		return thread->payload;
	}
	long_call->pid = current->tgid;
	long_call->duration = duration;
	long_call->ret = ret;
	return long_call->payload;
}

/* The number of a call that has no class of its own.  Returns where its payload goes on. */
static u8 *fill_generic(struct syscord_event *event, u8 *payload, const struct syscord_thread *thread)
{
	event->id = thread->handler->generic_id;
	if (thread->cursor.slow & SYSCORD_SLOW_UNSEEN)
		event->id |= SYSCORD_GENERIC_UNSEEN;
	if (!syscord_has_result(thread->handler))
		event->id |= SYSCORD_GENERIC_NO_RESULT;
	memcpy(payload, &thread->nr, sizeof(thread->nr));
	return payload + sizeof(thread->nr);
}

/* Returns the event's bytes; it has @room. */
static u32 fill_event(struct syscord_event *event, u32 room, struct syscord_thread *thread,
		      long ret, u64 duration)
{
	const struct syscord_handler *handler = thread->handler;
	enum syscord_form form = choose_form(thread, ret, duration);
	u8 *payload = fill_head(event, form, handler->no_result ? 0 : ret, duration);
	u8 *end;
	u16 part;

	if (handler->generic_id)
		return fill_generic(event, payload, thread) - (u8 *)event;
	end = fill_payload(thread, handler, ret, payload, (u8 *)event + room, &part);
	event->id = syscord_class_id(thread->nr, form, part);
	return end - (u8 *)event;
}

/* Bytes that an event may take: what it will be is known only once the memory has been read. */
static __always_inline u32 event_room(const struct syscord_thread *thread,
				      const struct syscord_handler *handler)
{
	return sizeof(struct syscord_call_long) + SYSCORD_SCALAR_ROOM + thread->len +
	       handler->exit_room;
}

/* The same of any call. */
static u32 slow_event_room(const struct syscord_thread *thread,
			  const struct syscord_handler *handler, long ret)
{
	u32 room = event_room(thread, handler);

	/* No call writes more content than it says. */
	if (handler->exit_content && ret > 0)
		room += min_t(unsigned long, syscord_params.content, ret);
	/* Late, what was whole at entry may come on top of what is read anew. */
	if (thread->cursor.slow & SYSCORD_SLOW_FAULT)
		room += 2 * syscord_threads.room - thread->len;
	return min_t(u32, room, SYSCORD_EVENT_MOST);
}

/* In ns; 0 of what began before the counter was set back, as when the machine slept. */
static u64 slow_duration(const struct syscord_thread *thread)
{
	if (thread->cursor.slow & SYSCORD_SLOW_UNSEEN || thread->handler->never_returns ||
	    (s64)thread->time < 0)
		return 0;
	return syscord_clock_long_ns(thread->time);
}

static void drop_record(struct syscord_cpu *cpu)
{
	if (!cpu->ring.base)
		drop(cpu, SYSCORD_DROP_CPU);
	else
		drop(cpu, syscord_writer_stalled() ? SYSCORD_DROP_SINK : SYSCORD_DROP_RING);
}

/* One record of any call, into this CPU's ring, for which there may be no room. */
static noinline __cold void put_slow_record(struct syscord_cpu *cpu, struct syscord_thread *thread,
					   long ret, u64 now)
{
	const struct syscord_handler *handler = thread->handler;
	struct syscord_event *event;
	u64 time = now, pos;
	u32 room;

	/* It was to be read whole now, but is not as it mostly is. */
	if (handler->at_exit && handler->entry && !(thread->cursor.slow & SYSCORD_SLOW_UNSEEN))
		capture_entry(thread, handler);
	room = slow_event_room(thread, handler, ret);
	event = syscord_ring_reserve(cpu, &cpu->ring, room, &time, &pos);
	/* Looked at when the packet is known: a flight recorder's says anew who it is. */
	if (event && !syscord_identity_is_known(&cpu->ring, thread)) {
		syscord_identity_update(cpu, thread, now);
		event = syscord_ring_reserve(cpu, &cpu->ring, room, &time, &pos);
	}
	if (!event) {
		drop_record(cpu);
		return;
	}
	room = fill_event(event, room, thread, ret, slow_duration(thread));
	/* Before the event is in the ring: its packet may be closed as soon as it is. */
	cpu->recorded++;
	syscord_ring_commit(&cpu->ring, event, time, pos, room);
}

/* The payload of a call that is not odd.  NULL if it turns out to be. */
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
 * One record of a call as nearly all are, into this CPU's ring, where it fits into the open packet.
 * False if something is out of the ordinary; then nothing was done.
 */
static __always_inline bool put_usual_record(struct syscord_cpu *cpu, struct syscord_thread *thread,
					     long ret, u64 now)
{
	const struct syscord_handler *handler = thread->handler;
	struct syscord_ring *ring = &cpu->ring;
	u64 pos = ALIGN(ring->head, 2), ticks = thread->time, duration = syscord_clock_ns(ticks);
	/* Where that is not left, the long way looks how much content there is. */
	u32 room = event_room(thread, handler) + (syscord_params.content & handler->exit_content);
	struct syscord_event *event;
	u8 *end;

	/*
	 * One comparison for all that is odd: a long time, a clock that stepped back or is far
	 * ahead, a result that is no s32.
	 */
	if (unlikely((ticks | duration | (now - ring->last) | thread->cursor.slow |
		      ((u64)ret - S32_MIN)) >> 32 ||
		     pos + room > ring->limit || !syscord_identity_is_known(ring, thread)))
		return false;
	event = syscord_ring_at(ring, pos);
	event->id = syscord_class_id(thread->nr, SYSCORD_FORM_SHORT, ret < 0 ? 0 : handler->part);
	if (likely(current->pid == current->tgid)) {
		end = fill_head(event, SYSCORD_FORM_SHORT, ret, duration);
	} else {
		event->id += syscord_class_id(0, SYSCORD_FORM_THREAD, 0);
		end = fill_head(event, SYSCORD_FORM_THREAD, ret, duration);
	}
	end = fill_usual_payload(thread, handler, ret, end,
				 (u8 *)event + room - SYSCORD_SCALAR_ROOM);
	if (unlikely(!end))
		return false;
	/* Before the event is in the ring: its packet may be closed as soon as it is. */
	cpu->recorded++;
	syscord_ring_commit(ring, event, now, pos, end - (u8 *)event);
	return true;
}

/* One record.  Here preemption is off, which makes this CPU's ring ours. */
static noinline void record(struct syscord_thread *thread, long ret)
{
	struct syscord_cpu *cpu;
	u64 now, ticks;

	preempt_disable_notrace();
	cpu = this_cpu_ptr(&syscord_cpus);
	syscord_ring_begin(&cpu->ring);
	/* The writer's grace period waits for what begins here. */
	ticks = syscord_clock_ticks();
	now = syscord_clock_time(&cpu->moment, ticks);
	thread->time = ticks - thread->time;
	if (unlikely(!put_usual_record(cpu, thread, ret, now)))
		put_slow_record(cpu, thread, ret, now);
	thread->handler = NULL;
	syscord_ring_end(cpu, &cpu->ring);
	preempt_enable_notrace();
}

/* What the slot says of any call. */
static __always_inline void begin_call(struct syscord_thread *thread,
				       const struct syscord_handler *handler, long nr)
{
	thread->handler = handler;
	thread->nr = nr;
	thread->len = 0;
	thread->cursor.slow = handler->slow;
}

static noinline struct syscord_thread *seek_thread(void)
{
	return syscord_thread_find(current) ?: syscord_thread_take(current);
}

static __always_inline struct syscord_thread *get_thread(void)
{
	struct syscord_thread *thread = this_cpu_read(syscord_thread_here);

	return likely(READ_ONCE(thread->owner) == current) ? thread : seek_thread();
}

/* The entry of any call.  If the table is full, calls that return are counted when they do. */
static noinline void begin_seen_call(const struct syscord_handler *handler, struct pt_regs *regs,
				     long nr)
{
	struct syscord_thread *thread = get_thread();

	if (unlikely(!thread)) {
		if (handler->entry_work & SYSCORD_WORK_RECORD)
			this_cpu_inc(syscord_cpus.dropped[SYSCORD_DROP_THREADS]);
		return;
	}
	begin_call(thread, handler, nr);
	if (handler->entry_work & SYSCORD_WORK_ARGS)
		syscall_get_arguments(current, regs, thread->args);
	if (handler->entry_work & SYSCORD_WORK_MEMORY) {
		/* Reading memory must not sleep. */
		preempt_disable_notrace();
		capture_entry(thread, handler);
		preempt_enable_notrace();
	}
	thread->time = syscord_clock_ticks();
	if (handler->entry_work & SYSCORD_WORK_RECORD)
		record(thread, 0);
}

static noinline void begin_compat_call(struct pt_regs *regs, long nr)
{
	begin_seen_call(compat_handler(nr), regs, nr);
}

/* The entry of a call that the filter wants.  What most of them take stands here. */
static noinline void on_wanted_entry(struct pt_regs *regs, long nr)
{
	const struct syscord_handler *handler = handler_of(nr, false);
	struct syscord_thread *thread = this_cpu_read(syscord_thread_here);

	if (unlikely(compat_is_32bit_call())) {
		begin_compat_call(regs, nr);
		return;
	}
	if (unlikely(thread->owner != current) || handler->entry_work >= SYSCORD_WORK_MEMORY ||
	    !static_branch_likely(&syscord_clock_has_counter)) {
		begin_seen_call(handler, regs, nr);
		return;
	}
	if (likely(handler->entry_work == SYSCORD_WORK_ARGS))
		compat_get_three_arguments(regs, thread->args);
	else if (handler->entry_work)
		syscall_get_arguments(current, regs, thread->args);
	begin_call(thread, handler, nr);
	thread->time = get_cycles();
}

static void begin_unseen_call(struct syscord_thread *thread, const struct syscord_handler *handler,
			      long nr)
{
	begin_call(thread, handler, nr);
	thread->cursor.slow |= SYSCORD_SLOW_UNSEEN;
}

/*
 * The exit of a call whose entry was not: it was under way when the recording, or the filter, began
 * to want it, or a seccomp filter or a debugger answered in the kernel's place.
 */
static noinline void on_unseen_exit(struct pt_regs *regs, long ret)
{
	long nr = syscall_get_nr(current, regs);
	const struct syscord_handler *handler = handler_of(nr, compat_is_32bit_call());
	struct syscord_thread *thread;

	/* A new process or thread comes out of a call that its parent made. */
	if (!ret && handler->returns_twice)
		return;
	thread = get_thread();
	if (unlikely(!thread)) {
		this_cpu_inc(syscord_cpus.dropped[SYSCORD_DROP_THREADS]);
		return;
	}
	begin_unseen_call(thread, handler, nr);
	record(thread, ret);
}

/**
 * syscord_calls_begin_unseen_exec - a program was begun whose execve() nobody wanted at entry
 * @filter:	from syscord_filter_current(), which matches the current task under its new name
 *
 * The call will end as one of the new program's ABI, whose table the number may not be of; so what
 * it is gets noted here.  Its arguments are on the new stack.
 */
void syscord_calls_begin_unseen_exec(const struct syscord_filter *filter)
{
	long nr = syscall_get_nr(current, task_pt_regs(current));
	const struct syscord_handler *handler;
	struct syscord_thread *thread;

	nr = nr == __NR_execveat ? __NR_execveat : __NR_execve;
	if (!syscord_filter_has_syscall(filter, nr, false))
		return;
	thread = get_thread();
	if (unlikely(!thread))
		return;	/* counted at exit */
	handler = handler_of(nr, false);
	begin_unseen_call(thread, handler, nr);
	memset(thread->args, 0, sizeof(thread->args));
	if (handler->replaces_memory)
		thread->cursor.slow |= SYSCORD_SLOW_FAULT;
}

/*
 * Whose filter takes longer to ask.  Out of the probes, so that these need no stack: on a task that
 * is not recorded, what they save and restore would be half of what they do.
 */
static noinline void ask_at_entry(const struct syscord_filter *filter, struct pt_regs *regs,
				  long nr)
{
	struct syscord_thread *thread = syscord_thread_find(current);

	/* Should the end of an earlier call have been missed, this is not it. */
	if (thread)
		thread->handler = NULL;
	if (!syscord_filter_matches(filter, current)) {
		if (READ_ONCE(syscord_untrace_on))
			syscord_untrace_rejected(filter);
	} else if (syscord_filter_has_syscall(filter, nr, compat_is_32bit_call())) {
		on_wanted_entry(regs, nr);
	}
}

static noinline void ask_at_exit(const struct syscord_filter *filter, struct pt_regs *regs,
				 long ret)
{
	long nr = syscall_get_nr(current, regs);
	bool compat = compat_is_32bit_call();

	if (syscord_filter_matches(filter, current) &&
	    (syscord_filter_has_syscall(filter, nr, compat) ||
	     (!ret && handler_of(nr, compat)->returns_twice)))
		on_unseen_exit(regs, ret);
	else
		this_cpu_inc(syscord_cpus.filtered);
}

/* The slot was not the last to be used on this CPU. */
static noinline void seek_at_exit(const struct syscord_filter *filter, struct pt_regs *regs,
				  long ret)
{
	struct syscord_thread *thread = syscord_thread_find(current);

	if (thread && thread->handler)
		record(thread, ret);
	else
		ask_at_exit(filter, regs, ret);
}

void syscord_probe_sys_enter(void *data, struct pt_regs *regs, long nr)
{
	const struct syscord_filter *filter = syscord_filter_current();
	pid_t only = filter->only;

	if (only == current->tgid || (!only && filter->all))
		on_wanted_entry(regs, nr);
	else if (unlikely(!only))
		ask_at_entry(filter, regs, nr);
	else if (READ_ONCE(syscord_untrace_on))
		syscord_untrace_rejected(filter);
}

void syscord_probe_sys_exit(void *data, struct pt_regs *regs, long ret)
{
	struct syscord_thread *thread = this_cpu_read(syscord_thread_here);
	const struct task_struct *task = current;
	const struct syscord_filter *filter;
	pid_t only;

	if (READ_ONCE(thread->owner) == task && thread->handler) {
		record(thread, ret);
		return;
	}
	filter = syscord_filter_current();
	only = filter->only;
	if (unlikely(syscord_thread_may_be(task)))
		seek_at_exit(filter, regs, ret);
	else if (only == task->tgid)
		on_unseen_exit(regs, ret);
	else if (unlikely(!only))
		ask_at_exit(filter, regs, ret);
	else
		this_cpu_inc(syscord_cpus.filtered);
}

static void __init learn_compat(const struct syscord_handler *handler)
{
	if (handler->never_returns)
		syscord_set_add(&never_returning, handler->name);
	if (handler->no_result)
		syscord_set_add(&without_result, handler->name);
	if (handler->returns_twice)
		syscord_set_add(&returning_twice, handler->name);
}

/**
 * syscord_calls_ready - learn what must be known before the first probe
 *
 * What handlers say of a syscall's return holds for its 32-bit namesake.
 */
void __init syscord_calls_ready(void)
{
	unsigned int nr;

	for (nr = 0; nr < SYSCORD_NR_MAX; nr++) {
		handlers[nr] = syscord_handler(nr);
		if (handlers[nr] != &syscord_handler_default)
			learn_compat(handlers[nr]);
		else if (!syscord_name(nr, false))
			handlers[nr] = &syscord_handler_unknown;
	}
	/* Calls that only 32-bit tasks have, here or on arm64. */
	syscord_set_add(&without_result, "sigreturn");
	syscord_set_add(&returning_twice, "fork");
	syscord_set_add(&returning_twice, "vfork");
}
