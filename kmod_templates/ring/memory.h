/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_MEMORY_H
#define SYSCORD_MEMORY_H

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

/**
 * syscord_allocate - zeroed memory for a ring or a table
 * @size:	bytes
 *
 * More than half of the available memory is refused at once.  To make so much room for a recorder,
 * the kernel might kill processes.
 *
 * Return: the memory, for vfree(), or NULL.
 */
static inline void *syscord_allocate(size_t size)
{
	if (size / PAGE_SIZE > si_mem_available() / 2)
		return NULL;
	return __vmalloc(size, GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL);
}

#endif
