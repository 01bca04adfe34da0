/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vfs_mkdir()
 *  - takes a user namespace: commit 6521f8917082 ("namei: prepare for idmapped mounts") (in v5.12);
 *  - instead an idmap: commit abf08576afe3 ("fs: port vfs_*() helpers to struct mnt_idmap")
 *    (in v6.3);
 *  - returns the dentry: commit c54b386969a5 ("VFS: Change vfs_mkdir() to return the dentry.")
 *    (in v6.15);
 *  - takes a delegated inode: in v6.19.
 */
#ifndef SYSCORD_COMPAT_VFS_MKDIR_H
#define SYSCORD_COMPAT_VFS_MKDIR_H

#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/path.h>

/* Make a folder.  @dentry may become another one, or an error. */
static inline int compat_vfs_mkdir(const struct path *parent, struct dentry **dentry, umode_t mode)
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
