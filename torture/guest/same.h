/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SAME_H
#define SAME_H

/* What main() calls for the word same.  Its status, too, is the same each time. */
int same(const char *name);

#endif
