/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether the sink's files take records at the moment.
 */
#ifndef SYSCORD_STALL_H
#define SYSCORD_STALL_H

#include <linux/types.h>

void syscord_sink_stalled(ssize_t err);
void syscord_sink_flows(void);

#endif
