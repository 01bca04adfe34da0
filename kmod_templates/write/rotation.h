/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rotation: when new files are begun, and what becomes of the old ones.
 */
#ifndef SYSCORD_ROTATION_H
#define SYSCORD_ROTATION_H

#include <linux/types.h>

struct file;
struct syscord_place;

/**
 * struct syscord_rotation - size and age of the files of a sink
 * @size:	bytes of records in them.  Descriptions do not count: somebody with many open files
 *		would have old records removed
 * @limit:	bytes that they may have; 0: any
 * @begun:	when they were begun, in s since boot
 * @retry:	no new ones are begun before this because of max_mb=, in s since boot
 */
struct syscord_rotation {
	u64 size;
	u64 limit;
	u64 begun;
	u64 retry;
};

/* Gives the name of the file @i. */
typedef void (*syscord_file_name)(unsigned int i, char *name, size_t size);

bool syscord_rotation_is_on(void);
void syscord_rotation_begin(struct syscord_rotation *rotation, u64 size);
bool syscord_rotation_is_due(const struct syscord_rotation *rotation, size_t more);
void syscord_rotation_failed(struct syscord_rotation *rotation, int err);
struct file *syscord_rotation_create(const struct syscord_place *place, const char *name);
void syscord_rotation_discard(const struct syscord_place *place, const char *name,
			      struct file *file);
int syscord_rotation_rename(const struct syscord_place *place, syscord_file_name name_of,
			    unsigned int count, unsigned int keep);

#endif
