/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writing without the blocks that a file system keeps for root.
 */
#ifndef SYSCORD_RESERVE_H
#define SYSCORD_RESERVE_H

#include <linux/types.h>

struct file;

int syscord_reserve_create(void);
void syscord_reserve_destroy(void);
ssize_t syscord_reserve_write(struct file *file, const void *data, size_t size, loff_t *pos);

#endif
