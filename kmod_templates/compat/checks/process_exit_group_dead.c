// SPDX-License-Identifier: GPL-2.0
/* Whether probes on sched_process_exit are told whether the whole process ends. */
#include <trace/events/sched.h>

static void on_exit(void *data, struct task_struct *task, bool group_dead)
{
}

void check(void);
void check(void)
{
	check_trace_callback_type_sched_process_exit(on_exit);
}
