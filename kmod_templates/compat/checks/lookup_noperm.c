// SPDX-License-Identifier: GPL-2.0
/* Whether lookup_one_len() is called lookup_noperm(), and takes a qstr. */
#include <linux/namei.h>

struct dentry *check(struct dentry *folder);
struct dentry *check(struct dentry *folder)
{
	return lookup_noperm(&QSTR("name"), folder);
}
