/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many slots each user holds, so that none can take them all.
 */
#ifndef SYSCORD_CHARGE_H
#define SYSCORD_CHARGE_H

#include <linux/cred.h>

void syscord_charge_add(const struct cred *cred);
void syscord_charge_remove(const struct cred *cred);
unsigned int syscord_charge_of(const struct cred *cred);

#endif
