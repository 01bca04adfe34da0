// SPDX-License-Identifier: GPL-2.0
/*
 * Printing the metadata's text into its file.  It need not be fast: it is done once, when a trace
 * begins.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/types.h>

#include "write/ctf/tsdl.h"
#include "write/reserve.h"

/**
 * syscord_tsdl_flush - write what is not written yet
 * @tsdl:	the text
 */
void syscord_tsdl_flush(struct syscord_tsdl *tsdl)
{
	size_t done = 0;

	while (done < tsdl->len && !tsdl->err) {
		ssize_t some = syscord_reserve_write(tsdl->file, tsdl->text + done,
						     tsdl->len - done, &tsdl->pos);

		if (some > 0)
			done += some;
		else
			tsdl->err = some;
	}
	tsdl->len = 0;
}

/**
 * syscord_tsdl_printf - print text, as into a file
 * @tsdl:	the text
 * @format:	as for printf(); the result must be shorter than the room
 */
void syscord_tsdl_printf(struct syscord_tsdl *tsdl, const char *format, ...)
{
	int tries;

	for (tries = 0; tries < 2; tries++) {
		va_list args;
		size_t len;

		va_start(args, format);
		len = vsnprintf(tsdl->text + tsdl->len, tsdl->room - tsdl->len, format, args);
		va_end(args);
		if (len < tsdl->room - tsdl->len) {
			tsdl->len += len;
			return;
		}
		syscord_tsdl_flush(tsdl);
	}
	tsdl->err = tsdl->err ?: -ENOSPC;
}
