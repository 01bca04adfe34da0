// SPDX-License-Identifier: GPL-2.0
/*
 * Opening the record file, so that nobody but root reads it, and nobody can put another file in its place.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/namei.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/make_folder.h"
#include "compat/change_mode.h"
#include "compat/open_in.h"
#include "record_file.h"

/* Make the folder @path, 0700, unless it is there. */
static int make_folder(const char *path)
{
	struct path parent;
	struct dentry *dentry = compat_start_creating(path, &parent);
	int err;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry) == -EEXIST ? 0 : PTR_ERR(dentry);
	err = compat_mkdir(&parent, &dentry, 0700);
	compat_end_creating(&parent, dentry);
	return err;
}

/* The folder @path, which must be no link. */
static int find_folder(const char *path, struct path *folder)
{
	int err = kern_path(path, 0, folder);

	if (err)
		return err;
	if (d_is_symlink(folder->dentry))
		err = -ELOOP;
	else if (!d_is_dir(folder->dentry))
		err = -ENOTDIR;
	if (err)
		path_put(folder);
	return err;
}

/* A file that was there before may be of another kind, or open to others. */
static int check_file(struct file *file)
{
	struct inode *inode = file_inode(file);

	if (!S_ISREG(inode->i_mode))
		return -EINVAL;
	if ((inode->i_mode & 07777) == 0600)
		return 0;
	return compat_change_mode(file, 0600);
}

/* Open the file @name in the folder @path. */
static struct file *open_in_folder(const char *path, const char *name)
{
	struct path folder;
	struct file *file;
	int err;

	err = make_folder(path);
	if (!err)
		err = find_folder(path, &folder);
	if (err)
		return ERR_PTR(err);
	/* O_NONBLOCK: a FIFO without a reader is refused, rather than waited for. */
	file = compat_open_in(&folder, name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_LARGEFILE,
			      0600);
	path_put(&folder);
	if (IS_ERR(file))
		return file;
	err = check_file(file);
	if (!err)
		return file;
	filp_close(file, NULL);
	return ERR_PTR(err);
}

static const char *explain(long err)
{
	switch (err) {
	case -ENOENT:
		return "the folder above its folder does not exist: make it first";
	case -ENOTDIR:
		return "its folder is no folder";
	case -ELOOP:
		return "it, or its folder, is a symbolic link: give the path that the link leads to";
	case -EROFS:
		return "the file system is read-only: choose another place";
	case -EISDIR:
		return "it is a folder: give the path of a file";
	case -ENXIO:
	case -EINVAL:
		return "it is no regular file: choose another place";
	default:
		return "see errno(3)";
	}
}

/**
 * syscord_record_open - open the record file for appending
 * @path:	from the root; the last folder of it is made if missing
 *
 * Return: the file, or an error pointer with a line in the kernel log.
 */
struct file *syscord_record_open(const char *path)
{
	char *folder = kstrdup(path, GFP_KERNEL);
	struct file *file;
	char *slash;

	if (!folder)
		return ERR_PTR(-ENOMEM);
	slash = strrchr(folder, '/');
	*slash = '\0';
	file = open_in_folder(*folder ? folder : "/", slash + 1);
	kfree(folder);
	if (IS_ERR(file))
		pr_err("can't open record=%s: error %ld: %s\n", path, PTR_ERR(file), explain(PTR_ERR(file)));
	return file;
}
