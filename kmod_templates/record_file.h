/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_RECORD_FILE_H
#define SYSCORD_RECORD_FILE_H

#include <linux/fs.h>

struct file *syscord_record_open(const char *path);

#endif
