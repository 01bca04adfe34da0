/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_SINKS_H
#define SYSCORD_SINKS_H

int syscord_sinks_finish(void);

#endif
