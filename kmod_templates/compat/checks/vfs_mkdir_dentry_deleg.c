// SPDX-License-Identifier: GPL-2.0
#include <linux/fs.h>

struct dentry *probe(struct mnt_idmap *idmap, struct inode *inode, struct dentry *dentry);
struct dentry *probe(struct mnt_idmap *idmap, struct inode *inode, struct dentry *dentry)
{
	return vfs_mkdir(idmap, inode, dentry, 0700, NULL);
}
