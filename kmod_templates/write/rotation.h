/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When a new file is begun.
 */
#ifndef SYSCORD_ROTATION_H
#define SYSCORD_ROTATION_H

#include <linux/types.h>

/**
 * struct syscord_rotation - how far the files of a sink are
 * @size:	bytes in them
 * @base:	of which so many are descriptions that every new file begins with
 * @limit:	bytes that they may have
 * @begun:	when they were begun, in s since boot
 */
struct syscord_rotation {
	u64 size;
	u64 base;
	u64 limit;
	u64 begun;
};

void syscord_rotation_begin(struct syscord_rotation *rotation, u64 size);
bool syscord_rotation_is_due(const struct syscord_rotation *rotation, size_t more);
void syscord_rotation_failed(struct syscord_rotation *rotation, int err);

#endif
