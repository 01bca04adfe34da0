/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Integers as text.  One digit is put inline: most numbers of a record have no more.
 */
#ifndef SYSCORD_NUMBER_H
#define SYSCORD_NUMBER_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "write/text/put.h"

void syscord_number_prepare(void);
char *syscord_put_large_decimal(char *pos, u64 value);
char *syscord_put_hex(char *pos, u64 value);
char *syscord_put_octal(char *pos, u64 value);

static __always_inline char *put_decimal(char *pos, u64 value)
{
	if (value < 10)
		return put_char(pos, '0' + value);
	return syscord_put_large_decimal(pos, value);
}

static __always_inline char *put_signed(char *pos, s64 value)
{
	if (value < 0) {
		pos = put_char(pos, '-');
		value = -(u64)value;
	}
	return put_decimal(pos, value);
}

#endif
