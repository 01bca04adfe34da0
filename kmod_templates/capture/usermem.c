// SPDX-License-Identifier: GPL-2.0
/*
 * The slow path of reading user memory: where it faults.
 */
#include <linux/minmax.h>
#include <linux/types.h>
#include <linux/uaccess.h>

#include "capture/usermem.h"

/* Bytes before a fault that a copy may have left uncopied. */
#define COPY_SLACK	128

/* With page faults off: a copy stops before the word that faults, this at the byte. */
size_t syscord_read_rest(u8 *to, unsigned long from, size_t size)
{
	size_t done = 0;

	size = min_t(size_t, size, COPY_SLACK);
	while (done < size && !raw_copy_from_user(to + done, (const void __user *)(from + done), 1))
		done++;
	return done;
}
