/* SPDX-License-Identifier: GPL-2.0 */
/*
 * file_open_root() takes a path instead of a dentry and a mount: commit ffb37ca3bd16 ("switch
 * file_open_root() to struct path") (in v5.14).
 */
#ifndef SYSCORD_COMPAT_FILE_OPEN_ROOT_H
#define SYSCORD_COMPAT_FILE_OPEN_ROOT_H

#include <linux/fs.h>
#include <linux/path.h>

/* Open a file in a folder. */
static inline struct file *compat_file_open_root(const struct path *folder, const char *name,
						 int flags, umode_t mode)
{
#ifdef HAVE_FILE_OPEN_ROOT_PATH
	return file_open_root(folder, name, flags, mode);
#else
	return file_open_root(folder->dentry, folder->mnt, name, flags, mode);
#endif
}

#endif
