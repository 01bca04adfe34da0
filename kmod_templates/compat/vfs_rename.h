/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Renaming and removing a file of a folder.  vfs_unlink() takes a user namespace since 5.12 and an
 * idmap since 6.3.  vfs_rename() takes one struct since 5.12, with a user namespace
 * that is an idmap since 6.3, and with folders as dentries since 6.17; lookup_one_len() is
 * lookup_noperm(), and takes a qstr, since 6.16.
 */
#ifndef SYSCORD_COMPAT_RENAME_H
#define SYSCORD_COMPAT_RENAME_H

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/string.h>

static inline struct dentry *compat_lookup(const char *name, struct dentry *folder)
{
#ifdef HAVE_LOOKUP_NOPERM
	return lookup_noperm(&QSTR(name), folder);
#else
	return lookup_one_len(name, folder, strlen(name));
#endif
}

#if defined(HAVE_RENAME_IDMAP) || defined(HAVE_RENAME_USER_NS) || \
	defined(HAVE_RENAME_PARENTS) || defined(HAVE_RENAME_PLAIN)
#define COMPAT_CAN_RENAME	true
#else
#define COMPAT_CAN_RENAME	false
#endif

/* With the folder locked. */
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

/* With the folder locked. */
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
