/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Opening a file in a folder at hand.  file_open_root() takes a path since 5.14, a dentry and a
 * mount before.
 */
#ifndef SYSCORD_COMPAT_OPEN_IN_H
#define SYSCORD_COMPAT_OPEN_IN_H

#include <linux/fs.h>

static inline struct file *compat_open_in(const struct path *folder, const char *name, int flags,
					  umode_t mode)
{
#ifdef HAVE_FILE_OPEN_ROOT_PATH
	return file_open_root(folder, name, flags, mode);
#else
	return file_open_root(folder->dentry, folder->mnt, name, flags, mode);
#endif
}

#endif
