/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The text of a trace's metadata, printed into a file.
 */
#ifndef SYSCORD_TSDL_H
#define SYSCORD_TSDL_H

#include <linux/compiler.h>
#include <linux/types.h>

struct file;

/**
 * struct syscord_tsdl - text on its way to a file
 * @file:	where it goes
 * @pos:	up to where the file is written
 * @text:	what is not written yet
 * @room:	bytes of @text
 * @len:	bytes of @text that are used
 * @err:	0, or the first error, as a negative errno; after it nothing is written
 */
struct syscord_tsdl {
	struct file *file;
	loff_t pos;
	char *text;
	size_t room;
	size_t len;
	int err;
};

void syscord_tsdl_printf(struct syscord_tsdl *tsdl, const char *format, ...) __printf(2, 3);
void syscord_tsdl_flush(struct syscord_tsdl *tsdl);

#endif
