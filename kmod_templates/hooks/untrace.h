/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Giving tasks that the filter rejects their full speed back.
 */
#ifndef SYSCORD_UNTRACE_H
#define SYSCORD_UNTRACE_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "hooks/filter.h"

#define SYSCORD_UNTRACE_ALLOWED	BIT(0)

extern atomic_t syscord_untrace_state;

/* Whether tasks may clear their flags now. */
static __always_inline bool syscord_untrace_is_allowed(void)
{
	return atomic_read(&syscord_untrace_state) & SYSCORD_UNTRACE_ALLOWED;
}

void syscord_untrace_start(bool (*has_other_tracer)(void), unsigned int check_ms);
void syscord_untrace_stop(void);

/* From probes. */
void syscord_untrace_rejected(const struct syscord_filter *filter);
void syscord_untrace_wanted(void);
void syscord_untrace_forked(const struct syscord_filter *filter, struct task_struct *child);
void syscord_untrace_renaming(const struct syscord_filter *filter, struct task_struct *task,
			      const char *comm);
void syscord_untrace_exiting(const struct syscord_filter *filter);

void syscord_untrace_new_filter(void);

#endif
