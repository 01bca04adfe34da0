/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rings of all CPUs, of which some may come online later.
 */
#ifndef SYSCORD_RINGS_H
#define SYSCORD_RINGS_H

#include <linux/types.h>

int syscord_rings_create(void);
void syscord_rings_destroy(void);
void syscord_rings_close_packets(void);
void syscord_rings_keep(bool keep);
void syscord_rings_discard(void);
void syscord_rings_describe_anew(void);
u32 syscord_event_max(void);

#endif
