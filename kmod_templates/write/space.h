/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file system that is written to: its size, its free space, and the limits that follow.
 */
#ifndef SYSCORD_SPACE_H
#define SYSCORD_SPACE_H

#include <linux/types.h>

struct syscord_place;

void syscord_space_ask(const struct syscord_place *place, u64 wanted);
void syscord_space_use(u64 size);
u64 syscord_space_free(void);
u64 syscord_space_max(void);
u64 syscord_space_min_free(void);

#endif
