// SPDX-License-Identifier: GPL-2.0
/*
 * The 64-bit table of names, that of x32, and look-ups in all tables.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/string.h>
#include <linux/unistd.h>

#include "capture/names.h"
#include "capture/names_tables.h"

const char *const syscord_names_64[] = {
#include "names_64.inc"
};

const unsigned int syscord_nr_names_64 = ARRAY_SIZE(syscord_names_64);

/* Empty where there are no such numbers. */
static const char *const names_x32[] = {
#include "names_x32.inc"
};

/**
 * syscord_name - name of a syscall
 * @nr:		its number, any
 * @compat:	whether @nr is of the 32-bit table
 *
 * Return: the name, or NULL if the table does not know the number.
 */
const char *syscord_name(long nr, bool compat)
{
	unsigned int count = compat ? syscord_nr_names_32 : syscord_nr_names_64;

	if ((unsigned long)nr >= count)
		return NULL;
	return compat ? syscord_names_32[nr] : syscord_names_64[nr];
}

static bool add_from(unsigned long *bits, const char *const *names, unsigned int count,
		     const char *name)
{
	bool found = false;
	unsigned int nr;

	for (nr = 0; nr < min_t(unsigned int, count, SYSCORD_NR_MAX); nr++) {
		if (names[nr] && !strcmp(names[nr], name)) {
			__set_bit(nr, bits);
			found = true;
		}
	}
	return found;
}

/**
 * syscord_set_add - add a syscall to a set by its name, in all tables
 * @set:	the set
 * @name:	of the syscall
 *
 * Return: false if no table knows the name.
 */
bool syscord_set_add(struct syscord_set *set, const char *name)
{
	bool in_64 = add_from(set->nr_64, syscord_names_64, syscord_nr_names_64, name);
	bool in_32 = add_from(set->nr_32, syscord_names_32, syscord_nr_names_32, name);
	bool in_x32 = add_from(set->nr_x32, names_x32, ARRAY_SIZE(names_x32), name);

	return in_64 || in_32 || in_x32;
}

/**
 * syscord_set_has_x32 - whether an x32 call is in a set
 * @set:	the set
 * @nr:		the call's number, as the process gave it: any that is not of the 64-bit table
 *
 * Return: whether it is; false for a number that is none of x32.
 */
noinline bool syscord_set_has_x32(const struct syscord_set *set, long nr)
{
#ifdef __X32_SYSCALL_BIT
	nr ^= __X32_SYSCALL_BIT;
	if ((unsigned long)nr < SYSCORD_NR_MAX)
		return test_bit(array_index_nospec(nr, SYSCORD_NR_MAX), set->nr_x32);
#endif
	return false;
}
