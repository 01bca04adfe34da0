/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An event as one line of text.
 */
#ifndef SYSCORD_FORMAT_H
#define SYSCORD_FORMAT_H

#include <linux/types.h>

#include "ring/event.h"

int syscord_format_prepare(void);
void syscord_format_forget(void);
size_t syscord_line_room(size_t event_size);
char *syscord_format_event(char *pos, const struct syscord_event *event);
char *syscord_format_lost(char *pos, unsigned int cpu, const char *cause, u64 count);

#endif
