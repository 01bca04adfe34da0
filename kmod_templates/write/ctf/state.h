/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The processes that exist now, and their open files, as packets of a trace.
 */
#ifndef SYSCORD_STATE_H
#define SYSCORD_STATE_H

#include <linux/types.h>

#include "write/ctf/state_packet.h"

int syscord_state_create(void);
void syscord_state_destroy(void);
void syscord_state_ask(void);
bool syscord_state_write_slice(syscord_packet_writer write_packet);

#endif
