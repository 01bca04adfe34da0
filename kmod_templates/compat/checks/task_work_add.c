// SPDX-License-Identifier: GPL-2.0
/* Whether a task can be given work that it does before it returns to user space. */
#include <linux/sched.h>
#include <linux/task_work.h>

int check(struct task_struct *task, struct callback_head *work);
int check(struct task_struct *task, struct callback_head *work)
{
	return task_work_add(task, work, TWA_RESUME);
}
