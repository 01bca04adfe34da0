/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The processes that exist now, and their open files, as packets of a trace.
 */
#ifndef SYSCORD_STATE_H
#define SYSCORD_STATE_H

#include <linux/types.h>

struct syscord_packet;

/* Writes a packet; false if the file takes no more. */
typedef bool (*syscord_packet_writer)(const struct syscord_packet *packet);

int syscord_state_create(void);
void syscord_state_destroy(void);
void syscord_state_write(syscord_packet_writer write_packet);

#endif
