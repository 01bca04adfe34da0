// SPDX-License-Identifier: GPL-2.0
/*
 * Rotation by size and by age (rotate_mb=, rotate_s=): when it is due, and how files are renamed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/mount.h>
#include <linux/path.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sizes.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

#include "compat/lookup_noperm.h"
#include "compat/vfs_rename.h"
#include "compat/vfs_unlink.h"
#include "params/params.h"
#include "write/files.h"
#include "write/place.h"
#include "write/rotation.h"
#include "write/space.h"

/**
 * syscord_rotation_is_on - whether files are rotated
 *
 * Return: true if they are, by size or by age.
 */
bool syscord_rotation_is_on(void)
{
	return syscord_params.rotate_mb || syscord_params.rotate_s;
}

/**
 * syscord_rotation_begin - note that new files were begun
 * @rotation:	of the sink
 * @size:	bytes that are in them already
 */
void syscord_rotation_begin(struct syscord_rotation *rotation, u64 size)
{
	rotation->size = size;
	rotation->limit = (u64)syscord_params.rotate_mb * SZ_1M;
	rotation->begun = ktime_get_seconds();
}

/*
 * When max_mb= is met, the oldest files are removed.  So files are rotated before they are too
 * large a part of that.  Else next to nothing would be left.
 */
static bool is_half_of_all(const struct syscord_rotation *rotation, size_t more)
{
	u64 max = syscord_space_max();

	return max && syscord_rotation_is_on() && rotation->size + more > max / 2 &&
	       ktime_get_seconds() >= rotation->retry;
}

/**
 * syscord_rotation_is_due - whether to begin new files before more is written
 * @rotation:	of the sink
 * @more:	bytes of records that are to be written next
 *
 * Return: whether the files would get too large, or are too old.  Files without records are never
 * due.
 */
bool syscord_rotation_is_due(const struct syscord_rotation *rotation, size_t more)
{
	if (!rotation->size)
		return false;
	if (rotation->limit && rotation->size + more > rotation->limit)
		return true;
	if (is_half_of_all(rotation, more))
		return true;
	return syscord_params.rotate_s &&
	       ktime_get_seconds() - rotation->begun >= syscord_params.rotate_s;
}

/**
 * syscord_rotation_failed - say why no new files are begun
 * @rotation:	of the sink
 * @err:	negative errno
 *
 * The next try comes when the files have about doubled, or rotate_s= has gone by once more, or for
 * max_mb= after a minute.
 */
void syscord_rotation_failed(struct syscord_rotation *rotation, int err)
{
	pr_warn_ratelimited("can't begin new files for %s: error %d: the old ones go on growing\n",
			    syscord_params.record, err);
	rotation->limit += rotation->limit ? rotation->size : 0;
	rotation->begun = ktime_get_seconds();
	rotation->retry = rotation->begun + 60;
}

/*
 * Rename @from to @to, which is replaced; if there is no @from, remove @to.  The folder is locked.
 */
static int rename_over(const struct path *folder, const char *from, const char *to)
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

/* Suffixes: of a file that is about to become NAME, and of one that is about to become NAME.1. */
#define NEXT	".next"
#define ASIDE	".new"

/* NAME.1 becomes NAME.2, and so on; then what was put aside becomes NAME.1. */
static int shift_one(const struct path *folder, const char *name, unsigned int keep)
{
	char from[NAME_MAX], to[NAME_MAX];
	unsigned int i;
	int err = 0;

	for (i = keep - 1; i > 1 && !err; i--) {
		snprintf(from, sizeof(from), "%s.%u", name, i - 1);
		snprintf(to, sizeof(to), "%s.%u", name, i);
		err = rename_over(folder, from, to);
	}
	snprintf(from, sizeof(from), "%s" ASIDE, name);
	snprintf(to, sizeof(to), "%s.1", name);
	return err ?: rename_over(folder, from, to);
}

/*
 * Rename the first @count files, from their name with one suffix to that with another.  Returns how
 * many it did before an error.
 */
static unsigned int rename_each(const struct syscord_place *place, syscord_file_name name_of,
				unsigned int count, const char *from_suffix,
				const char *to_suffix, int *err)
{
	char name[NAME_MAX - sizeof(NEXT)], from[NAME_MAX], to[NAME_MAX];
	unsigned int i;

	for (i = 0; i < count; i++) {
		name_of(i, name, sizeof(name));
		snprintf(from, sizeof(from), "%s%s", name, from_suffix);
		snprintf(to, sizeof(to), "%s%s", name, to_suffix);
		*err = rename_over(&place->folder, from, to);
		if (*err)
			break;
	}
	return i;
}

/* NAME is put aside, and NAME.next becomes NAME.  After an error, all have the names they had. */
static int exchange(const struct syscord_place *place, syscord_file_name name_of,
		    unsigned int count)
{
	unsigned int aside, next = 0;
	int err = 0, ignored;

	aside = rename_each(place, name_of, count, "", ASIDE, &err);
	if (!err)
		next = rename_each(place, name_of, count, NEXT, "", &err);
	if (!err)
		return 0;
	rename_each(place, name_of, next, "", NEXT, &ignored);
	rename_each(place, name_of, aside, ASIDE, "", &ignored);
	return err;
}

/* With the folder locked. */
static int shift_all(const struct syscord_place *place, syscord_file_name name_of,
		     unsigned int count, unsigned int keep)
{
	char name[NAME_MAX - sizeof(NEXT)];
	int err = exchange(place, name_of, count), first = 0;
	unsigned int i;

	if (err)
		return err;
	for (i = 0; i < count; i++) {
		name_of(i, name, sizeof(name));
		err = shift_one(&place->folder, name, keep);
		first = first ?: err;
	}
	/* The new files have their names, so recording goes on even after an error. */
	if (first)
		pr_warn_ratelimited("can't rename what was recorded in %s: error %d\n",
				    syscord_params.record, first);
	return 0;
}

/**
 * syscord_rotation_create - make the file that is to follow a file
 * @place:	their folder
 * @name:	of the file; the new one gets the name by syscord_rotation_rename()
 *
 * Return: the new file, for appending, or an error pointer.
 */
struct file *syscord_rotation_create(const struct syscord_place *place, const char *name)
{
	char next[NAME_MAX];

	snprintf(next, sizeof(next), "%s" NEXT, name);
	/* One may be left of a machine that stopped in the middle of a rotation. */
	syscord_file_remove(place, next);
	return syscord_file_create(place, next);
}

/**
 * syscord_rotation_discard - close and remove a file that is not to follow after all
 * @place:	its folder
 * @name:	of the file that it was to follow
 * @file:	from syscord_rotation_create()
 */
void syscord_rotation_discard(const struct syscord_place *place, const char *name,
			      struct file *file)
{
	char next[NAME_MAX];

	snprintf(next, sizeof(next), "%s" NEXT, name);
	filp_close(file, NULL);
	syscord_file_remove(place, next);
}

/**
 * syscord_rotation_rename - NAME becomes NAME.1, that becomes NAME.2, and so on
 * @place:	their folder
 * @name_of:	gives the name of each
 * @count:	how many names there are; a file may be missing
 * @keep:	how many files there may be of a name, NAME included; the oldest is removed
 *
 * The files of syscord_rotation_create() get their names.
 *
 * Return: 0, or a negative errno; then all files have the names that they had.
 */
int syscord_rotation_rename(const struct syscord_place *place, syscord_file_name name_of,
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
