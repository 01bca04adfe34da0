// SPDX-License-Identifier: GPL-2.0
/*
 * What a probe asks of a socket.
 */
#include <linux/compiler.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/types.h>
#include <net/sock.h>

#include "capture/sockets.h"

/* A descriptor may have been opened anew, so it may be anything. */
static bool is_discarding(const struct file *file)
{
	struct inode *inode = file_inode(file);
	struct socket *sock;

	if (inode->i_sb->s_magic != SOCKFS_MAGIC)
		return false;
	sock = SOCKET_I(inode);
	return sock->type == SOCK_STREAM && READ_ONCE(sock->ops)->family != AF_UNIX;
}

/**
 * syscord_may_discard - whether a socket may throw away what it receives with MSG_TRUNC
 * @fd:		of the socket, in the current task
 *
 * TCP does, and so do others that stand in for it (tcp(7)).  Sockets of AF_UNIX and all that have
 * messages write to the caller's memory as ever.
 *
 * Return: whether it may.
 */
noinline __cold bool syscord_may_discard(int fd)
{
	struct file *file = fget(fd);
	bool discards;

	if (!file)
		return true;	/* nobody knows */
	discards = is_discarding(file);
	fput(file);
	return discards;
}
