/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OPERATIONS_H
#define OPERATIONS_H

/* What is done over and over, by the name that it has in its table. */
struct operation {
	const char *name;
	void (*prepare)(void);	/* comes once, may be NULL */
	void (*repeat)(long times);
	void (*once)(void);	/* if it is no loop by itself */
};

/* Tables; what has no name is their end. */
extern const struct operation operations[];	/* each a loop of nothing else */
extern const struct operation calls[];		/* each a syscall or a few */

#endif
