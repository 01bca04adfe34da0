/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An event as one line of text.
 */
#ifndef SYSCORD_FORMAT_H
#define SYSCORD_FORMAT_H

#include <linux/types.h>

#include "event.h"

/**
 * struct syscord_text - text being written
 * @pos:	where the next character goes
 * @end:	of the memory
 */
struct syscord_text {
	char *pos;
	char *end;
};

size_t syscord_line_room(size_t event_size);
void syscord_format_event(struct syscord_text *text, const struct syscord_event *event);
void syscord_format_lost(struct syscord_text *text, unsigned int cpu, const char *cause, u64 count);

#endif
