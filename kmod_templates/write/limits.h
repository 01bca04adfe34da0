/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much the files may take (max_mb=), and how much must stay free beside them (min_free_mb=).
 */
#ifndef SYSCORD_LIMITS_H
#define SYSCORD_LIMITS_H

#include <linux/types.h>

#include "write/rotation.h"

struct syscord_place;

/**
 * struct syscord_files - the files of a sink, those included that were rotated out
 * @place:	their folder
 * @name_of:	gives the name of each that is written
 * @count:	how many names there are
 * @rotated:	bytes of the files that were rotated out
 * @oldest:	the largest number that such a file has; 0: there is none
 * @removals:	how many times the oldest ones may still be removed
 */
struct syscord_files {
	const struct syscord_place *place;
	syscord_file_name name_of;
	unsigned int count;
	u64 rotated;
	unsigned int oldest;
	unsigned int removals;
};

void syscord_limits_measure(struct syscord_files *files);
u64 syscord_limits_room(struct syscord_files *files, u64 size, u64 wanted);
void syscord_limits_stalled(void);

#endif
