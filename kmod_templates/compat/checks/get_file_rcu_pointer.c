// SPDX-License-Identifier: GPL-2.0
/* Whether get_file_rcu() takes a pointer to the pointer. */
#include <linux/fs.h>

struct file *check(struct file __rcu **file);
struct file *check(struct file __rcu **file)
{
	return get_file_rcu(file);
}
