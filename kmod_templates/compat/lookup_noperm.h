/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lookup_one_len() is lookup_noperm(), and takes a qstr: commit fa6fe07d1536 ("VFS: rename
 * lookup_one_len family to lookup_noperm and remove permission check") (in v6.16).
 */
#ifndef SYSCORD_COMPAT_LOOKUP_NOPERM_H
#define SYSCORD_COMPAT_LOOKUP_NOPERM_H

#include <linux/namei.h>
#include <linux/string.h>

/* With the folder locked. */
static inline struct dentry *compat_lookup_noperm(const char *name, struct dentry *folder)
{
#ifdef HAVE_LOOKUP_NOPERM
	return lookup_noperm(&QSTR(name), folder);
#else
	return lookup_one_len(name, folder, strlen(name));
#endif
}

#endif
