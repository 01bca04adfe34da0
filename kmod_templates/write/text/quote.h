/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes that a process gave, as text.  They are quoted where they could be taken for the record's
 * own syntax, so that no process can forge a field or a record.
 *
 * The eight bytes before the bytes must be readable, too: their end is loaded as a whole word.  In
 * an event, its header is there.
 */
#ifndef SYSCORD_QUOTE_H
#define SYSCORD_QUOTE_H

#include <linux/types.h>

void syscord_quote_prepare(void);
char *syscord_put_value(char *pos, const u8 *bytes, size_t len);
char *syscord_put_list_value(char *pos, const u8 *bytes, size_t len);
char *syscord_put_quoted(char *pos, const u8 *bytes, size_t len);

#endif
