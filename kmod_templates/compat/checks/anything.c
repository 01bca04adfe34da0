// SPDX-License-Identifier: GPL-2.0
/* Compiles with every kernel.  If it does not, the checks themselves are broken. */
#include <linux/fs.h>

int check(void);
int check(void)
{
	return 0;
}
