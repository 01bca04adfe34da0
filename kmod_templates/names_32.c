// SPDX-License-Identifier: GPL-2.0
/*
 * The 32-bit table.  A file of its own, with no other header, since both tables call their numbers __NR_*.
 */
#if defined(__x86_64__)
#include <asm/unistd_32.h>
#elif __has_include(<asm/unistd_compat_32.h>)
#include <asm/unistd_compat_32.h>
#else
#include <asm/unistd32.h>
#endif

/* As in names.h, which can't be read here. */
extern const char *const syscord_names_32[];
extern const unsigned int syscord_nr_names_32;

const char *const syscord_names_32[] = {
#include "names_32.inc"
};

const unsigned int syscord_nr_names_32 = sizeof(syscord_names_32) / sizeof(syscord_names_32[0]);

_Static_assert(sizeof(syscord_names_32) / sizeof(syscord_names_32[0]) <= 1024, "SYSCORD_NR_MAX is too small");
