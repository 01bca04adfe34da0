/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The processes that there are, and their open files, as packets of a trace.
 */
#ifndef SYSCORD_STATE_H
#define SYSCORD_STATE_H

#include <linux/types.h>

#include "ring/packet.h"

/**
 * syscord_state_sink - what takes the packets
 *
 * Return: false if it takes no more.
 */
typedef bool (*syscord_state_sink)(const struct syscord_packet *packet);

int syscord_state_create(void);
void syscord_state_destroy(void);
void syscord_state_write(syscord_state_sink sink);

#endif
