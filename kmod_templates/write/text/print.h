/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An event as one line of text.
 */
#ifndef SYSCORD_PRINT_H
#define SYSCORD_PRINT_H

#include <linux/types.h>

struct syscord_event;

char *syscord_print_event(char *pos, const struct syscord_event *event);
char *syscord_print_lost(char *pos, unsigned int cpu, const char *cause, u64 count);

#endif
