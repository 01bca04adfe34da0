// SPDX-License-Identifier: GPL-2.0
/* Whether vfs_mkdir() takes an idmap, and returns the dentry. */
#include <linux/fs.h>

struct dentry *check(struct mnt_idmap *idmap, struct inode *inode, struct dentry *dentry);
struct dentry *check(struct mnt_idmap *idmap, struct inode *inode, struct dentry *dentry)
{
	return vfs_mkdir(idmap, inode, dentry, 0700);
}
