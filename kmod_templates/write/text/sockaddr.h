/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SYSCORD_SOCKADDR_H
#define SYSCORD_SOCKADDR_H

#include <linux/types.h>

char *syscord_put_sockaddr(char *pos, const u8 *bytes, size_t len);

#endif
