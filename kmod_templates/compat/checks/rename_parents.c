// SPDX-License-Identifier: GPL-2.0
/* Whether vfs_rename() takes one idmap, and folders as dentries. */
#include <linux/fs.h>
#include <linux/mount.h>

int check(const struct path *folder, struct dentry *from);
int check(const struct path *folder, struct dentry *from)
{
	struct renamedata data = {
		.mnt_idmap = mnt_idmap(folder->mnt),
		.old_parent = folder->dentry,
		.old_dentry = from,
	};

	return vfs_rename(&data);
}
