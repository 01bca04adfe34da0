/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Opening, making and removing files of a folder.
 */
#ifndef SYSCORD_FILES_H
#define SYSCORD_FILES_H

#include <linux/types.h>

struct file;
struct syscord_place;

struct file *syscord_file_append(const struct syscord_place *place);
struct file *syscord_file_create(const struct syscord_place *place, const char *name);
void syscord_file_remove(const struct syscord_place *place, const char *name);
s64 syscord_file_size(const struct syscord_place *place, const char *name);
bool syscord_file_exists(const struct syscord_place *place, const char *name);

#endif
