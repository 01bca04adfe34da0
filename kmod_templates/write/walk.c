// SPDX-License-Identifier: GPL-2.0
/*
 * Root gives a path, and the module writes there as root.  Whoever can change a folder on the way
 * could lead it to another place, such as /etc/cron.d.  So each folder on the way must belong to
 * root, and others must not write to it.  A sticky one such as /tmp will do, since the next name on
 * the way is root's, too.  A symbolic link must be root's, and is followed here step by step: what
 * it leads to is checked in the same way.
 *
 * What was checked stays as it is, since only root can change it.  So names can be looked up again.
 */
#include <linux/dcache.h>
#include <linux/delayed_call.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "write/walk.h"

/* As many as the kernel itself follows. */
#define LINKS_MAX	40

/**
 * struct walk - a walk under way
 * @path:	the whole path, in memory of its own
 * @checked:	characters of it that are checked, and lead through no link
 * @links:	how many links were followed
 */
struct walk {
	char *path;
	size_t checked;
	unsigned int links;
};

/* Whether only root can put another in place of what root has in a folder. */
static bool is_safe(const struct dentry *folder)
{
	const struct inode *inode = d_inode(folder);

	return uid_eq(inode->i_uid, GLOBAL_ROOT_UID) &&
	       (!(inode->i_mode & 0022) || inode->i_mode & S_ISVTX);
}

/**
 * syscord_walk_is_safe_mount - whether only root can have mounted what is in a folder
 * @folder:	the folder
 *
 * With FUSE, users mount what they like on folders that are theirs.
 *
 * Return: true also if nothing is mounted there.
 */
bool syscord_walk_is_safe_mount(const struct path *folder)
{
	struct path covered = *folder;
	bool safe = true;

	path_get(&covered);
	while (safe && covered.dentry == covered.mnt->mnt_root && follow_up(&covered))
		safe = is_safe(covered.dentry);
	path_put(&covered);
	return safe;
}

static int check_folder(const struct path *folder)
{
	if (!d_is_dir(folder->dentry))
		return -ENOTDIR;
	return is_safe(folder->dentry) && syscord_walk_is_safe_mount(folder) ? 0 : -EACCES;
}

/* Put what a link leads to in the place of its name, path[begin] to path[end]. */
static int replace_link(struct walk *walk, size_t begin, size_t end, const char *target)
{
	char *path;

	if (*target == '/')
		begin = 0;
	path = kasprintf(GFP_KERNEL, "%.*s%s%s", (int)begin, walk->path, target, walk->path + end);
	if (!path)
		return -ENOMEM;
	kfree(walk->path);
	walk->path = path;
	walk->checked = begin;
	return strlen(path) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int follow_link(struct walk *walk, struct dentry *link, size_t begin, size_t end)
{
	const struct inode *inode = d_inode(link);
	DEFINE_DELAYED_CALL(free_target);
	const char *target;
	int err;

	/* Those of /proc lead to a place, not to a path: they have a readlink() of their own. */
	if (!uid_eq(inode->i_uid, GLOBAL_ROOT_UID) || inode->i_op->readlink ||
	    ++walk->links > LINKS_MAX)
		return -ELOOP;
	target = vfs_get_link(link, &free_target);
	if (IS_ERR(target))
		return PTR_ERR(target);
	err = replace_link(walk, begin, end, target);
	do_delayed_call(&free_target);
	return err;
}

/* Look up the path up to the character @end, where no link is followed. */
static int look_up(const struct walk *walk, size_t end, struct path *found)
{
	char next = walk->path[end];
	int err;

	walk->path[end] = '\0';
	err = kern_path(walk->path, 0, found);
	walk->path[end] = next;
	return err;
}

/* Go on by one name, path[begin] to path[end]. */
static int step(struct walk *walk, size_t begin, size_t end)
{
	struct path found;
	int err = look_up(walk, end, &found);

	if (err)
		return err;
	if (d_is_symlink(found.dentry)) {
		err = follow_link(walk, found.dentry, begin, end);
	} else {
		err = check_folder(&found);
		walk->checked = end;
	}
	path_put(&found);
	return err;
}

static int check_root(void)
{
	struct path root;
	int err = kern_path("/", 0, &root);

	if (err)
		return err;
	err = check_folder(&root);
	path_put(&root);
	return err;
}

/* Go through all names but the last. */
static int walk_all(struct walk *walk)
{
	int err = check_root();

	while (!err) {
		size_t begin = walk->checked + strspn(walk->path + walk->checked, "/");
		size_t end = begin + strcspn(walk->path + begin, "/");

		if (!walk->path[end + strspn(walk->path + end, "/")])
			break;
		err = step(walk, begin, end);
	}
	return err;
}

/**
 * syscord_walk - check the way to a folder
 * @path:	of the folder, absolute; the folder itself need not be there, and is not checked
 *
 * Return: the same path with no link in it but perhaps the last name, to be freed by kfree(); or an
 * error pointer: -EACCES if others can change a folder on the way, -ELOOP if a link is not root's.
 */
char *syscord_walk(const char *path)
{
	struct walk walk = { .path = kstrdup(path, GFP_KERNEL) };
	int err;

	if (!walk.path)
		return ERR_PTR(-ENOMEM);
	err = walk_all(&walk);
	if (!err)
		return walk.path;
	kfree(walk.path);
	return ERR_PTR(err);
}
