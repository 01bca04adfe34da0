// SPDX-License-Identifier: GPL-2.0
/*
 * The hot path: what runs at every entry and exit of a syscall.
 *
 * Probes on sys_enter and sys_exit run with preemption off before Linux 6.13, and with preemption on since.  Here it
 * is turned off on both, which makes this CPU's ring ours and holds off RCU's grace period.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitmap.h>
#include <linux/compat.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>
#include <asm/syscall.h>
#include <trace/events/sched.h>
#include <trace/events/syscalls.h>

#include "event.h"
#include "filter.h"
#include "handlers.h"
#include "hooks.h"
#include "names.h"
#include "params.h"
#include "stats.h"
#include "threads.h"
#include "writer.h"

/* 32-bit calls that behave as their handlers say, though they are not decoded. */
static struct syscord_set never_returning __read_mostly;
static struct syscord_set returning_twice __read_mostly;
static struct syscord_set without_result __read_mostly;

static bool never_returns(long nr, bool compat)
{
	return compat ? syscord_set_has(&never_returning, nr, true) : syscord_handler(nr)->never_returns;
}

static bool returns_twice(long nr, bool compat)
{
	return compat ? syscord_set_has(&returning_twice, nr, true) : syscord_handler(nr)->returns_twice;
}

static bool has_no_result(long nr, bool compat)
{
	return compat ? syscord_set_has(&without_result, nr, true) : syscord_handler(nr)->no_result;
}

static const struct syscord_handler *handler_of(long nr, bool compat)
{
	return compat ? &syscord_handler_default : syscord_handler(nr);
}

/* Read the entry's fields into the thread's slot; @late if the call has already been carried out. */
static void capture_entry(struct syscord_thread *thread, const struct syscord_handler *handler, u32 late)
{
	struct syscord_cursor c = {
		.pos = thread->entry,
		.end = thread->entry + syscord_thread_room() - SYSCORD_SCALAR_ROOM,
		.content = syscord_params.content,
		.late = late,
	};

	handler->entry(&c, thread->args);
	thread->len = c.pos - thread->entry;
	thread->fault = c.fault;
}

static void drop(struct syscord_cpu *cpu, enum syscord_drop cause)
{
	WRITE_ONCE(cpu->dropped[cause], cpu->dropped[cause] + 1);
}

/* Fill in what all events have. */
static void begin_event(struct syscord_event *event, const struct syscord_thread *thread, long ret, u64 now)
{
	event->flags = thread->compat ? SYSCORD_EV_COMPAT : 0;
	event->reserved = 0;
	event->nr = thread->nr;
	event->pid = current->tgid;
	event->tid = current->pid;
	event->reserved2 = 0;
	event->time = now;
	event->duration = thread->active ? now - thread->time : 0;
	event->ret = ret;
	if (!thread->active)
		event->flags |= SYSCORD_EV_UNSEEN;
	if (has_no_result(thread->nr, thread->compat) || never_returns(thread->nr, thread->compat))
		event->flags |= SYSCORD_EV_NO_RESULT;
}

/* Put both parts behind the header.  Returns the event's size. */
static u32 fill_event(struct syscord_event *event, const struct syscord_thread *thread,
		      const struct syscord_handler *handler, long ret, u32 room)
{
	struct syscord_cursor c = {
		.pos = event->payload,
		.end = (u8 *)event + room - SYSCORD_SCALAR_ROOM,
		.content = syscord_params.content,
	};

	if (thread->active && handler->entry) {
		memcpy(c.pos, thread->entry, thread->len);
		c.pos += thread->len;
		event->flags |= SYSCORD_EV_ENTRY;
	}
	if (thread->active && handler->exit && ret >= 0) {
		handler->exit(&c, thread->args, ret);
		event->flags |= SYSCORD_EV_EXIT;
	}
	event->size = ALIGN(c.pos - (u8 *)event, 8);
	return event->size;
}

/* Bytes that an event may take: what it will be is known only once the memory has been read. */
static u32 event_room(const struct syscord_thread *thread, const struct syscord_handler *handler)
{
	u32 room = sizeof(struct syscord_event) + SYSCORD_SCALAR_ROOM + handler->exit_room;

	if (handler->exit_content)
		room += syscord_params.content;
	if (thread->active)
		room += thread->len;
	return ALIGN(room, 8);
}

/* One record, into this CPU's ring. */
static void record(struct syscord_cpu *cpu, const struct syscord_thread *thread, const struct syscord_handler *handler,
		   long ret, u64 now)
{
	u32 room = event_room(thread, handler);
	struct syscord_event *event;
	u64 pos;

	if (unlikely(!cpu->ring.base)) {
		drop(cpu, SYSCORD_DROP_CPU);
		return;
	}
	event = syscord_ring_reserve(&cpu->ring, room, &pos);
	if (unlikely(!event)) {
		drop(cpu, syscord_writer_stalled() ? SYSCORD_DROP_SINK : SYSCORD_DROP_RING);
		return;
	}
	begin_event(event, thread, ret, now);
	syscord_ring_commit(&cpu->ring, pos, fill_event(event, thread, handler, ret, room));
	WRITE_ONCE(cpu->recorded, cpu->recorded + 1);
	syscord_writer_poke(&cpu->ring);
}

static void count_seen(struct syscord_cpu *cpu)
{
	WRITE_ONCE(cpu->seen, cpu->seen + 1);
}

