/* SPDX-License-Identifier: GPL-2.0 */
/*
 * on_full=wait: threads wait until their records have room.
 */
#ifndef SYSCORD_WAIT_H
#define SYSCORD_WAIT_H

struct syscord_cpu;
struct syscord_ring;

int syscord_wait_start(unsigned int wait_ms);
void syscord_wait_stop(void);
void syscord_wait_for_room(struct syscord_cpu *cpu);
void syscord_wait_freed(const struct syscord_ring *ring);

#endif
