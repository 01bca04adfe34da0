/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DIE_H
#define DIE_H

/* Say what failed, with errno, and end the process. */
void die(const char *what) __attribute__((noreturn));

#endif
