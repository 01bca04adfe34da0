/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values of parameters in the kernel log.
 */
#ifndef SYSCORD_SHOWN_H
#define SYSCORD_SHOWN_H

#include <linux/string.h>
#include <linux/types.h>

/* Bytes of a value to show with %*pE: the newline that echo puts at its end is left out. */
static inline int syscord_shown_len(const char *value)
{
	size_t len = strlen(value);

	return len && value[len - 1] == '\n' ? len - 1 : len;
}

#endif
