/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_VERSION_H
#define SYSCORD_VERSION_H

/* The same as in setup.cfg. */
#define SYSCORD_VERSION	"0.1.0"

#endif
