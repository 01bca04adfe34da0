/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SLOWLY_H
#define SLOWLY_H

/*
 * Mount a file system on @folder, each answer of which takes up to @ms, and return when it is there.  A process called
 * SLOWLY answers, until the folder is unmounted.
 */
int slowly(const char *folder, const char *ms);

#define SLOWLY	"slowly"

#endif
