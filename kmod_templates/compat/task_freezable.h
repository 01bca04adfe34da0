/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A task that sleeps can be frozen where it is, so that it does not hold up a suspend: commit
 * f5d39b020809 ("freezer,sched: Rewrite core freezer logic") (in v6.1).  On older kernels a suspend
 * waits until it has slept.
 */
#ifndef SYSCORD_COMPAT_TASK_FREEZABLE_H
#define SYSCORD_COMPAT_TASK_FREEZABLE_H

#include <linux/sched.h>

#ifdef TASK_FREEZABLE
#define COMPAT_TASK_FREEZABLE	TASK_FREEZABLE
#else
#define COMPAT_TASK_FREEZABLE	0
#endif

#endif
