/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Noticing that a probe is being attached to sys_enter or sys_exit.
 */
#ifndef SYSCORD_REGISTRATIONS_H
#define SYSCORD_REGISTRATIONS_H

#include <linux/types.h>

bool syscord_registrations_watch(void (*begins)(void));
void syscord_registrations_unwatch(void);
bool syscord_registration_under_way(void);

#endif
