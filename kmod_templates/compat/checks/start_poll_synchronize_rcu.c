// SPDX-License-Identifier: GPL-2.0
/* Whether an RCU grace period can be started without waiting for it. */
#include <linux/rcupdate.h>

unsigned long check(void);
unsigned long check(void)
{
	return start_poll_synchronize_rcu();
}
