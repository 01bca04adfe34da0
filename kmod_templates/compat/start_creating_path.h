/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kern_path_create() is start_creating_path(), and done_path_create() is end_creating_path():
 * commit 3d18f80ce181 ("VFS: rename kern_path_locked() and related functions.") (in v6.18).
 */
#ifndef SYSCORD_COMPAT_START_CREATING_PATH_H
#define SYSCORD_COMPAT_START_CREATING_PATH_H

#include <linux/fcntl.h>
#include <linux/namei.h>

static inline struct dentry *compat_start_creating_path(const char *path, struct path *parent)
{
#ifdef HAVE_START_CREATING_PATH
	return start_creating_path(AT_FDCWD, path, parent, LOOKUP_DIRECTORY);
#else
	return kern_path_create(AT_FDCWD, path, parent, LOOKUP_DIRECTORY);
#endif
}

static inline void compat_end_creating_path(struct path *parent, struct dentry *dentry)
{
#ifdef HAVE_START_CREATING_PATH
	end_creating_path(parent, dentry);
#else
	done_path_create(parent, dentry);
#endif
}

#endif
