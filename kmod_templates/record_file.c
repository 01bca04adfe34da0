// SPDX-License-Identifier: GPL-2.0
/*
 * Opening the record file, so that nobody but root reads it, and nobody can put another file in its
 * place.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/namei.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uidgid.h>

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

/* Whether only root can put files in a folder, or take away root's. */
static bool is_roots_folder(const struct inode *inode)
{
	if (!uid_eq(inode->i_uid, GLOBAL_ROOT_UID))
		return false;
	return !(inode->i_mode & 0022) || inode->i_mode & S_ISVTX;
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
	else if (!is_roots_folder(d_inode(folder->dentry)))
		err = -EPERM;
	if (err)
		path_put(folder);
	return err;
}

/* A file that was there before may be of another kind, another's, or open to others. */
static int check_file(struct file *file)
{
	struct inode *inode = file_inode(file);

	if (!S_ISREG(inode->i_mode))
		return -EINVAL;
	if (inode->i_nlink != 1)
		return -EMLINK;
	if (!uid_eq(inode->i_uid, GLOBAL_ROOT_UID))
		return -EPERM;
	if ((inode->i_mode & 07777) == 0600)
		return 0;
	return compat_change_mode(file, 0600);
}

/* The last line may be torn, by a loss of power or a full disk: what comes next gets its own. */
static int end_last_line(struct file *file)
{
	loff_t pos = i_size_read(file_inode(file)) - 1;
	char last;

	if (pos < 0 || kernel_read(file, &last, 1, &pos) != 1 || last == '\n')
		return 0;
	return kernel_write(file, "\n", 1, &pos) == 1 ? 0 : -EIO;
}

/* Open the file @name in the folder @path. */
static struct file *open_in_folder(const char *path, const char *name)
{
	/* Not waiting: a FIFO without a reader is refused, rather than waited for. */
	const int flags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_LARGEFILE;
	struct path folder;
	struct file *file;
	int err;

	err = make_folder(path);
	if (!err)
		err = find_folder(path, &folder);
	if (err)
		return ERR_PTR(err);
	file = compat_open_in(&folder, name, flags, 0600);
	path_put(&folder);
	if (IS_ERR(file))
		return file;
	err = check_file(file);
	if (!err)
		err = end_last_line(file);
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
		return "it, or its folder, is a symbolic link: give the path that it leads to";
	case -EROFS:
		return "the file system is read-only: choose another place";
	case -EISDIR:
		return "it is a folder: give the path of a file";
	case -ENXIO:
	case -EINVAL:
		return "it is no regular file: choose another place";
	case -EMLINK:
		return "it has other names (hard links): choose another place";
	case -EPERM:
		return "it, or its folder, is not root's alone, or can't be changed: mend that";
	case -EAGAIN:
		return "another program holds it: end that, or choose another place";
	case -ENOSPC:
		return "the file system is full: make room, or choose another place";
	default:
		return "see errno(3)";
	}
}

/* Split @path into its folder and, behind that, the file's name. */
static const char *split(char *path)
{
	char *slash = strrchr(path, '/');
	const char *name = slash + 1;

	/* A slash at the end of the folder would lead through a link. */
	while (slash > path && slash[-1] == '/')
		slash--;
	*slash = '\0';
	return name;
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
	struct file *file = ERR_PTR(-ENOMEM);
	const char *name;

	if (folder) {
		name = split(folder);
		file = open_in_folder(*folder ? folder : "/", name);
		kfree(folder);
	}
	if (IS_ERR(file))
		pr_err("can't open record=%s: error %ld: %s\n", path, PTR_ERR(file),
		       explain(PTR_ERR(file)));
	return file;
}
