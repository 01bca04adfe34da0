/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_METADATA_H
#define SYSCORD_METADATA_H

struct file;

int syscord_metadata_write(struct file *file);

#endif
