/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rings of all CPUs, of which some may come online later.
 */
#ifndef SYSCORD_RINGS_H
#define SYSCORD_RINGS_H

#include <linux/types.h>

struct syscord_ring_config;

int syscord_rings_create(const struct syscord_ring_config *config);
void syscord_rings_destroy(void);
void syscord_rings_close_packets(void);
bool syscord_rings_any_high(void);
void syscord_rings_end_reserve(void);
void syscord_rings_set_no_overwrite(bool no_overwrite);
void syscord_rings_discard(void);
void syscord_rings_describe_anew(void);

#endif
