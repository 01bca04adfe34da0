/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Walking to a folder by a way that only root can change.
 */
#ifndef SYSCORD_WALK_H
#define SYSCORD_WALK_H

#include <linux/types.h>

struct path;

char *syscord_walk(const char *path);
bool syscord_walk_is_safe_mount(const struct path *folder);

#endif
