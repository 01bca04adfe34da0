// SPDX-License-Identifier: GPL-2.0
/*
 * Where the probes are attached.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <trace/events/sched.h>
#include <trace/events/syscalls.h>
#include <trace/events/task.h>

#include "hooks/dispatch.h"
#include "hooks/hooks.h"
#include "hooks/processes.h"
#include "hooks/record.h"
#include "hooks/syscalls.h"
#include "hooks/unseen.h"

/**
 * struct hook - a probe and its tracepoint
 * @name:	the tracepoint's name
 * @probe:	the function that the tracepoint calls
 * @on_syscalls: the tracepoint is sys_enter or sys_exit
 * @tracepoint:	found by name when the module is loaded: kernels do not export it to modules
 */
struct hook {
	const char *name;
	void *probe;
	bool on_syscalls;
	struct tracepoint *tracepoint;
};

/*
 * In the order of registration.  The probe that gives back slots comes before those that take
 * them.  The probe on sys_exit comes before those after which a slot waits for sys_exit.
 */
static struct hook hooks[] __ro_after_init = {
	{ "sched_process_exit", syscord_probe_process_exit },
	{ "sched_process_fork", syscord_probe_process_fork },
	{ "task_rename", syscord_probe_task_rename },
	{ "sys_exit", syscord_probe_sys_exit, .on_syscalls = true },
	{ "sys_enter", syscord_probe_sys_enter, .on_syscalls = true },
	{ "sched_process_exec", syscord_probe_process_exec },
};

static void __init find_hook(struct tracepoint *tracepoint, void *unused)
{
	size_t i;

	/* A tracepoint takes any function.  With these checks, a wrong type does not compile. */
	check_trace_callback_type_sched_process_exit(syscord_probe_process_exit);
	check_trace_callback_type_sched_process_exec(syscord_probe_process_exec);
	check_trace_callback_type_sched_process_fork(syscord_probe_process_fork);
	check_trace_callback_type_task_rename(syscord_probe_task_rename);
	check_trace_callback_type_sys_enter(syscord_probe_sys_enter);
	check_trace_callback_type_sys_exit(syscord_probe_sys_exit);
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

static bool has_other_probe(const struct hook *hook)
{
	const struct tracepoint_func *probe;
	bool other = false;

	/* The kernel frees an old array after a grace period.  This holds it off. */
	preempt_disable();
	probe = rcu_dereference_sched(hook->tracepoint->funcs);
	for (; !other && probe && probe->func; probe++)
		other = probe->func != hook->probe;
	preempt_enable();
	return other;
}

/**
 * syscord_hooks_other_tracer - whether somebody else has a probe on sys_enter or sys_exit
 *
 * Called while our probes are registered.
 *
 * Return: whether there is another probe than ours.
 */
bool syscord_hooks_other_tracer(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		if (hooks[i].on_syscalls && has_other_probe(&hooks[i]))
			return true;
	return false;
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

	syscord_dispatch_init();
	syscord_record_init();
	for_each_kernel_tracepoint(find_hook, NULL);
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		err = register_hook(&hooks[i]);
		if (err) {
			unregister_first(i);
			return err;
		}
	}
	syscord_unseen_new_filter();
	return 0;
}

/**
 * syscord_hooks_unregister - end recording; when it returns, no probe is running
 */
void syscord_hooks_unregister(void)
{
	unregister_first(ARRAY_SIZE(hooks));
}
