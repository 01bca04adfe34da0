/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which handler a call has.
 */
#ifndef SYSCORD_DISPATCH_H
#define SYSCORD_DISPATCH_H

#include <linux/compiler.h>
#include <linux/nospec.h>
#include <linux/types.h>

#include "capture/handlers.h"
#include "capture/names.h"

/* Handlers by number.  No entry is NULL after syscord_dispatch_init(). */
extern const struct syscord_handler *syscord_dispatch_table[SYSCORD_NR_MAX];

void syscord_dispatch_init(void);
const struct syscord_handler *syscord_compat_handler(long nr);
const struct syscord_handler *syscord_large_number_handler(long nr);

/* The handler of a 64-bit call @nr, which is less than SYSCORD_NR_MAX. */
static __always_inline const struct syscord_handler *syscord_handler_in_table(long nr)
{
	return syscord_dispatch_table[array_index_nospec(nr, SYSCORD_NR_MAX)];
}

/* The handler of call @nr, any number; @compat: of the 32-bit table. */
static __always_inline const struct syscord_handler *syscord_handler_of(long nr, bool compat)
{
	if (unlikely(compat))
		return syscord_compat_handler(nr);
	if (unlikely((unsigned long)nr >= SYSCORD_NR_MAX))
		return syscord_large_number_handler(nr);
	return syscord_handler_in_table(nr);
}

#endif
