/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_FILES_H
#define SYSCORD_FILES_H

#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/path.h>

/**
 * struct syscord_place - where files are
 * @folder:	their folder
 * @name:	of the file there, if it is one
 */
struct syscord_place {
	struct path folder;
	char name[NAME_MAX - 8];	/* a number comes behind it when it is rotated */
};

/* Gives the name of the file @i. */
typedef void (*syscord_file_name)(unsigned int i, char *name, size_t size);

int syscord_place_complain(int err);
int syscord_place_of_file(struct syscord_place *place, const char *path);
int syscord_place_of_folder(struct syscord_place *place, const char *path);
void syscord_place_close(struct syscord_place *place);
struct file *syscord_file_append(const struct syscord_place *place);
struct file *syscord_file_create(const struct syscord_place *place, const char *name);
void syscord_file_remove(const struct syscord_place *place, const char *name);
bool syscord_file_exists(const struct syscord_place *place, const char *name);
int syscord_files_shift(const struct syscord_place *place, syscord_file_name name_of,
			unsigned int count, unsigned int keep);

#endif
