// SPDX-License-Identifier: GPL-2.0
/*
 * The slow path of reading user memory: where it faults.
 */
#include <linux/minmax.h>
#include <linux/types.h>
#include <linux/uaccess.h>

#include "capture/usermem.h"

/* A copy that faults may leave out up to so many bytes that are present. */
#define COPY_SLACK	128

/**
 * syscord_read_user_rest - read on, byte by byte, where a copy faulted
 * @to:		where to
 * @from:	address in the current task
 * @size:	bytes that the copy left
 *
 * A copy stops before the word or block that faults.  This stops at the very byte.  Page faults are
 * off.
 *
 * Return: the number of bytes read.
 */
size_t syscord_read_user_rest(u8 *to, unsigned long from, size_t size)
{
	size_t done = 0;

	size = min_t(size_t, size, COPY_SLACK);
	while (done < size && !raw_copy_from_user(to + done, (const void __user *)(from + done), 1))
		done++;
	return done;
}
