/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Starting an RCU grace period without waiting for it: since 5.12.  Before, it starts when it is
 * waited for.
 */
#ifndef SYSCORD_COMPAT_GRACE_PERIOD_H
#define SYSCORD_COMPAT_GRACE_PERIOD_H

#include <linux/rcupdate.h>

static inline unsigned long compat_start_grace_period(void)
{
#ifdef HAVE_START_POLL_SYNCHRONIZE_RCU
	return start_poll_synchronize_rcu();
#else
	return get_state_synchronize_rcu();
#endif
}

#endif
