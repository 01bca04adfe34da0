// SPDX-License-Identifier: GPL-2.0
#include <linux/fs.h>
#include <linux/mount.h>

int probe(const struct path *folder, struct dentry *from);
int probe(const struct path *folder, struct dentry *from)
{
	struct renamedata data = {
		.old_mnt_idmap = mnt_idmap(folder->mnt),
		.old_dir = d_inode(folder->dentry),
		.old_dentry = from,
	};

	return vfs_rename(&data);
}
