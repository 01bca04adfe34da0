// SPDX-License-Identifier: GPL-2.0
/*
 * The hot path: what runs at every entry and exit of a syscall.
 *
 * Probes on sys_enter and sys_exit run with preemption off before Linux 6.13, and with preemption
 * on since.  Here it is turned off on both, which makes this CPU's ring ours and holds off RCU's
 * grace period.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/auxvec.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm_types.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>
#include <linux/unistd.h>
#include <asm/syscall.h>
#include <trace/events/sched.h>
#include <trace/events/syscalls.h>
#include <trace/events/task.h>

#include "compat/abi.h"
#include "compat/process_exit.h"
#include "event.h"
#include "filter.h"
#include "handlers.h"
#include "hooks.h"
#include "identity.h"
#include "names.h"
#include "params.h"
#include "stats.h"
#include "threads.h"
#include "writer.h"

/* 32-bit calls are not decoded, but come back as their 64-bit namesakes do. */
static const struct syscord_handler compat_never_returns = { .never_returns = true };
static const struct syscord_handler compat_no_result = { .no_result = true };
static const struct syscord_handler compat_returns_twice = {
	.ret_kind = SYSCORD_S32,
	.returns_twice = true,
};

static struct syscord_set never_returning __ro_after_init;
static struct syscord_set without_result __ro_after_init;
static struct syscord_set returning_twice __ro_after_init;

static const struct syscord_handler *compat_handler(long nr)
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
	return unlikely(compat) ? compat_handler(nr) : syscord_handler(nr);
}

static void drop(struct syscord_cpu *cpu, enum syscord_drop cause)
{
	WRITE_ONCE(cpu->dropped[cause], cpu->dropped[cause] + 1);
}

