/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files of a trace: its metadata, and one for each stream of packets.
 */
#ifndef SYSCORD_TRACE_FILES_H
#define SYSCORD_TRACE_FILES_H

#include <linux/types.h>

struct syscord_packet;

int syscord_trace_open(void);
void syscord_trace_close(void);
bool syscord_trace_write(unsigned int cpu, const struct syscord_packet *packet);
bool syscord_trace_describe_slice(void);
bool syscord_trace_has_packets(void);

#endif
