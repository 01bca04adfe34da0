/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of syscalls by number, for 64-bit tasks and for 32-bit ones; on x86_64 also for x32 calls,
 * whose numbers have a bit of their own.  The tables come from the target's own headers when the
 * module is built, so that they are as complete as the kernel.
 */
#ifndef SYSCORD_NAMES_H
#define SYSCORD_NAMES_H

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/nospec.h>
#include <linux/types.h>

/* A set knows numbers below this; those of all tables are. */
#define SYSCORD_NR_MAX	1024

/* A set of syscalls, by number in each table; of x32 numbers without their bit. */
struct syscord_set {
	DECLARE_BITMAP(nr_64, SYSCORD_NR_MAX);
	DECLARE_BITMAP(nr_32, SYSCORD_NR_MAX);
	DECLARE_BITMAP(nr_x32, SYSCORD_NR_MAX);
};

const char *syscord_name(long nr, bool compat);
bool syscord_set_add(struct syscord_set *set, const char *name);
bool syscord_set_has_x32(const struct syscord_set *set, long nr);

static inline bool syscord_set_has(const struct syscord_set *set, long nr, bool compat)
{
	if (unlikely((unsigned long)nr >= SYSCORD_NR_MAX))
		return !compat && syscord_set_has_x32(set, nr);
	nr = array_index_nospec(nr, SYSCORD_NR_MAX);
	return test_bit(nr, compat ? set->nr_32 : set->nr_64);
}

#endif
