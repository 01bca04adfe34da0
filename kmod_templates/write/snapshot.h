/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Snapshots of a flight recorder: the parameter snapshot.
 */
#ifndef SYSCORD_SNAPSHOT_H
#define SYSCORD_SNAPSHOT_H

struct syscord_sink;

void syscord_snapshot_open(void (*wake)(void));
void syscord_snapshot_serve(const struct syscord_sink *sink);
void syscord_snapshot_close(void);

#endif
