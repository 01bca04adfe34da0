/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Socket addresses, and messages.
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

/* A socket address that the kernel reads. */
static __maybe_unused u8 *put_sockaddr(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				       size_t len, size_t most)
{
	return put_memory(c, pos, SYSCORD_UNIT(1), addr, (u32)len,
			  min(most, sizeof(struct sockaddr_storage)));
}

/* At entry: at @len_addr stands how many bytes the caller has for an address. */
static __maybe_unused void note_addr_room(struct syscord_cursor *c, unsigned long len_addr)
{
	if (c->late_end)
		return;	/* what stands there now is the kernel's */
	/* Mostly there is none; a read that faults takes a thousand instructions to say so. */
	if (!len_addr || !syscord_read_all(&c->addr_room, len_addr, sizeof(c->addr_room)))
		c->addr_room = 0;
}

/*
 * At exit: a socket address that the kernel wrote.  At @len_addr stands the length that it has, of
 * which the kernel wrote no more than the caller had room for.
 */
static __maybe_unused u8 *put_sockaddr_out(struct syscord_cursor *c, u8 *pos, unsigned long addr,
					   unsigned long len_addr)
{
	u32 len;

	if (!addr || !len_addr)
		return syscord_put_empty(c, pos, SYSCORD_UNIT(1), SYSCORD_MARK_NULL);
	if (syscord_read_user(&len, len_addr, sizeof(len)) < sizeof(len))
		return syscord_put_empty(c, pos, SYSCORD_UNIT(1), SYSCORD_MARK_FAULT);
	return put_sockaddr(c, pos, addr, len, c->addr_room);
}

/* At entry: how many bytes the caller of recvmsg() has for an address. */
static __maybe_unused void note_msghdr_room(struct syscord_cursor *c, unsigned long addr)
{
	note_addr_room(c, addr + offsetof(struct user_msghdr, msg_namelen));
}

/*
 * A struct msghdr, in four fields: address, content, bytes of control data, flags.  It is read
 * once, so that they belong together.  @addr_room: bytes that there are of the address at most.
 */
static __maybe_unused u8 *put_msghdr(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				     size_t total, size_t addr_room)
{
	u32 marks = addr ? SYSCORD_MARK_FAULT : SYSCORD_MARK_NULL;
	struct user_msghdr msg;

	if (!addr || syscord_read_user(&msg, addr, sizeof(msg)) < sizeof(msg)) {
		pos = syscord_put_empty(c, pos, SYSCORD_UNIT(1), marks);
		if (c->content)
			pos = syscord_put_empty(c, pos, SYSCORD_UNIT_CONTENT, marks);
		pos = syscord_put_empty(c, pos, SYSCORD_UNIT(sizeof(u64)), marks);
		return syscord_put_empty(c, pos, SYSCORD_UNIT(sizeof(u64)), marks);
	}
	pos = put_sockaddr(c, pos, (__force unsigned long)msg.msg_name, msg.msg_namelen, addr_room);
	pos = put_iovec(c, pos, (__force unsigned long)msg.msg_iov, msg.msg_iovlen, total);
	pos = put_one(c, pos, msg.msg_controllen);
	return put_one(c, pos, msg.msg_flags);
}

#endif
