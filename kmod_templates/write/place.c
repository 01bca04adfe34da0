// SPDX-License-Identifier: GPL-2.0
/*
 * The folder that record= names is made if missing, checked and opened here.  The way there is
 * checked by walk.c.  Files are then opened in the folder by name.  So nobody can put another
 * folder in its place meanwhile.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "compat/start_creating_path.h"
#include "compat/vfs_mkdir.h"
#include "params/params.h"
#include "write/place.h"
#include "write/walk.h"

/* Make the folder @path, 0700, unless it is there. */
static int make_folder(const char *path)
{
	struct path parent;
	struct dentry *dentry = compat_start_creating_path(path, &parent);
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry) == -EEXIST ? 0 : PTR_ERR(dentry);
	err = compat_vfs_mkdir(&parent, &dentry, 0700);
	compat_end_creating_path(&parent, dentry);
	return err;
}

/*
 * Whether root's files in a folder are safe from others.  Others must not write to it; a sticky
 * folder such as /tmp will do for a single file that is never renamed.
 */
static bool is_safe_folder(const struct inode *inode)
{
	bool one_file = syscord_params.sink == SYSCORD_SINK_TEXT && !syscord_params.rotate_mb &&
			!syscord_params.rotate_s;

	if (!uid_eq(inode->i_uid, GLOBAL_ROOT_UID))
		return false;
	return !(inode->i_mode & 0022) || (one_file && inode->i_mode & S_ISVTX);
}

/* Look up the folder @path, which must be no link. */
static int find_folder(const char *path, struct path *folder)
{
	int err = kern_path(path, 0, folder);

	if (err)
		return err;
	if (d_is_symlink(folder->dentry))
		err = -ELOOP;
	else if (!d_is_dir(folder->dentry))
		err = -ENOTDIR;
	else if (!is_safe_folder(d_inode(folder->dentry)) || !syscord_walk_is_safe_mount(folder))
		err = -EPERM;
	if (err)
		path_put(folder);
	return err;
}

static int open_folder(const char *path, struct path *folder)
{
	char *way = syscord_walk(path);
	int err;

	if (IS_ERR(way))
		return PTR_ERR(way);
	err = make_folder(way) ?: find_folder(way, folder);
	kfree(way);
	return err;
}

static const char *explain(int err)
{
	switch (err) {
	case -ENOENT:
		return "the folder above its folder does not exist: make it first";
	case -ENOTDIR:
		return "its folder is no folder";
	case -ELOOP:
		return "a symbolic link is not followed: give the path that it leads to";
	case -EROFS:
		return "the file system is read-only: choose another place";
	case -EISDIR:
		return "it is a folder: give the path of a file, or sink=ctf";
	case -EEXIST:
		return "there is a trace already: move it away, or give another folder";
	case -ENXIO:
	case -EINVAL:
		return "it is no regular file: choose another place";
	case -EMLINK:
		return "it has other names (hard links): choose another place";
	case -EPERM:
		return "it, or its folder, is not root's alone, or can't be changed: mend that";
	case -EACCES:
		return "a folder on the way is not root's alone: mend it, or choose another place";
	case -EAGAIN:
		return "another program holds it: end that, or choose another place";
	case -ENOSPC:
		return "the file system is full: make room, or choose another place";
	default:
		return "see errno(3)";
	}
}

/**
 * syscord_place_report - say in the kernel log why record= can't be opened
 * @err:	negative errno
 *
 * Return: @err.
 */
int syscord_place_report(int err)
{
	pr_err("can't open record=%s: error %d: %s\n", syscord_params.record, err, explain(err));
	return err;
}

/**
 * syscord_place_open_folder - open a folder
 * @place:	filled in, without a name; for syscord_place_close()
 * @path:	of the folder, absolute; it is made if missing, but not what is above it
 *
 * Return: 0, or a negative errno, for syscord_place_report().
 */
int syscord_place_open_folder(struct syscord_place *place, const char *path)
{
	place->name[0] = '\0';
	return open_folder(path, &place->folder);
}

/* Split @path into the folder, which stays in @path, and the file's name, which is returned. */
static const char *split(char *path)
{
	char *slash = strrchr(path, '/');
	const char *name = slash + 1;

	/* With a slash at the end, a symbolic link would be followed, not refused. */
	while (slash > path && slash[-1] == '/')
		slash--;
	*slash = '\0';
	return name;
}

/**
 * syscord_place_open_parent - open the folder that a file is in
 * @place:	filled in, with the file's name; for syscord_place_close()
 * @path:	of the file, absolute; its folder is made if missing, but not what is above that
 *
 * Return: 0, or a negative errno, for syscord_place_report().
 */
int syscord_place_open_parent(struct syscord_place *place, const char *path)
{
	char *folder = kstrdup(path, GFP_KERNEL);
	const char *name;
	int err;

	if (!folder)
		return -ENOMEM;
	name = split(folder);
	strscpy(place->name, name, sizeof(place->name));
	err = strlen(name) < sizeof(place->name) ? 0 : -ENAMETOOLONG;
	if (!err)
		err = open_folder(*folder ? folder : "/", &place->folder);
	kfree(folder);
	return err;
}

/**
 * syscord_place_close - give back a place
 * @place:	the place
 */
void syscord_place_close(struct syscord_place *place)
{
	path_put(&place->folder);
}
