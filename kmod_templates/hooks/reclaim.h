/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_RECLAIM_H
#define SYSCORD_RECLAIM_H

void syscord_reclaim_start(void);
void syscord_reclaim_new_filter(void);
void syscord_reclaim_stop(void);

#endif
