/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What makes a task different from any other, and with whom it shares what.
 */
#ifndef SYSCORD_LIFE_H
#define SYSCORD_LIFE_H

#include <linux/sched.h>
#include <linux/types.h>

#include "ring/event.h"

void syscord_life_create(void);
void syscord_life_fill(struct syscord_process *process, struct task_struct *task,
		       enum syscord_reason reason);
void syscord_life_fill_namespaces(struct syscord_process *process, const struct task_struct *task);
u32 syscord_life_put_numbers(u8 *to, struct task_struct *task);

#endif
