// SPDX-License-Identifier: GPL-2.0
/* Whether vfs_rename() takes two idmaps, and folders as inodes. */
#include <linux/fs.h>
#include <linux/mount.h>

int check(const struct path *folder, struct dentry *from);
int check(const struct path *folder, struct dentry *from)
{
	struct renamedata data = {
		.old_mnt_idmap = mnt_idmap(folder->mnt),
		.old_dir = d_inode(folder->dentry),
		.old_dentry = from,
	};

	return vfs_rename(&data);
}
