/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include <stddef.h>

/* What is done over and over, by the name that it has in the tables. */
struct operation {
	const char *name;
	void (*prepare)(void);	/* comes once, may be NULL */
	void (*repeat)(long times);
	void (*once)(void);	/* if it is no loop by itself */
};

/* They return NULL if there is none of that name. */
const struct operation *find_operation(const char *name);
const struct operation *find_call(const char *name);
const struct operation *find_in(const struct operation *all, size_t count, const char *name);

/* Say what failed, with errno, and end the process. */
void die(const char *what) __attribute__((noreturn));

#endif