static void on_entry(struct pt_regs *regs, long nr)
{
	const struct syscord_filter *filter = syscord_filter_current();
	const struct syscord_handler *handler;
	struct syscord_thread *thread;
	bool compat;

	if (!syscord_filter_matches(filter, current))
		return;
	compat = in_compat_syscall();
	if (!syscord_filter_has_syscall(filter, nr, compat))
		return;
	thread = syscord_thread_get(current);
	if (unlikely(!thread))
		return;	/* counted at exit */
	handler = handler_of(nr, compat);
	thread->nr = nr;
	thread->compat = compat;
	thread->len = 0;
	thread->fault = false;
	thread->time = ktime_get_mono_fast_ns();
	if (handler->entry || handler->exit)
		syscall_get_arguments(current, regs, thread->args);
	if (handler->entry)
		capture_entry(thread, handler, 0);
	thread->active = true;
	if (unlikely(never_returns(nr, compat))) {
		struct syscord_cpu *cpu = this_cpu_ptr(&syscord_cpus);

		count_seen(cpu);
		record(cpu, thread, handler, 0, thread->time);
		thread->active = false;
	}
}

/* The end of a syscall whose entry was seen. */
static void end_call(struct syscord_cpu *cpu, struct syscord_thread *thread, long ret)
{
	const struct syscord_handler *handler = handler_of(thread->nr, thread->compat);

	count_seen(cpu);
	/* By now the kernel has read the memory itself, and so faulted it in, unless it is not there at all. */
	if (unlikely(thread->fault) && !(handler->replaces_memory && ret >= 0))
		capture_entry(thread, handler, SYSCORD_MARK_LATE);
	record(cpu, thread, handler, ret, ktime_get_mono_fast_ns());
	thread->active = false;
}

/* The end of a syscall that nobody saw begin: it was under way when the recording, or the filter, began to want it. */
static void end_unseen_call(struct syscord_cpu *cpu, struct pt_regs *regs, long ret)
{
	const struct syscord_filter *filter = syscord_filter_current();
	long nr = syscall_get_nr(current, regs);
	bool compat = in_compat_syscall();
	struct syscord_thread *thread;

	/* A new process or thread comes out of a call that its parent made. */
	if (!ret && returns_twice(nr, compat))
		return;
	count_seen(cpu);
	if (!syscord_filter_matches(filter, current) || !syscord_filter_has_syscall(filter, nr, compat)) {
		WRITE_ONCE(cpu->filtered, cpu->filtered + 1);
		return;
	}
	thread = syscord_thread_get(current);
	if (unlikely(!thread)) {
		drop(cpu, SYSCORD_DROP_THREADS);
		return;
	}
	thread->nr = nr;
	thread->compat = compat;
	record(cpu, thread, &syscord_handler_default, ret, ktime_get_mono_fast_ns());
}

static void on_exit(struct pt_regs *regs, long ret)
{
	struct syscord_thread *thread = syscord_thread_find(current);
	struct syscord_cpu *cpu = this_cpu_ptr(&syscord_cpus);

	if (thread && thread->active)
		end_call(cpu, thread, ret);
	else
		end_unseen_call(cpu, regs, ret);
}

static void probe_sys_enter(void *data, struct pt_regs *regs, long id)
{
	preempt_disable_notrace();
	on_entry(regs, id);
	preempt_enable_notrace();
}

static void probe_sys_exit(void *data, struct pt_regs *regs, long ret)
{
	preempt_disable_notrace();
	on_exit(regs, ret);
	preempt_enable_notrace();
}

/* In the task that ends, after its last syscall; the arguments differ between kernels and none is needed. */
static void probe_process_exit(void *data)
{
	preempt_disable_notrace();
	syscord_thread_put(current);
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

/* In the order in which they are registered: nothing may take a slot before something gives it back. */
static struct hook hooks[] = {
	{ "sched_process_exit", probe_process_exit },
	{ "sys_enter", probe_sys_enter },
	{ "sys_exit", probe_sys_exit },
};

static void find_hook(struct tracepoint *tracepoint, void *unused)
{
	size_t i;

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
static void learn_compat(void)
{
	unsigned int nr;

	for (nr = 0; nr < syscord_nr_handlers; nr++) {
		const struct syscord_handler *handler = syscord_handlers[nr];

		if (handler && handler->never_returns)
			syscord_set_add(&never_returning, handler->name);
		if (handler && handler->returns_twice)
			syscord_set_add(&returning_twice, handler->name);
		if (handler && handler->no_result)
			syscord_set_add(&without_result, handler->name);
	}
	/* Calls of 32-bit tasks only. */
	syscord_set_add(&returning_twice, "fork");
	syscord_set_add(&returning_twice, "vfork");
	syscord_set_add(&without_result, "sigreturn");
}

/**
 * syscord_hooks_register - begin to record
 *
 * Return: 0, or a negative errno with a line in the kernel log; then no probe is registered.
 */
int syscord_hooks_register(void)
{
	size_t i;
	int err;

	learn_compat();
	for_each_kernel_tracepoint(find_hook, NULL);
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (!hooks[i].tracepoint) {
			pr_err("this kernel has no tracepoint %s: it needs CONFIG_HAVE_SYSCALL_TRACEPOINTS and CONFIG_TRACEPOINTS\n",
			       hooks[i].name);
			err = -ENODEV;
			goto unregister;
		}
		err = tracepoint_probe_register(hooks[i].tracepoint, hooks[i].probe, NULL);
		if (err) {
			pr_err("no probe on tracepoint %s: error %d\n", hooks[i].name, err);
			goto unregister;
		}
	}
	return 0;

unregister:
	unregister_first(i);
	return err;
}

/**
 * syscord_hooks_unregister - end recording; when it returns, no probe is running
 */
void syscord_hooks_unregister(void)
{
	unregister_first(ARRAY_SIZE(hooks));
}
