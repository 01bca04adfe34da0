/* SPDX-License-Identifier: GPL-2.0 */
/*
 * notify_change() takes one argument more:
 *  - a user namespace: commit 2f221d6f7b88 ("attr: handle idmapped mounts") (in v5.12);
 *  - instead an idmap: commit abf08576afe3 ("fs: port vfs_*() helpers to struct mnt_idmap")
 *    (in v6.3).
 */
#ifndef SYSCORD_COMPAT_NOTIFY_CHANGE_H
#define SYSCORD_COMPAT_NOTIFY_CHANGE_H

#include <linux/fs.h>
#include <linux/mount.h>

static inline int compat_notify_change(struct file *file, struct iattr *attr)
{
#if defined(HAVE_MNT_IDMAP)
	return notify_change(mnt_idmap(file->f_path.mnt), file->f_path.dentry, attr, NULL);
#elif defined(HAVE_MNT_USER_NS)
	return notify_change(mnt_user_ns(file->f_path.mnt), file->f_path.dentry, attr, NULL);
#else
	return notify_change(file->f_path.dentry, attr, NULL);
#endif
}

/* Change the mode of an open file. */
static inline int compat_change_mode(struct file *file, umode_t mode)
{
	struct inode *inode = file_inode(file);
	struct iattr attr = {
		.ia_valid = ATTR_MODE | ATTR_CTIME,
		.ia_mode = (inode->i_mode & S_IFMT) | mode,
	};
	int err = mnt_want_write_file(file);

	if (err)
		return err;
	inode_lock(inode);
	err = compat_notify_change(file, &attr);
	inode_unlock(inode);
	mnt_drop_write_file(file);
	return err;
}

#endif