/* Read the entry's fields into the thread's slot. */
static void capture_entry(struct syscord_thread *thread, const struct syscord_handler *handler)
{
	struct syscord_cursor c = {
		.pos = thread->entry,
		.end = thread->entry + syscord_threads.room - SYSCORD_SCALAR_ROOM,
		.content = syscord_params.content,
	};

	handler->entry(&c, thread->args);
	thread->len = c.pos - thread->entry;
	thread->addr_room = c.addr_room;
	thread->fault = c.fault;
	thread->wide = c.wide;
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
 * Read at exit what could not be read at entry.  By now the kernel has read the memory itself, and
 * so faulted it in, unless it is not there at all.
 */
static bool capture_late(struct syscord_cursor *c, struct syscord_thread *thread,
			 const struct syscord_handler *handler, long ret)
{
	u8 *end = c->end;

	if (handler->replaces_memory && !ret && !find_exec_args(thread, handler))
		return false;
	c->late = true;
	/* Of an unseen call, the form was chosen without a look at the arguments. */
	c->wide = thread->unseen;
	c->earlier = thread->unseen ? NULL : thread->entry;
	c->earlier_end = thread->entry + thread->len;
	c->after = c->pos;
	c->end = min(end, c->pos + syscord_threads.room - SYSCORD_SCALAR_ROOM);
	handler->entry(c, thread->args);
	c->late = false;
	c->earlier = NULL;
	c->end = end;
	return true;
}

/* The entry part, as it was read at entry or is now.  False if there is none. */
static __always_inline bool fill_entry(struct syscord_cursor *c, struct syscord_thread *thread,
				       const struct syscord_handler *handler, long ret)
{
	if (unlikely(thread->fault) && capture_late(c, thread, handler, ret))
		return true;
	if (unlikely(thread->unseen))
		return false;
	memcpy(c->pos, thread->entry, thread->len);
	c->pos += thread->len;
	return true;
}

/* Both parts into @room bytes at @payload.  Returns the end; @part is set as in the class's id. */
static __always_inline u8 *fill_payload(u8 *payload, u32 room, struct syscord_thread *thread,
					const struct syscord_handler *handler, long ret, u16 *part)
{
	struct syscord_cursor c = {
		.pos = payload,
		.end = payload + room - SYSCORD_SCALAR_ROOM,
		.content = syscord_params.content,
		.addr_room = thread->addr_room,
	};

	*part = 0;
	if (handler->entry && fill_entry(&c, thread, handler, ret) && unlikely(thread->unseen))
		*part = SYSCORD_PART;
	if (handler->exit && ret >= 0 && likely(!thread->unseen)) {
		handler->exit(&c, thread->args, ret);
		*part = SYSCORD_PART;
	}
	return c.pos;
}

/* The shortest form that says all of a call. */
static __always_inline enum syscord_form choose_form(const struct syscord_thread *thread, long ret,
						     u64 duration)
{
	if (unlikely(thread->unseen))
		return SYSCORD_FORM_UNSEEN;
	if (unlikely(thread->wide))
		return SYSCORD_FORM_WIDE;
	if (unlikely(duration >> 32 || ret != (s32)ret || thread->other))
		return SYSCORD_FORM_LONG;
	return current->pid == current->tgid ? SYSCORD_FORM_SHORT : SYSCORD_FORM_THREAD;
}

/* Who called, for how long, with what result.  Returns where the payload begins. */
static __always_inline u8 *fill_head(struct syscord_event *event, enum syscord_form form, s64 ret,
				     u64 duration)
{
	struct syscord_call_thread *thread = (struct syscord_call_thread *)event;
	struct syscord_call_short *brief = (struct syscord_call_short *)event;
	struct syscord_call_long *full = (struct syscord_call_long *)event;

	event->tid = current->pid;
	if (likely(form == SYSCORD_FORM_SHORT)) {
		brief->duration = duration;
		brief->ret = ret;
		return brief->payload;
	}
	if (form == SYSCORD_FORM_THREAD) {
		thread->pid = current->tgid;
		thread->duration = duration;
		thread->ret = ret;
		return thread->payload;
	}
	full->pid = current->tgid;
	full->duration = duration;
	full->ret = ret;
	return full->payload;
}

/* The number of a call that has no class of its own.  Returns where its payload goes on. */
static u8 *fill_other(struct syscord_event *event, u8 *payload, const struct syscord_thread *thread)
{
	event->id = thread->other;
	if (thread->unseen)
		event->id |= SYSCORD_OTHER_UNSEEN;
	if (!syscord_has_result(thread->handler))
		event->id |= SYSCORD_OTHER_NO_RESULT;
	memcpy(payload, &thread->nr, sizeof(thread->nr));
	return payload + sizeof(thread->nr);
}

/* Returns the event's bytes; it has @room. */
static __always_inline u32 fill_event(struct syscord_event *event, u32 room,
				      struct syscord_thread *thread,
				      const struct syscord_handler *handler, long ret, u64 duration)
{
	enum syscord_form form = choose_form(thread, ret, duration);
	u8 *payload = fill_head(event, form, unlikely(handler->no_result) ? 0 : ret, duration);
	u8 *end;
	u16 part;

	if (unlikely(thread->other))
		return fill_other(event, payload, thread) - (u8 *)event;
	end = fill_payload(payload, room - (payload - (u8 *)event), thread, handler, ret, &part);
	event->id = syscord_class_id(thread->nr, form, part);
	return end - (u8 *)event;
}

/* Bytes that an event may take: what it will be is known only once the memory has been read. */
static __always_inline u32 event_room(const struct syscord_thread *thread,
				      const struct syscord_handler *handler, long ret)
{
	u32 room = sizeof(struct syscord_call_long) + SYSCORD_SCALAR_ROOM + handler->exit_room;

	/* No call writes more content than it says. */
	if (handler->exit_content && ret > 0)
		room += min_t(unsigned long, syscord_params.content, ret);
	/* Late, fields that were whole at entry may come on top of newly read ones. */
	room += unlikely(thread->fault) ? 2 * syscord_threads.room : thread->len;
	return min_t(u32, room, SYSCORD_EVENT_MOST);
}

/* One record, into this CPU's ring.  False if it has no room. */
static __always_inline bool put_record(struct syscord_cpu *cpu, struct syscord_thread *thread,
				       long ret, u64 now)
{
	const struct syscord_handler *handler = thread->handler;
	u32 room = event_room(thread, handler, ret);
	struct syscord_event *event;
	u64 time = now, pos;

	event = syscord_ring_reserve(cpu, &cpu->ring, room, &time, &pos);
	/* Looked at when the packet is known: a flight recorder's says anew who it is. */
	if (unlikely(event && !syscord_identity_is_known(&cpu->ring, thread))) {
		syscord_identity_update(cpu, thread, now);
		event = syscord_ring_reserve(cpu, &cpu->ring, room, &time, &pos);
	}
	if (unlikely(!event))
		return false;
	/* The clock may step back a little when it is adjusted. */
	room = fill_event(event, room, thread, handler, ret,
			  likely(now > thread->time) ? now - thread->time : 0);
	/* Before the event is in the ring: its packet may be closed as soon as it is. */
	WRITE_ONCE(cpu->recorded, cpu->recorded + 1);
	syscord_ring_commit(&cpu->ring, event, time, pos, room);
	return true;
}

static noinline void drop_record(struct syscord_cpu *cpu)
{
	if (!cpu->ring.base)
		drop(cpu, SYSCORD_DROP_CPU);
	else
		drop(cpu, syscord_writer_stalled() ? SYSCORD_DROP_SINK : SYSCORD_DROP_RING);
}

/* From here on, an interrupt leaves this CPU's ring alone. */
static __always_inline void begin_work(struct syscord_ring *ring)
{
	WRITE_ONCE(ring->busy, true);
	barrier();
}

/* The writer wanted the packet closed meanwhile. */
static noinline void close_as_asked(struct syscord_cpu *cpu)
{
	begin_work(&cpu->ring);
	syscord_ring_close(cpu);
	WRITE_ONCE(cpu->ring.close, false);
	barrier();
	WRITE_ONCE(cpu->ring.busy, false);
}

static __always_inline void end_work(struct syscord_cpu *cpu)
{
	barrier();
	WRITE_ONCE(cpu->ring.busy, false);
	barrier();
	if (unlikely(READ_ONCE(cpu->ring.close)))
		close_as_asked(cpu);
}

static __always_inline void record(struct syscord_cpu *cpu, struct syscord_thread *thread, long ret,
				   u64 now)
{
	begin_work(&cpu->ring);
	if (unlikely(!put_record(cpu, thread, ret, now)))
		drop_record(cpu);
	end_work(cpu);
}

/* A task's description, where it is wanted. */
static void describe(struct task_struct *task, enum syscord_reason reason, const char *comm)
{
	struct syscord_cpu *cpu = this_cpu_ptr(&syscord_cpus);

	if (syscord_params.sink != SYSCORD_SINK_CTF)
		return;
	begin_work(&cpu->ring);
	syscord_identity_write(cpu, task, reason, comm, ktime_get_mono_fast_ns());
	end_work(cpu);
}

/* What the slot says of any call. */
static __always_inline void begin_call(struct syscord_thread *thread, long nr, bool compat)
{
	const struct syscord_handler *handler = handler_of(nr, compat);

	thread->handler = handler;
	thread->nr = nr;
	thread->other = 0;
	if (unlikely(compat))
		thread->other = SYSCORD_ID_COMPAT;
	else if (unlikely(handler == &syscord_handler_default && !syscord_name(nr, false)))
		thread->other = SYSCORD_ID_UNKNOWN;
	thread->len = 0;
	thread->fault = false;
	thread->wide = false;
	thread->unseen = false;
}

static void begin_unseen_call(struct syscord_thread *thread, long nr, bool compat)
{
	begin_call(thread, nr, compat);
	thread->unseen = true;
	thread->time = U64_MAX;
}

/* There is no exit to come, so the record is written now. */
static noinline void record_last_call(struct syscord_thread *thread)
{
	record(this_cpu_ptr(&syscord_cpus), thread, 0, thread->time);
	thread->active = false;
}

/* The table is full: calls that return are counted when they do. */
static noinline void miss_entry(long nr, bool compat)
{
	if (handler_of(nr, compat)->never_returns)
		drop(this_cpu_ptr(&syscord_cpus), SYSCORD_DROP_THREADS);
}

/* The entry of a task that the filter wants. */
static noinline void on_wanted_entry(const struct syscord_filter *filter, struct pt_regs *regs,
				     long nr)
{
	bool compat = compat_is_32bit_call();
	struct syscord_thread *thread;

	if (!syscord_filter_has_syscall(filter, nr, compat))
		return;
	thread = syscord_thread_get(current);
	if (unlikely(!thread)) {
		miss_entry(nr, compat);
		return;
	}
	begin_call(thread, nr, compat);
	thread->time = ktime_get_mono_fast_ns();
	if (thread->handler->entry || thread->handler->exit)
		syscall_get_arguments(current, regs, thread->args);
	if (thread->handler->entry)
		capture_entry(thread, thread->handler);
	thread->active = true;
	if (unlikely(thread->handler->never_returns))
		record_last_call(thread);
}

/* The exit of a call whose entry was seen. */
static noinline void on_awaited_exit(struct syscord_thread *thread, long ret)
{
	record(this_cpu_ptr(&syscord_cpus), thread, ret, ktime_get_mono_fast_ns());
	thread->active = false;
}

/*
 * The exit of a call whose entry was not: it was under way when the recording, or the filter, began
 * to want it, or a seccomp filter or a debugger answered in the kernel's place.
 */
static noinline void on_unseen_exit(const struct syscord_filter *filter, struct pt_regs *regs,
				    long ret)
{
	struct syscord_cpu *cpu = this_cpu_ptr(&syscord_cpus);
	long nr = syscall_get_nr(current, regs);
	bool compat = compat_is_32bit_call();
	struct syscord_thread *thread;

	/* A new process or thread comes out of a call that its parent made. */
	if (!ret && handler_of(nr, compat)->returns_twice)
		return;
	if (!syscord_filter_has_syscall(filter, nr, compat)) {
		WRITE_ONCE(cpu->filtered, cpu->filtered + 1);
		return;
	}
	thread = syscord_thread_get(current);
	if (unlikely(!thread)) {
		drop(cpu, SYSCORD_DROP_THREADS);
		return;
	}
	begin_unseen_call(thread, nr, compat);
	record(cpu, thread, ret, ktime_get_mono_fast_ns());
}

/*
 * A task that the filter wants under the name of its new program, and not under the old one.  The
 * call will end as one of the new program's ABI, whose table the number may not be of; so what it
 * is gets noted here.  Its arguments are on the new stack.
 */
static noinline void on_unseen_exec(const struct syscord_filter *filter)
{
	long nr = syscall_get_nr(current, task_pt_regs(current));
	struct syscord_thread *thread;

	nr = nr == __NR_execveat ? __NR_execveat : __NR_execve;
	if (!syscord_filter_has_syscall(filter, nr, false))
		return;
	thread = syscord_thread_get(current);
	if (unlikely(!thread))
		return;	/* counted at exit */
	begin_unseen_call(thread, nr, false);
	thread->fault = thread->handler->replaces_memory;
	thread->active = true;
}

static void probe_sys_enter(void *data, struct pt_regs *regs, long nr)
{
	const struct syscord_filter *filter;

	preempt_disable_notrace();
	filter = syscord_filter_current();
	if (syscord_filter_matches(filter, current))
		on_wanted_entry(filter, regs, nr);
	preempt_enable_notrace();
}

static void probe_sys_exit(void *data, struct pt_regs *regs, long ret)
{
	const struct syscord_filter *filter;
	struct syscord_thread *thread;

	preempt_disable_notrace();
	thread = syscord_thread_find(current);
	filter = syscord_filter_current();
	if (unlikely(thread && thread->active))
		on_awaited_exit(thread, ret);
	else if (syscord_filter_matches(filter, current))
		on_unseen_exit(filter, regs, ret);
	else
		this_cpu_inc(syscord_cpus.filtered);
	preempt_enable_notrace();
}

/* In execve(), once the new program is there, and nothing can go wrong any more. */
static void probe_process_exec(void *data, struct task_struct *task, pid_t old_pid,
			       struct linux_binprm *bprm)
{
	const struct syscord_filter *filter;
	struct syscord_thread *thread;

	preempt_disable_notrace();
	thread = syscord_thread_find(current);
	filter = syscord_filter_current();
	if (!(thread && thread->active) && syscord_filter_matches(filter, current))
		on_unseen_exec(filter);
	if (syscord_thread_find(current))
		describe(current, SYSCORD_REASON_EXEC, current->comm);
	preempt_enable_notrace();
}

/* In the task that ends, after its last syscall. */
static void probe_process_exit(COMPAT_PROCESS_EXIT_ARGS)
{
	preempt_disable_notrace();
	if (syscord_thread_find(current)) {
		describe(current, SYSCORD_REASON_EXIT, current->comm);
		syscord_thread_put(current);
	}
	preempt_enable_notrace();
}

/* In the parent, before the child runs. */
static void probe_process_fork(void *data, struct task_struct *parent, struct task_struct *child)
{
	preempt_disable_notrace();
	if (syscord_filter_matches(syscord_filter_current(), current))
		describe(child, SYSCORD_REASON_FORK, child->comm);
	preempt_enable_notrace();
}

/* Before the task has its new name, which it or another gave it. */
static void probe_task_rename(void *data, struct task_struct *task, const char *comm)
{
	preempt_disable_notrace();
	/* Through /proc a name may be given to one that has just ended. */
	if (pid_alive(task) && syscord_filter_matches(syscord_filter_current(), task))
		describe(task, SYSCORD_REASON_RENAME, comm);
	preempt_enable_notrace();
}

/**
 * struct hook - a probe and its tracepoint
 * @name:	of the tracepoint, which kernels do not export to modules
 * @probe:	what it calls
 * @tracepoint:	found when the module is loaded
 */
struct hook {
	const char *name;
	void *probe;
	struct tracepoint *tracepoint;
};

/* In the order in which they are registered: what gives back a slot comes before what takes one. */
static struct hook hooks[] __ro_after_init = {
	{ "sched_process_exit", probe_process_exit },
	{ "sched_process_exec", probe_process_exec },
	{ "sched_process_fork", probe_process_fork },
	{ "task_rename", probe_task_rename },
	{ "sys_enter", probe_sys_enter },
	{ "sys_exit", probe_sys_exit },
};

static void __init find_hook(struct tracepoint *tracepoint, void *unused)
{
	size_t i;

	/* Tracepoints take any function; these refuse one of another type at compile time. */
	check_trace_callback_type_sched_process_exit(probe_process_exit);
	check_trace_callback_type_sched_process_exec(probe_process_exec);
	check_trace_callback_type_sched_process_fork(probe_process_fork);
	check_trace_callback_type_task_rename(probe_task_rename);
	check_trace_callback_type_sys_enter(probe_sys_enter);
	check_trace_callback_type_sys_exit(probe_sys_exit);
	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		if (!strcmp(tracepoint->name, hooks[i].name))
			hooks[i].tracepoint = tracepoint;
}

static void unregister_first(size_t count)
{
	while (count--)
		tracepoint_probe_unregister(hooks[count].tracepoint, hooks[count].probe, NULL);
	/* After this no probe is running, and none will. */
	tracepoint_synchronize_unregister();
}

/* What handlers say of a syscall's return holds for its 32-bit namesake. */
static void __init learn_compat(void)
{
	unsigned int nr;

	for (nr = 0; nr < syscord_nr_handlers; nr++) {
		const struct syscord_handler *handler = syscord_handlers[nr];

		if (handler && handler->never_returns)
			syscord_set_add(&never_returning, handler->name);
		if (handler && handler->no_result)
			syscord_set_add(&without_result, handler->name);
		if (handler && handler->returns_twice)
			syscord_set_add(&returning_twice, handler->name);
	}
	/* Calls that only 32-bit tasks have, here or on arm64. */
	syscord_set_add(&without_result, "sigreturn");
	syscord_set_add(&returning_twice, "fork");
	syscord_set_add(&returning_twice, "vfork");
}

static int __init register_hook(const struct hook *hook)
{
	int err;

	if (!hook->tracepoint) {
		pr_err("this kernel has no tracepoint %s: it needs one with CONFIG_FTRACE_SYSCALLS\n",
		       hook->name);
		return -ENODEV;
	}
	err = tracepoint_probe_register(hook->tracepoint, hook->probe, NULL);
	if (err)
		pr_err("no probe on tracepoint %s: error %d\n", hook->name, err);
	return err;
}

/**
 * syscord_hooks_register - begin to record
 *
 * Return: 0, or a negative errno with a line in the kernel log; then no probe is registered.
 */
int __init syscord_hooks_register(void)
{
	size_t i;
	int err;

	learn_compat();
	for_each_kernel_tracepoint(find_hook, NULL);
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		err = register_hook(&hooks[i]);
		if (err) {
			unregister_first(i);
			return err;
		}
	}
	return 0;
}

/**
 * syscord_hooks_unregister - end recording; when it returns, no probe is running
 */
void syscord_hooks_unregister(void)
{
	unregister_first(ARRAY_SIZE(hooks));
}
