/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_UNKNOWN_H
#define SYSCORD_UNKNOWN_H

int syscord_refuse_unknown_params(void);

#endif
