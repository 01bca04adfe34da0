/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Making a folder.  vfs_mkdir() takes a user namespace since 5.12 and an idmap since 6.3, gives
 * back the dentry since 6.15; kern_path_create() is called start_creating_path() since 6.17.
 */
#ifndef SYSCORD_COMPAT_MAKE_FOLDER_H
#define SYSCORD_COMPAT_MAKE_FOLDER_H

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>

static inline struct dentry *compat_start_creating(const char *path, struct path *parent)
{
#ifdef HAVE_START_CREATING_PATH
	return start_creating_path(AT_FDCWD, path, parent, LOOKUP_DIRECTORY);
#else
	return kern_path_create(AT_FDCWD, path, parent, LOOKUP_DIRECTORY);
#endif
}

static inline void compat_end_creating(struct path *parent, struct dentry *dentry)
{
#ifdef HAVE_START_CREATING_PATH
	end_creating_path(parent, dentry);
#else
	done_path_create(parent, dentry);
#endif
}

static inline int compat_mkdir(const struct path *parent, struct dentry **dentry, umode_t mode)
{
#if defined(HAVE_VFS_MKDIR_DENTRY_DELEG)
	*dentry = vfs_mkdir(mnt_idmap(parent->mnt), d_inode(parent->dentry), *dentry, mode, NULL);
	return PTR_ERR_OR_ZERO(*dentry);
#elif defined(HAVE_VFS_MKDIR_DENTRY)
	*dentry = vfs_mkdir(mnt_idmap(parent->mnt), d_inode(parent->dentry), *dentry, mode);
	return PTR_ERR_OR_ZERO(*dentry);
#elif defined(HAVE_MNT_IDMAP)
	return vfs_mkdir(mnt_idmap(parent->mnt), d_inode(parent->dentry), *dentry, mode);
#elif defined(HAVE_MNT_USER_NS)
	return vfs_mkdir(mnt_user_ns(parent->mnt), d_inode(parent->dentry), *dentry, mode);
#else
	return vfs_mkdir(d_inode(parent->dentry), *dentry, mode);
#endif
}

#endif
