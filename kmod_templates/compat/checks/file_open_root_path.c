// SPDX-License-Identifier: GPL-2.0
/* Whether file_open_root() takes a path. */
#include <linux/fs.h>

struct file *check(const struct path *folder);
struct file *check(const struct path *folder)
{
	return file_open_root(folder, "name", O_WRONLY, 0600);
}
