// SPDX-License-Identifier: GPL-2.0
#include <linux/rcupdate.h>

unsigned long probe(void);
unsigned long probe(void)
{
	return start_poll_synchronize_rcu();
}
