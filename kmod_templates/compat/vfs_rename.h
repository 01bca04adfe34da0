/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vfs_rename()
 *  - takes one struct, with user namespaces: commit 9fe61450972d ("namei: introduce struct
 *    renamedata") and commit 6521f8917082 ("namei: prepare for idmapped mounts") (in v5.12);
 *  - instead with idmaps: commit abf08576afe3 ("fs: port vfs_*() helpers to struct mnt_idmap")
 *    (in v6.3);
 *  - with folders as dentries: commit bc9241367aac ("VFS: change old_dir and new_dir in struct
 *    renamedata to dentrys") (in v6.17);
 *  - with a single idmap: commit d7fb2c410240 ("VFS: unify old_mnt_idmap and new_mnt_idmap in
 *    renamedata") (in v6.18).
 */
#ifndef SYSCORD_COMPAT_VFS_RENAME_H
#define SYSCORD_COMPAT_VFS_RENAME_H

#include <linux/dcache.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/path.h>

/* Whether one of the ways below is this kernel's. */
#if defined(HAVE_RENAME_IDMAP) || defined(HAVE_RENAME_USER_NS) || \
	defined(HAVE_RENAME_PARENTS) || defined(HAVE_RENAME_PLAIN)
#define COMPAT_CAN_RENAME	true
#else
#define COMPAT_CAN_RENAME	false
#endif

/* Rename a file within a folder, which is locked. */
static inline int compat_vfs_rename(const struct path *folder, struct dentry *from,
				    struct dentry *to)
{
#if defined(HAVE_RENAME_IDMAP)
	struct renamedata data = {
		.old_mnt_idmap = mnt_idmap(folder->mnt),
		.old_dir = d_inode(folder->dentry),
		.old_dentry = from,
		.new_mnt_idmap = mnt_idmap(folder->mnt),
		.new_dir = d_inode(folder->dentry),
		.new_dentry = to,
	};

	return vfs_rename(&data);
#elif defined(HAVE_RENAME_USER_NS)
	struct renamedata data = {
		.old_mnt_userns = mnt_user_ns(folder->mnt),
		.old_dir = d_inode(folder->dentry),
		.old_dentry = from,
		.new_mnt_userns = mnt_user_ns(folder->mnt),
		.new_dir = d_inode(folder->dentry),
		.new_dentry = to,
	};

	return vfs_rename(&data);
#elif defined(HAVE_RENAME_PARENTS)
	struct renamedata data = {
		.mnt_idmap = mnt_idmap(folder->mnt),
		.old_parent = folder->dentry,
		.old_dentry = from,
		.new_parent = folder->dentry,
		.new_dentry = to,
	};

	return vfs_rename(&data);
#elif defined(HAVE_RENAME_PLAIN)
	return vfs_rename(d_inode(folder->dentry), from, d_inode(folder->dentry), to, NULL, 0);
#else
	return -EOPNOTSUPP;
#endif
}

#endif
