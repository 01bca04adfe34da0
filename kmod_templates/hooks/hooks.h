/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_HOOKS_H
#define SYSCORD_HOOKS_H

#include <linux/types.h>

int syscord_hooks_register(void);
void syscord_hooks_unregister(void);
bool syscord_hooks_other_tracer(void);

#endif
