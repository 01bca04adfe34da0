/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_LISTS_H
#define SYSCORD_LISTS_H

int syscord_lists_finish(void);

#endif
