// SPDX-License-Identifier: GPL-2.0
/* Whether kern_path_create() is called start_creating_path(). */
#include <linux/namei.h>

struct dentry *check(struct path *parent);
struct dentry *check(struct path *parent)
{
	return start_creating_path(AT_FDCWD, "/", parent, LOOKUP_DIRECTORY);
}
