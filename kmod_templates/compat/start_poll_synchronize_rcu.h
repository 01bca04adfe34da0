/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Starting an RCU grace period, and asking for its end, without waiting for it: commit 7abb18bd7567
 * ("rcu: Provide polling interfaces for Tree RCU grace periods") (in v5.13).  On older kernels it
 * starts only when it is waited for.
 */
#ifndef SYSCORD_COMPAT_START_POLL_SYNCHRONIZE_RCU_H
#define SYSCORD_COMPAT_START_POLL_SYNCHRONIZE_RCU_H

#include <linux/rcupdate.h>
#include <linux/types.h>

static inline unsigned long compat_start_poll_synchronize_rcu(void)
{
#ifdef HAVE_START_POLL_SYNCHRONIZE_RCU
	return start_poll_synchronize_rcu();
#else
	return get_state_synchronize_rcu();
#endif
}

/* Whether that grace period has ended.  Where it can't be asked for, this waits for it. */
static inline bool compat_poll_state_synchronize_rcu(unsigned long state)
{
#ifdef HAVE_START_POLL_SYNCHRONIZE_RCU
	return poll_state_synchronize_rcu(state);
#else
	cond_synchronize_rcu(state);
	return true;
#endif
}

#endif
