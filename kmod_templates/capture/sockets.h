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

bool syscord_may_discard(int fd);

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
	u32 room;

	if (c->late_end)
		return;	/* by now the kernel has written there */
	/* Mostly there is no address.  Without this check, a fault would cost 1000 instructions. */
	if (!len_addr)
		return;
	c->addr_room = SYSCORD_ROOM_UNKNOWN;
	if (syscord_read_user_all(&room, len_addr, sizeof(room)))
		c->addr_room = min_t(u32, room, sizeof(struct sockaddr_storage));
}

/*
 * At exit: a socket address of @len bytes that the kernel wrote.  It wrote no more of it than the
 * caller had room for.  If that is not known, what is behind may be the caller's.
 */
static __maybe_unused u8 *put_received_addr(struct syscord_cursor *c, u8 *pos, unsigned long addr,
					    size_t len, u8 room)
{
	u8 *end = put_sockaddr(c, pos, addr, len, room);

	if (unlikely(room == SYSCORD_ROOM_UNKNOWN && addr))
		add_short_mark(pos, SYSCORD_MARK_LATE);
	return end;
}

/* At exit: a socket address that the kernel wrote.  Its full length stands at @len_addr. */
static __maybe_unused u8 *put_sockaddr_out(struct syscord_cursor *c, u8 *pos, unsigned long addr,
					   unsigned long len_addr)
{
	u32 len;

	if (!addr || !len_addr)
		return syscord_put_empty(c, pos, SYSCORD_LAYOUT(1), SYSCORD_MARK_NULL);
	if (syscord_read_user(&len, len_addr, sizeof(len)) < sizeof(len))
		return syscord_put_empty(c, pos, SYSCORD_LAYOUT(1), SYSCORD_MARK_FAULT);
	return put_received_addr(c, pos, addr, len, c->addr_room);
}

/*
 * Whether content that a socket received, @len bytes, may have been thrown away.  With MSG_TRUNC,
 * streams do that, and write nothing: then none is recorded, and the field says that there was
 * some.
 */
static __always_inline bool may_be_discarded(const struct syscord_cursor *c, size_t len, int fd,
					     int flags)
{
	return unlikely(flags & MSG_TRUNC) && c->content && len && syscord_may_discard(fd);
}

/* Content that a socket received, @len bytes. */
static __maybe_unused u8 *put_received(struct syscord_cursor *c, u8 *pos, unsigned long addr,
				       size_t len, int fd, int flags)
{
	if (may_be_discarded(c, len, fd, flags))
		return syscord_put_empty(c, pos, SYSCORD_LAYOUT_CONTENT, SYSCORD_MARK_PART);
	return put_bytes(c, pos, addr, len);
}

/* The fields of a struct msghdr that is not there: NULL, or its memory faults. */
static noinline __maybe_unused u8 *put_no_msghdr(struct syscord_cursor *c, u8 *pos, u32 marks)
{
	pos = syscord_put_empty(c, pos, SYSCORD_LAYOUT(1), marks);
	if (c->content)
		pos = syscord_put_empty(c, pos, SYSCORD_LAYOUT_CONTENT, marks);
	pos = syscord_put_empty(c, pos, SYSCORD_LAYOUT(sizeof(u64)), marks);
	return syscord_put_empty(c, pos, SYSCORD_LAYOUT(sizeof(u64)), marks);
}

/* Read the struct msghdr at @addr.  Returns 0, or the mark that says why that is not possible. */
static __always_inline u32 read_msghdr(struct user_msghdr *msg, unsigned long addr)
{
	if (!addr)
		return SYSCORD_MARK_NULL;
	return syscord_read_user_all(msg, addr, sizeof(*msg)) ? 0 : SYSCORD_MARK_FAULT;
}

/*
 * A struct msghdr, as four fields: address, content, bytes of control data, flags.  The struct is
 * read only once, so that the four belong together.
 */
static __maybe_unused u8 *put_msghdr(struct syscord_cursor *c, u8 *pos, unsigned long addr)
{
	struct user_msghdr msg;
	u32 marks = read_msghdr(&msg, addr);

	if (marks)
		return put_no_msghdr(c, pos, marks);
	pos = put_sockaddr(c, pos, (__force unsigned long)msg.msg_name, msg.msg_namelen, SIZE_MAX);
	pos = put_iovec(c, pos, (__force unsigned long)msg.msg_iov, msg.msg_iovlen);
	pos = put_u64_field(c, pos, msg.msg_controllen);
	return put_u64_field(c, pos, msg.msg_flags);
}

/* At entry: save the struct msghdr of recvmsg(), and its iovec. */
static __maybe_unused void save_msghdr(struct syscord_cursor *c, u8 *pos, unsigned long addr)
{
	struct user_msghdr msg;
	u8 *to = pos + c->saved_len;

	if (c->late_end || !addr || cursor_room(c, to) < sizeof(msg) ||
	    !syscord_read_user_all(to, addr, sizeof(msg)))
		return;
	memcpy(&msg, to, sizeof(msg));
	c->saved_len += sizeof(msg);
	save_iovec(c, pos, (__force unsigned long)msg.msg_iov, msg.msg_iovlen);
}

/*
 * At exit: a struct msghdr that received @total bytes.  The kernel has written the length of the
 * address and of the control data, and the flags.  All else is as it was at entry.
 */
static __maybe_unused u8 *put_msghdr_out(struct syscord_cursor *c, u8 *pos, unsigned long addr,
					 size_t total, int fd, int flags)
{
	struct user_msghdr msg, saved;
	u32 marks = read_msghdr(&msg, addr), late;
	struct syscord_iovec vector;

	if (marks)
		return put_no_msghdr(c, pos, marks);
	if (likely(c->saved_len >= sizeof(saved))) {
		memcpy(&saved, c->saved, sizeof(saved));
		pos = put_sockaddr(c, pos, (__force unsigned long)saved.msg_name,
				   msg.msg_namelen, saved.msg_namelen);
	} else {
		saved = msg;
		pos = put_received_addr(c, pos, (__force unsigned long)saved.msg_name,
					msg.msg_namelen, SYSCORD_ROOM_UNKNOWN);
	}
	if (may_be_discarded(c, total, fd, flags)) {
		pos = syscord_put_empty(c, pos, SYSCORD_LAYOUT_CONTENT, SYSCORD_MARK_PART);
	} else {
		vector = iovec_at((__force unsigned long)saved.msg_iov, saved.msg_iovlen);
		late = find_saved_iovec(c, sizeof(saved), &vector);
		pos = put_gathered(c, pos, &vector, total, late);
	}
	pos = put_u64_field(c, pos, msg.msg_controllen);
	return put_u64_field(c, pos, msg.msg_flags);
}

#endif
