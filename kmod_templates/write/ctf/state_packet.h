/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The packet of descriptions that is being filled.
 */
#ifndef SYSCORD_STATE_PACKET_H
#define SYSCORD_STATE_PACKET_H

#include <linux/types.h>

struct syscord_event;
struct syscord_packet;

/* Writes a packet; false if the file takes no more. */
typedef bool (*syscord_packet_writer)(const struct syscord_packet *packet);

int syscord_state_packet_create(void);
void syscord_state_packet_destroy(void);
void syscord_state_packet_begin(syscord_packet_writer write_packet);
void *syscord_state_packet_room(void);
void syscord_state_packet_add(struct syscord_event *event, size_t len);
void syscord_state_packet_end(void);
bool syscord_state_packet_failed(void);
u64 syscord_state_packet_count(void);

#endif
