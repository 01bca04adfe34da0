/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Both tables of names.  NULL stands where a number is not used.
 */
#ifndef SYSCORD_NAMES_TABLES_H
#define SYSCORD_NAMES_TABLES_H

extern const char *const syscord_names_64[];
extern const unsigned int syscord_nr_names_64;
extern const char *const syscord_names_32[];
extern const unsigned int syscord_nr_names_32;

#endif
