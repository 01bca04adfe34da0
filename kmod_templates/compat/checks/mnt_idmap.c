// SPDX-License-Identifier: GPL-2.0
/* Whether the functions of files take an idmap. */
#include <linux/fs.h>
#include <linux/mount.h>

int check(struct vfsmount *mnt, struct dentry *dentry, struct iattr *attr);
int check(struct vfsmount *mnt, struct dentry *dentry, struct iattr *attr)
{
	return notify_change(mnt_idmap(mnt), dentry, attr, NULL);
}
