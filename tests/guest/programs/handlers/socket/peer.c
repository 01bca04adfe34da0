// SPDX-License-Identifier: GPL-2.0
/* Who is at the ends of a socket, and its options. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "expect.h"

/* A socket that is bound to a port of 127.0.0.1. */
static int bound_to(int port, int type)
{
	struct sockaddr_in in = { AF_INET, htons(port), { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, type, 0);

	need(!bind(fd, (struct sockaddr *)&in, sizeof(in)));
	return fd;
}

PROMISE(socketpair_has_domain_type_protocol_result_and_fds)
{
	int ends[2];

	begin();
	call(__NR_socketpair, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends);
	expect("socketpair, domain=1, type=%d, protocol=0, res=0, fds=[%d %d]", SOCK_DGRAM | SOCK_CLOEXEC, ends[0],
	       ends[1]);
	expect("socketpair, domain=2, type=1, protocol=6, res=-95");
	call(__NR_socketpair, AF_INET, SOCK_STREAM, IPPROTO_TCP, ends);
	expect("socketpair, domain=-1, type=-1, protocol=-1, res=-22");
	call(__NR_socketpair, -1, -1, -1, ends);
	end();
}

PROMISE(listen_has_sockfd_backlog_and_result)
{
	int fd = bound_to(4720, SOCK_STREAM);

	begin();
	expect("listen, sockfd=%d, backlog=128, res=0", fd);
	call(__NR_listen, fd, 128);
	expect("listen, sockfd=-1, backlog=-2, res=-9");
	call(__NR_listen, -1, -2);
	end();
}

PROMISE(getsockname_and_getpeername_have_sockfd_result_and_addr)
{
	struct sockaddr_in peer = { AF_INET, htons(4721), { htonl(INADDR_LOOPBACK) } };
	int fd = bound_to(4722, SOCK_DGRAM), ends[2];
	struct sockaddr_storage got;
	socklen_t len = sizeof(got), none = 0;

	need(!connect(fd, (struct sockaddr *)&peer, sizeof(peer)) && !socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	begin();
	expect("getsockname, sockfd=%d, addrlen=128, res=0, addr=127.0.0.1:4722", fd);
	call(__NR_getsockname, fd, &got, &len);
	expect("getsockname, sockfd=%d, addrlen=0, res=0, addr(part)=\"\"", fd);
	call(__NR_getsockname, fd, &got, &none);
	expect("getsockname, sockfd=-1, addrlen=16, res=-9");
	call(__NR_getsockname, -1, &got, &len);
	len = sizeof(got);
	expect("getpeername, sockfd=%d, addrlen=128, res=0, addr=127.0.0.1:4721", fd);
	call(__NR_getpeername, fd, &got, &len);
	len = sizeof(got);
	expect("getpeername, sockfd=%d, addrlen=128, res=0, addr=unix:", ends[0]);
	call(__NR_getpeername, ends[0], &got, &len);
	expect("getpeername, sockfd=0, addrlen=2, res=-88");
	call(__NR_getpeername, 0, &got, &len);
	end();
}

PROMISE(setsockopt_has_sockfd_level_optname_optval_optlen_and_result)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	static char large[300];

	need(fd >= 0);
	begin();
	expect("setsockopt, sockfd=%d, level=1, optname=2, optval=%s, optlen=4, res=0", fd, value(&on, 4));
	call(__NR_setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, &on, 4);
	expect("setsockopt, sockfd=%d, level=6, optname=13, optval=cubic, optlen=5, res=0", fd);
	call(__NR_setsockopt, fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
	/* Content like any other: cut where that is cut. */
	expect("setsockopt, sockfd=%d, level=1, optname=-2, optval(part)=%s, optlen=300, res=-92", fd,
	       value(large, content));
	call(__NR_setsockopt, fd, SOL_SOCKET, -2, large, 300);
	expect("setsockopt, sockfd=-1, level=-2, optname=-3, optval=<null>, optlen=0, res=-9");
	call(__NR_setsockopt, -1, -2, -3, 0L, 0);
	end();
}

PROMISE(getsockopt_has_sockfd_level_optname_optval_result_and_optlen)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), type;
	socklen_t len = 100;

	need(fd >= 0);
	begin();
	expect("getsockopt, sockfd=%d, level=1, optname=3, optval=0x%lx, optlen=100, res=0, optlen=4", fd, (long)&type);
	call(__NR_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &len);
	expect("getsockopt, sockfd=%d, level=1, optname=-1, optval=0x0, optlen=4, res=-92", fd);
	call(__NR_getsockopt, fd, SOL_SOCKET, -1, 0L, &len);
	expect("getsockopt, sockfd=-1, level=-1, optname=0, optval=0x0, optlen=<null>, res=-9");
	call(__NR_getsockopt, -1, -1, 0, 0L, 0L);
	end();
}
