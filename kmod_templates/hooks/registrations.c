// SPDX-License-Identifier: GPL-2.0
/*
 * Noticing that a probe is being attached to sys_enter or sys_exit.
 *
 * The kernel tells a module only of tracepoints that come and go with other modules.  But all who
 * attach a probe (ftrace, perf, BPF, other modules) do it by one of a few functions.  So there are
 * kretprobes on these.  A kernel may lack kprobes or have them turned off.  Then nothing is
 * noticed here.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/string.h>
#include <linux/tracepoint-defs.h>
#include <linux/types.h>

#include "hooks/registrations.h"

/* How many may be under way in one function.  They wait for each other, so it is seldom two. */
#define UNDER_WAY_MAX	16

static struct {
	void (*begins)(void);
	atomic_t under_way;
} registrations;

static bool is_of_syscalls(const struct tracepoint *tracepoint)
{
	return !strcmp(tracepoint->name, "sys_enter") || !strcmp(tracepoint->name, "sys_exit");
}

/* Before the function's first instruction.  On some kernels that is as in an NMI: no locks. */
static int begin_function(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	const struct tracepoint *tracepoint = (void *)regs_get_kernel_argument(regs, 0);

	if (!is_of_syscalls(tracepoint))
		return 1;	/* its end is of no interest */
	atomic_inc(&registrations.under_way);
	registrations.begins();
	return 0;
}

static int end_function(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	/* The probe is attached.  Pairs with syscord_registration_under_way(). */
	smp_mb__before_atomic();
	atomic_dec(&registrations.under_way);
	return 0;
}

#define WATCHED(name)									\
	{										\
		.kp.symbol_name = name,							\
		.entry_handler = begin_function,					\
		.handler = end_function,						\
		.maxactive = UNDER_WAY_MAX,						\
	}

/* One may call another: then that is noticed twice, which does no harm. */
static struct kretprobe functions[] = {
	WATCHED("tracepoint_probe_register"),
	WATCHED("tracepoint_probe_register_prio"),
	WATCHED("tracepoint_probe_register_prio_may_exist"),
};

/* Those that are watched. */
static struct kretprobe *watched[ARRAY_SIZE(functions)];
static int count;

/**
 * syscord_registrations_watch - notice it from now on
 * @begins:	called before a probe is attached, in a context that allows no locks
 *
 * Return: whether the kernel lets it be noticed.
 */
bool syscord_registrations_watch(void (*begins)(void))
{
	size_t i;

	registrations.begins = begins;
	for (i = 0; i < ARRAY_SIZE(functions); i++)
		if (!register_kretprobe(&functions[i]))
			watched[count++] = &functions[i];
	return count;
}

/**
 * syscord_registrations_unwatch - notice nothing any more
 *
 * When it returns, @begins of syscord_registrations_watch() is not running, and is not called.
 */
void syscord_registrations_unwatch(void)
{
	if (count)
		unregister_kretprobes(watched, count);
	count = 0;
}

/**
 * syscord_registration_under_way - whether a probe is being attached just now
 *
 * Return: whether one is.  If not, those that were are seen at their tracepoints.
 */
bool syscord_registration_under_way(void)
{
	return atomic_read_acquire(&registrations.under_way);
}
