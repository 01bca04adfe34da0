// SPDX-License-Identifier: GPL-2.0
/*
 * The files that are written: opened so that nobody but root reads them, and nobody can put others
 * in their place.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uidgid.h>

#include "compat/file_open_root.h"
#include "compat/lookup_noperm.h"
#include "compat/notify_change.h"
#include "compat/start_creating_path.h"
#include "compat/vfs_mkdir.h"
#include "compat/vfs_rename.h"
#include "compat/vfs_unlink.h"
#include "params/params.h"
#include "write/files.h"

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
 * Whether only root can put files in a folder; or, if there is but one file, which is never
 * renamed, take away root's.
 */
static bool is_roots_folder(const struct inode *inode)
{
	bool one_file = syscord_params.sink == SYSCORD_SINK_TEXT && !syscord_params.rotate_mb &&
			!syscord_params.rotate_s;

	if (!uid_eq(inode->i_uid, GLOBAL_ROOT_UID))
		return false;
	return !(inode->i_mode & 0022) || (one_file && inode->i_mode & S_ISVTX);
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

/* The folder @path, made if it is missing. */
static int open_folder(const char *path, struct path *folder)
{
	int err = make_folder(path);

	return err ?: find_folder(path, folder);
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
 * syscord_place_complain - say why what record= asks for can't be had
 * @err:	negative errno
 *
 * Return: @err.
 */
int syscord_place_complain(int err)
{
	pr_err("can't open record=%s: error %d: %s\n", syscord_params.record, err, explain(err));
	return err;
}

/**
 * syscord_place_of_file - where a file and those rotated out of it are
 * @place:	filled in; for syscord_place_close()
 * @path:	of the file, from the root; the last folder of it is made if missing
 *
 * Return: 0, or a negative errno with a line in the kernel log.
 */
int syscord_place_of_file(struct syscord_place *place, const char *path)
{
	char *folder = kstrdup(path, GFP_KERNEL);
	const char *name;
	int err;

	if (!folder)
		return syscord_place_complain(-ENOMEM);
	name = split(folder);
	strscpy(place->name, name, sizeof(place->name));
	err = strlen(name) < sizeof(place->name) ? 0 : -ENAMETOOLONG;
	if (!err)
		err = open_folder(*folder ? folder : "/", &place->folder);
	kfree(folder);
	return err ? syscord_place_complain(err) : 0;
}

/**
 * syscord_place_of_folder - where the files of a trace are
 * @place:	filled in, with the name of no file; for syscord_place_close()
 * @path:	of the folder, from the root; made if missing, but not what is above it
 *
 * Return: 0, or a negative errno with a line in the kernel log.
 */
int syscord_place_of_folder(struct syscord_place *place, const char *path)
{
	int err = open_folder(path, &place->folder);

	place->name[0] = '\0';
	return err ? syscord_place_complain(err) : 0;
}

/**
 * syscord_place_close - give back a place
 * @place:	the place
 */
void syscord_place_close(struct syscord_place *place)
{
	path_put(&place->folder);
}

/**
 * syscord_file_append - open a file for appending; made if missing
 * @place:	where it is
 *
 * Return: the file, or an error pointer.
 */
struct file *syscord_file_append(const struct syscord_place *place)
{
	/* Not waiting: a FIFO without a reader is refused, rather than waited for. */
	const int flags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_LARGEFILE;
	struct file *file = compat_file_open_root(&place->folder, place->name, flags, 0600);
	int err;

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

/**
 * syscord_file_create - make a file that is not there yet
 * @place:	its folder
 * @name:	its name there
 *
 * Return: the file, or an error pointer.
 */
struct file *syscord_file_create(const struct syscord_place *place, const char *name)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_LARGEFILE;

	return compat_file_open_root(&place->folder, name, flags, 0600);
}

/* Give the file @from the name @to, and remove what had that.  With the folder locked. */
static int replace(const struct path *folder, const char *from, const char *to)
{
	struct dentry *old = compat_lookup_noperm(from, folder->dentry), *new;
	int err = 0;

	if (IS_ERR(old))
		return PTR_ERR(old);
	new = compat_lookup_noperm(to, folder->dentry);
	if (IS_ERR(new))
		err = PTR_ERR(new);
	else if (d_is_positive(old))
		err = compat_vfs_rename(folder, old, new);
	else if (d_is_positive(new))
		err = compat_vfs_unlink(folder, new);
	if (!IS_ERR(new))
		dput(new);
	dput(old);
	return err;
}

/* Where a file is while those before it make room for it. */
#define ASIDE	".new"

/* Name.1 becomes name.2, and so on; and what was put aside name.1. */
static int shift(const struct path *folder, const char *name, unsigned int keep)
{
	char from[NAME_MAX], to[NAME_MAX];
	unsigned int i;
	int err = 0;

	for (i = keep - 1; i > 1 && !err; i--) {
		snprintf(from, sizeof(from), "%s.%u", name, i - 1);
		snprintf(to, sizeof(to), "%s.%u", name, i);
		err = replace(folder, from, to);
	}
	snprintf(from, sizeof(from), "%s" ASIDE, name);
	snprintf(to, sizeof(to), "%s.1", name);
	return err ?: replace(folder, from, to);
}

/* Put the first @count files aside, or back.  Returns how many of them were. */
static unsigned int put_aside(const struct syscord_place *place, syscord_file_name name_of,
			      unsigned int count, bool back, int *err)
{
	char name[NAME_MAX], aside[NAME_MAX];
	unsigned int i;

	for (i = 0; i < count; i++) {
		name_of(i, name, sizeof(name) - sizeof(ASIDE));
		snprintf(aside, sizeof(aside), "%s" ASIDE, name);
		*err = back ? replace(&place->folder, aside, name)
			    : replace(&place->folder, name, aside);
		if (*err)
			break;
	}
	return i;
}

/* With the folder locked. */
static int shift_all(const struct syscord_place *place, syscord_file_name name_of,
		     unsigned int count, unsigned int keep)
{
	unsigned int i, aside;
	char name[NAME_MAX];
	int err, first = 0;

	/* What fails most likely comes first, and can be taken back. */
	aside = put_aside(place, name_of, count, false, &first);
	if (first) {
		put_aside(place, name_of, aside, true, &err);
		return first;
	}
	for (i = 0; i < count; i++) {
		name_of(i, name, sizeof(name) - sizeof(ASIDE));
		err = shift(&place->folder, name, keep);
		first = first ?: err;
	}
	/* They have other names now, so new ones can be made all the same. */
	if (first)
		pr_warn_ratelimited("can't rename what was recorded in %s: error %d\n",
				    syscord_params.record, first);
	return 0;
}

/**
 * syscord_files_shift - put files behind: name becomes name.1, that name.2, and so on
 * @place:	their folder
 * @name_of:	gives the name of each
 * @count:	how many names there are; of some there may be no file
 * @keep:	how many there may be of a name; what would be one more is removed
 *
 * Return: 0, or a negative errno; then all have the names that they had.
 */
int syscord_files_shift(const struct syscord_place *place, syscord_file_name name_of,
			unsigned int count, unsigned int keep)
{
	struct inode *inode = d_inode(place->folder.dentry);
	int err;

	err = mnt_want_write(place->folder.mnt);
	if (err)
		return err;
	inode_lock_nested(inode, I_MUTEX_PARENT);
	err = shift_all(place, name_of, count, keep);
	inode_unlock(inode);
	mnt_drop_write(place->folder.mnt);
	return err;
}

/**
 * syscord_file_remove - remove a file, if it can be
 * @place:	its folder
 * @name:	its name there
 */
void syscord_file_remove(const struct syscord_place *place, const char *name)
{
	struct inode *inode = d_inode(place->folder.dentry);
	struct dentry *file;

	if (mnt_want_write(place->folder.mnt))
		return;
	inode_lock_nested(inode, I_MUTEX_PARENT);
	file = compat_lookup_noperm(name, place->folder.dentry);
	if (!IS_ERR(file)) {
		if (d_is_positive(file))
			compat_vfs_unlink(&place->folder, file);
		dput(file);
	}
	inode_unlock(inode);
	mnt_drop_write(place->folder.mnt);
}

/**
 * syscord_file_exists - whether there is a file
 * @place:	its folder
 * @name:	its name there
 *
 * Return: true also if that can't be found out.
 */
bool syscord_file_exists(const struct syscord_place *place, const char *name)
{
	struct inode *inode = d_inode(place->folder.dentry);
	struct dentry *file;
	bool exists;

	inode_lock_nested(inode, I_MUTEX_PARENT);
	file = compat_lookup_noperm(name, place->folder.dentry);
	exists = IS_ERR(file) || d_is_positive(file);
	if (!IS_ERR(file))
		dput(file);
	inode_unlock(inode);
	return exists;
}
