/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The head of a call's event, in each of its forms.
 */
#ifndef SYSCORD_FILL_HEAD_H
#define SYSCORD_FILL_HEAD_H

#include <linux/compiler.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "ring/event.h"

/* Who called, for how long, with what result.  Returns where the payload begins. */
static __always_inline u8 *syscord_fill_head(struct syscord_event *event, enum syscord_form form,
					     s64 ret, u64 duration)
{
	struct syscord_call_thread *thread_call = (struct syscord_call_thread *)event;
	struct syscord_call_short *short_call = (struct syscord_call_short *)event;
	struct syscord_call_long *long_call = (struct syscord_call_long *)event;

	event->tid = current->pid;
	if (form == SYSCORD_FORM_SHORT) {
		short_call->duration = duration;
		short_call->ret = ret;
		return short_call->payload;
	}
	if (form == SYSCORD_FORM_THREAD) {
		thread_call->pid = current->tgid;
		thread_call->duration = duration;
		thread_call->ret = ret;
		return thread_call->payload;
	}
	long_call->pid = current->tgid;
	long_call->duration = duration;
	long_call->ret = ret;
	return long_call->payload;
}

#endif
