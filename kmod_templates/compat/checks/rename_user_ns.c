// SPDX-License-Identifier: GPL-2.0
/* Whether vfs_rename() takes user namespaces. */
#include <linux/fs.h>
#include <linux/mount.h>

int check(const struct path *folder, struct dentry *from);
int check(const struct path *folder, struct dentry *from)
{
	struct renamedata data = {
		.old_mnt_userns = mnt_user_ns(folder->mnt),
		.old_dir = d_inode(folder->dentry),
		.old_dentry = from,
	};

	return vfs_rename(&data);
}
