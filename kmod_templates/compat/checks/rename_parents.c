// SPDX-License-Identifier: GPL-2.0
#include <linux/fs.h>
#include <linux/mount.h>

int probe(const struct path *folder, struct dentry *from);
int probe(const struct path *folder, struct dentry *from)
{
	struct renamedata data = {
		.mnt_idmap = mnt_idmap(folder->mnt),
		.old_parent = folder->dentry,
		.old_dentry = from,
	};

	return vfs_rename(&data);
}
