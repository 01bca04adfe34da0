/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text for a trace's metadata, which goes to the file piece by piece.
 */
#ifndef SYSCORD_TSDL_H
#define SYSCORD_TSDL_H

#include <linux/compiler.h>
#include <linux/fs.h>
#include <linux/types.h>

/**
 * struct syscord_tsdl - text on its way to a file
 * @file:	where it goes
 * @pos:	up to where the file is written
 * @text:	what is not written yet
 * @room:	bytes of @text
 * @len:	of which are used
 * @err:	0, or what went wrong first, as a negative errno; then nothing more is written
 */
struct syscord_tsdl {
	struct file *file;
	loff_t pos;
	char *text;
	size_t room;
	size_t len;
	int err;
};

void syscord_tsdl_put(struct syscord_tsdl *tsdl, const char *format, ...) __printf(2, 3);
void syscord_tsdl_flush(struct syscord_tsdl *tsdl);

#endif
