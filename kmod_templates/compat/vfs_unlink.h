/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vfs_unlink() takes one argument more:
 *  - a user namespace: commit 6521f8917082 ("namei: prepare for idmapped mounts") (in v5.12);
 *  - instead an idmap: commit abf08576afe3 ("fs: port vfs_*() helpers to struct mnt_idmap")
 *    (in v6.3).
 */
#ifndef SYSCORD_COMPAT_VFS_UNLINK_H
#define SYSCORD_COMPAT_VFS_UNLINK_H

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/path.h>

/* Remove a file from a folder, which is locked. */
static inline int compat_vfs_unlink(const struct path *folder, struct dentry *file)
{
#if defined(HAVE_MNT_IDMAP)
	return vfs_unlink(mnt_idmap(folder->mnt), d_inode(folder->dentry), file, NULL);
#elif defined(HAVE_MNT_USER_NS)
	return vfs_unlink(mnt_user_ns(folder->mnt), d_inode(folder->dentry), file, NULL);
#else
	return vfs_unlink(d_inode(folder->dentry), file, NULL);
#endif
}

#endif
