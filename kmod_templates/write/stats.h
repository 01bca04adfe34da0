/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parameter stats: what became of all syscalls.
 */
#ifndef SYSCORD_STATS_H
#define SYSCORD_STATS_H

#include <linux/types.h>

#include "ring/counters.h"

void syscord_stats_set_unwritten(u64 records);
void syscord_stats_sum(struct syscord_counters *sum);

#endif
