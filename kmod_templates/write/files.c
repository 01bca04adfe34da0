// SPDX-License-Identifier: GPL-2.0
/*
 * Files are opened so that nobody but root reads them, and nobody can put others in their place.
 */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/mount.h>
#include <linux/stat.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "compat/file_open_root.h"
#include "compat/lookup_noperm.h"
#include "compat/notify_change.h"
#include "compat/vfs_unlink.h"
#include "write/files.h"
#include "write/place.h"
#include "write/reserve.h"

/* A file that was there must be a regular one of root's, without hard links.  It gets mode 0600. */
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

/* A full disk, or a loss of power, may have torn the last line: end it before the next. */
static int end_last_line(struct file *file)
{
	loff_t pos = i_size_read(file_inode(file)) - 1;
	char last;

	if (pos < 0 || kernel_read(file, &last, 1, &pos) != 1 || last == '\n')
		return 0;
	return min_t(ssize_t, syscord_reserve_write(file, "\n", 1, &pos), 0);
}

/**
 * syscord_file_append - open the file of a place for appending; it is made if missing
 * @place:	with the file's name
 *
 * Return: the file, or an error pointer.
 */
struct file *syscord_file_append(const struct syscord_place *place)
{
	/* O_NONBLOCK: a FIFO without a reader is refused at once. */
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
 * syscord_file_create - make a file, for appending; one that is there is refused
 * @place:	its folder
 * @name:	its name there
 *
 * Return: the file, or an error pointer.
 */
struct file *syscord_file_create(const struct syscord_place *place, const char *name)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_LARGEFILE;

	return compat_file_open_root(&place->folder, name, flags, 0600);
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
 * syscord_file_size - how large a file is
 * @place:	its folder
 * @name:	its name there
 *
 * Return: its bytes, or a negative errno if there is none.
 */
s64 syscord_file_size(const struct syscord_place *place, const char *name)
{
	struct inode *inode = d_inode(place->folder.dentry);
	struct dentry *file;
	s64 size = -ENOENT;

	inode_lock_nested(inode, I_MUTEX_PARENT);
	file = compat_lookup_noperm(name, place->folder.dentry);
	inode_unlock(inode);
	if (IS_ERR(file))
		return PTR_ERR(file);
	if (d_is_positive(file))
		size = i_size_read(d_inode(file));
	dput(file);
	return size;
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
