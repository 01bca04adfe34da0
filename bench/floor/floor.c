// SPDX-License-Identifier: GPL-2.0
/*
 * The floor: what no tracer of all syscalls can go below.  Probes on sys_enter
 * and sys_exit that count, and do nothing else.
 */
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/tracepoint.h>

static DEFINE_PER_CPU(unsigned long, calls);

static void on_enter(void *data, struct pt_regs *regs, long number)
{
	this_cpu_inc(calls);
}

static void on_exit(void *data, struct pt_regs *regs, long result)
{
	this_cpu_inc(calls);
}

static struct hook {
	const char *name;
	void *probe;
	struct tracepoint *tracepoint;
} hooks[] = {
	{ .name = "sys_enter", .probe = on_enter },
	{ .name = "sys_exit", .probe = on_exit },
};

static void find(struct tracepoint *tracepoint, void *unused)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		if (!strcmp(tracepoint->name, hooks[i].name))
			hooks[i].tracepoint = tracepoint;
}

/* The first @count hooks are taken off. */
static void unhook(int count)
{
	while (count--)
		tracepoint_probe_unregister(hooks[count].tracepoint, hooks[count].probe, NULL);
	tracepoint_synchronize_unregister();
}

static int __init floor_init(void)
{
	int error = 0, i;

	for_each_kernel_tracepoint(find, NULL);
	for (i = 0; i < ARRAY_SIZE(hooks) && !error; i++) {
		struct hook *hook = &hooks[i];

		error = -ENOENT;
		if (hook->tracepoint)
			error = tracepoint_probe_register(hook->tracepoint, hook->probe, NULL);
	}
	if (error)
		unhook(i - 1);
	return error;
}
module_init(floor_init);

static void __exit floor_exit(void)
{
	unsigned long sum = 0;
	int cpu;

	unhook(ARRAY_SIZE(hooks));
	for_each_possible_cpu(cpu)
		sum += per_cpu(calls, cpu);
	pr_info("%lu entries and exits\n", sum);
}
module_exit(floor_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The syscord team");
MODULE_DESCRIPTION("Counts syscalls, and does nothing else");
