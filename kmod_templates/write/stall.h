/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether the sink's files take records at the moment.
 */
#ifndef SYSCORD_STALL_H
#define SYSCORD_STALL_H

#include <linux/types.h>

/* Why they do not. */
enum syscord_stall {
	SYSCORD_STALL_ERROR,
	SYSCORD_STALL_MAX,	/* max_mb= */
	SYSCORD_STALL_FREE,	/* min_free_mb= */
	SYSCORD_STALLS
};

void syscord_sink_stalled(ssize_t err);
void syscord_sink_limited(enum syscord_stall reason, u64 limit);
void syscord_sink_flows(void);

#endif
