// SPDX-License-Identifier: GPL-2.0
/*
 * The 32-bit table of names.  A file of its own, since both tables call their numbers __NR_*:
 * nothing here may include <linux/unistd.h>.  SYSCORD_HEADER_32 comes from Kbuild, which knows this
 * kernel's.
 */
#include SYSCORD_HEADER_32

#include "capture/names_tables.h"

const char *const syscord_names_32[] = {
#include "names_32.inc"
};

const unsigned int syscord_nr_names_32 = sizeof(syscord_names_32) / sizeof(*syscord_names_32);
