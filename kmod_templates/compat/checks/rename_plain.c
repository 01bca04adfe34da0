// SPDX-License-Identifier: GPL-2.0
/* Whether vfs_rename() takes folders and files as arguments, not in a struct. */
#include <linux/fs.h>

int check(struct inode *folder, struct dentry *from, struct dentry *to);
int check(struct inode *folder, struct dentry *from, struct dentry *to)
{
	return vfs_rename(folder, from, folder, to, NULL, 0);
}
