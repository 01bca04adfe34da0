/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Starting an RCU grace period without waiting for it: commit 7abb18bd7567 ("rcu: Provide polling
 * interfaces for Tree RCU grace periods") (in v5.13).  On older kernels it starts only when it is
 * waited for.
 */
#ifndef SYSCORD_COMPAT_START_POLL_SYNCHRONIZE_RCU_H
#define SYSCORD_COMPAT_START_POLL_SYNCHRONIZE_RCU_H

#include <linux/rcupdate.h>

static inline unsigned long compat_start_poll_synchronize_rcu(void)
{
#ifdef HAVE_START_POLL_SYNCHRONIZE_RCU
	return start_poll_synchronize_rcu();
#else
	return get_state_synchronize_rcu();
#endif
}

#endif
