// SPDX-License-Identifier: GPL-2.0
/* Compiles with every kernel: when it does not, the probing itself is wrong. */
#include <linux/fs.h>

int probe(void);
int probe(void)
{
	return 0;
}
