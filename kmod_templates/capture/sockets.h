/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fields of sockets' calls: addresses and messages.
 */
#ifndef SYSCORD_SOCKETS_H
#define SYSCORD_SOCKETS_H

#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/socket.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include "capture/cursor.h"
#include "capture/fields.h"
#include "capture/usermem.h"
#include "capture/vectors.h"
#include "ring/event.h"

/* A socket address that the kernel reads: @len bytes, of which at most @max_len are recorded. */
static __maybe_unused u8 *put_sockaddr(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				       size_t len, size_t max_len)
{
	return put_memory(c, pos, SYSCORD_LAYOUT(1), addr, (u32)len,
			  min(max_len, sizeof(struct sockaddr_storage)));
}

/* At entry: save how many bytes the caller has for an address, which stands at @len_addr. */
static __maybe_unused void save_addr_room(struct syscord_cursor *c, unsigned long len_addr)
{
	if (c->late_end)
		return;	/* by now the kernel has written there */
	/* Mostly there is no address.  Without this check, a fault would cost 1000 instructions. */
	if (!len_addr || !syscord_read_user_all(&c->addr_room, len_addr, sizeof(c->addr_room)))
		c->addr_room = 0;
}

/*
 * At exit: a socket address that the kernel wrote.  The address's full length stands at @len_addr.
 * The kernel wrote no more of it than the caller had room for.
 */
static __maybe_unused u8 *put_sockaddr_out(struct syscord_cursor *c, u8 *pos, unsigned long addr,
					   unsigned long len_addr)
{
	u32 len;

	if (!addr || !len_addr)
		return syscord_put_empty(c, pos, SYSCORD_LAYOUT(1), SYSCORD_MARK_NULL);
	if (syscord_read_user(&len, len_addr, sizeof(len)) < sizeof(len))
		return syscord_put_empty(c, pos, SYSCORD_LAYOUT(1), SYSCORD_MARK_FAULT);
	return put_sockaddr(c, pos, addr, len, c->addr_room);
}

/* At entry: save how many bytes the caller of recvmsg() has for an address. */
static __maybe_unused void save_msghdr_room(struct syscord_cursor *c, unsigned long addr)
{
	save_addr_room(c, addr + offsetof(struct user_msghdr, msg_namelen));
}

/*
 * A struct msghdr, as four fields: address, content, bytes of control data, flags.  The struct is
 * read only once, so that the four belong together.  @total: bytes of content.  @addr_room: bytes
 * that may be read of the address.
 */
static __maybe_unused u8 *put_msghdr(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				     size_t total, size_t addr_room)
{
	u32 marks = addr ? SYSCORD_MARK_FAULT : SYSCORD_MARK_NULL;
	struct user_msghdr msg;

	if (!addr || syscord_read_user(&msg, addr, sizeof(msg)) < sizeof(msg)) {
		pos = syscord_put_empty(c, pos, SYSCORD_LAYOUT(1), marks);
		if (c->content)
			pos = syscord_put_empty(c, pos, SYSCORD_LAYOUT_CONTENT, marks);
		pos = syscord_put_empty(c, pos, SYSCORD_LAYOUT(sizeof(u64)), marks);
		return syscord_put_empty(c, pos, SYSCORD_LAYOUT(sizeof(u64)), marks);
	}
	pos = put_sockaddr(c, pos, (__force unsigned long)msg.msg_name, msg.msg_namelen, addr_room);
	pos = put_iovec(c, pos, (__force unsigned long)msg.msg_iov, msg.msg_iovlen, total);
	pos = put_u64_field(c, pos, msg.msg_controllen);
	return put_u64_field(c, pos, msg.msg_flags);
}

#endif
