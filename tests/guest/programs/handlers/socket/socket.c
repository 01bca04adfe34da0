// SPDX-License-Identifier: GPL-2.0
/* Making sockets, and talking through them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "expect.h"

/* Bytes of an address of this family up to the path's first character. */
#define UNIX_HEAD	offsetof(struct sockaddr_un, sun_path)

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static struct sockaddr_in6 address6(const char *text, int port, int scope)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = scope };

	need(inet_pton(AF_INET6, text, &in6.sin6_addr) == 1);
	return in6;
}

static int port_of(int fd)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);

	need(!getsockname(fd, (struct sockaddr *)&in, &len));
	return ntohs(in.sin_port);
}

/* A listening TCP socket on 127.0.0.1, and one connected to it. */
static int listening(void)
{
	struct sockaddr_in any = loopback(0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	need(!bind(fd, (struct sockaddr *)&any, sizeof(any)) && !listen(fd, 5));
	return fd;
}

static int connected_to(int listener)
{
	struct sockaddr_in in = loopback(port_of(listener));
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	need(!connect(fd, (struct sockaddr *)&in, sizeof(in)));
	return fd;
}

PROMISE(socket_has_domain_type_protocol_and_result)
{
	long res;

	begin();
	res = call(__NR_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	expect("socket, domain=2, type=%d, protocol=17, res=%ld", SOCK_DGRAM | SOCK_CLOEXEC, res);
	expect("socket, domain=-1, type=1, protocol=0, res=-97");
	call(__NR_socket, -1, SOCK_STREAM, 0);
	end();
}

PROMISE(ipv4_addresses_are_decoded)
{
	struct sockaddr_in in = loopback(4711), peer;
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(peer);
	int port;
	long res;

	begin();
	expect("bind, sockfd=%d, addr=127.0.0.1:4711, addrlen=16, res=0", server);
	call(__NR_bind, server, &in, sizeof(in));
	expect("listen, sockfd=%d, backlog=1, res=0", server);
	call(__NR_listen, server, 1);
	expect("connect, sockfd=%d, addr=127.0.0.1:4711, addrlen=16, res=0", client);
	call(__NR_connect, client, &in, sizeof(in));
	res = call(__NR_accept, server, &peer, &len);
	end();
	port = port_of(client);
	expect("accept, sockfd=%d, addrlen=16, res=%ld, addr=127.0.0.1:%d", server, res, port);
	begin();
	expect("bind, sockfd=%d, addr=127.0.0.1:4711, addrlen=16, res=-22", client);
	call(__NR_bind, client, &in, sizeof(in));
	end();
}

PROMISE(accept4_has_the_peers_address_and_flags)
{
	int server = listening(), client = connected_to(server);
	int other = connected_to(server), third = connected_to(server);
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer), none = 0;
	long res;

	need(client >= 0 && other >= 0 && third >= 0);
	begin();
	res = call(__NR_accept4, server, &peer, &len, SOCK_NONBLOCK);
	/* Which of the three comes first is the kernel's to say. */
	expect("accept4, sockfd=%d, flags=%d, addrlen=16, res=%ld, addr=127.0.0.1:%d", server, SOCK_NONBLOCK, res,
	       ntohs(peer.sin_port));
	res = call(__NR_accept4, server, 0, 0, 0);
	expect("accept4, sockfd=%d, flags=0, addrlen=<null>, res=%ld, addr=<null>", server, res);
	/* No room for the address: the kernel wrote none of it, though its length says that there is one. */
	memset(&peer, 0, sizeof(peer));
	res = call(__NR_accept4, server, &peer, &none, 0);
	expect("accept4, sockfd=%d, flags=0, addrlen=0, res=%ld, addr(part)=\"\"", server, res);
	expect("accept4, sockfd=%d, flags=-1, addrlen=16, res=-22", server);
	call(__NR_accept4, server, &peer, &len, -1);
	expect("accept4, sockfd=-1, flags=0, addrlen=16, res=-9");
	call(__NR_accept4, -1, &peer, &len, 0);
	end();
}

PROMISE(ipv6_addresses_are_decoded)
{
	struct sockaddr_in6 in6 = address6("::1", 4712, 0), scoped = address6("fe80::12", 80, 1);
	struct sockaddr_in6 mapped = address6("::ffff:1.2.3.4", 65535, 0), wide = address6("2001:db8::1:0:0:7", 1, 0);
	int server = socket(AF_INET6, SOCK_STREAM, 0), client = socket(AF_INET6, SOCK_DGRAM, 0);
	long res;

	begin();
	expect("bind, sockfd=%d, addr=[::1]:4712, addrlen=28, res=0", server);
	call(__NR_bind, server, &in6, sizeof(in6));
	expect("listen, sockfd=%d, backlog=1, res=0", server);
	call(__NR_listen, server, 1);
	res = call(__NR_connect, client, &scoped, sizeof(scoped));
	expect("connect, sockfd=%d, addr=[fe80::12%%1]:80, addrlen=28, res=%ld", client, res);
	res = call(__NR_connect, client, &mapped, sizeof(mapped));
	expect("connect, sockfd=%d, addr=[::ffff:1.2.3.4]:65535, addrlen=28, res=%ld", client, res);
	res = call(__NR_connect, client, &wide, sizeof(wide));
	expect("connect, sockfd=%d, addr=[2001:db8::1:0:0:7]:1, addrlen=28, res=%ld", client, res);
	/* Without the scope, as before Linux 2.4. */
	res = call(__NR_connect, client, &in6, 24);
	expect("connect, sockfd=%d, addr=[::1]:4712, addrlen=24, res=%ld", client, res);
	end();
}

/* A UNIX address and its length; a NUL behind the path if @len asks for it. */
static struct sockaddr_un unix_address(const char *path, size_t len)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	memcpy(un.sun_path, path, len);
	return un;
}

PROMISE(unix_paths_are_decoded)
{
	struct sockaddr_un un = unix_address("/tmp/sock", 10), odd = unix_address("/tmp/x, y", 10);
	int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un peer;
	socklen_t len = sizeof(peer);
	long res;

	unlink("/tmp/sock");
	begin();
	expect("bind, sockfd=%d, addr=unix:/tmp/sock, addrlen=12, res=0", server);
	call(__NR_bind, server, &un, UNIX_HEAD + 10);
	expect("listen, sockfd=%d, backlog=1, res=0", server);
	call(__NR_listen, server, 1);
	/* What stands behind the NUL is not part of the path. */
	expect("connect, sockfd=%d, addr=unix:/tmp/sock, addrlen=110, res=0", client);
	call(__NR_connect, client, &un, sizeof(un));
	/* The client has no name. */
	res = call(__NR_accept4, server, &peer, &len, 0);
	expect("accept4, sockfd=%d, flags=0, addrlen=110, res=%ld, addr=unix:", server, res);
	expect("connect, sockfd=%d, addr=\"unix:/tmp/x, y\", addrlen=12, res=-2", client);
	call(__NR_connect, client, &odd, UNIX_HEAD + 10);
	end();
}

PROMISE(unix_paths_of_full_length_are_decoded)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	long res;

	memset(un.sun_path, 'p', sizeof(un.sun_path));
	begin();
	res = call(__NR_connect, fd, &un, sizeof(un));
	expect("connect, sockfd=%d, addr=unix:%.108s, addrlen=110, res=%ld", fd, un.sun_path, res);
	end();
}

PROMISE(abstract_unix_names_are_decoded)
{
	struct sockaddr_un un = unix_address("\0name\0more", 10);
	int server = socket(AF_UNIX, SOCK_DGRAM, 0), client = socket(AF_UNIX, SOCK_DGRAM, 0);

	begin();
	expect("bind, sockfd=%d, addr=unix:@name, addrlen=7, res=0", server);
	call(__NR_bind, server, &un, UNIX_HEAD + 5);
	expect("connect, sockfd=%d, addr=\"unix:@name\\000more\", addrlen=12, res=-111", client);
	call(__NR_connect, client, &un, UNIX_HEAD + 10);
	expect("connect, sockfd=%d, addr=unix:@name, addrlen=7, res=0", client);
	call(__NR_connect, client, &un, UNIX_HEAD + 5);
	/* No name at all: the kernel chooses one. */
	expect("bind, sockfd=%d, addr=unix:, addrlen=2, res=0", client);
	call(__NR_bind, client, &un, UNIX_HEAD);
	end();
}

PROMISE(a_path_that_begins_with_an_at_sign_is_no_abstract_name)
{
	struct sockaddr_un un = unix_address("@name", 6);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	begin();
	expect("connect, sockfd=%d, addr=\"unix:@name\", addrlen=8, res=-2", fd);
	call(__NR_connect, fd, &un, UNIX_HEAD + 6);
	end();
}

PROMISE(addresses_that_are_not_decoded_are_in_hex)
{
	unsigned char bytes[] = { AF_NETLINK, 0, 0xab, 0xcd, 0x01 };
	struct sockaddr_in in = loopback(4713);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	long res;

	begin();
	res = call(__NR_connect, fd, bytes, sizeof(bytes));
	expect("connect, sockfd=%d, addr=af16:abcd01, addrlen=5, res=%ld", fd, res);
	expect("bind, sockfd=%d, addr=af2:12697f0000, addrlen=7, res=-22", fd);
	call(__NR_bind, fd, &in, 7);
	expect("bind, sockfd=%d, addr=\"\\002\", addrlen=1, res=-22", fd);
	call(__NR_bind, fd, &in, 1);
	expect("bind, sockfd=%d, addr=\"\", addrlen=0, res=-22", fd);
	call(__NR_bind, fd, &in, 0);
	expect("bind, sockfd=%d, addr=<null>, addrlen=16, res=-14", fd);
	call(__NR_bind, fd, 0, 16);
	end();
}

PROMISE(an_address_of_an_impossible_length_is_cut)
{
	struct {
		struct sockaddr_in in;
		char rest[200];
	} big = { .in = loopback(4714) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	begin();
	expect("bind, sockfd=%d, addr(part)=127.0.0.1:4714, addrlen=-1, res=-22", fd);
	call(__NR_bind, fd, &big, -1);
	expect("bind, sockfd=%d, addr(part)=127.0.0.1:4714, addrlen=129, res=-22", fd);
	call(__NR_bind, fd, &big, 129);
	end();
}

PROMISE(sendto_and_recvfrom_over_a_connection)
{
	int ends[2];
	char buf[10];

	need(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	begin();
	call(__NR_sendto, ends[0], "hello", 5, MSG_NOSIGNAL, 0, 0);
	expect("sendto, sockfd=%d%s, size=5, flags=%d, addr=<null>, addrlen=0, res=5", ends[0], data("hello", 5),
	       MSG_NOSIGNAL);
	call(__NR_recvfrom, ends[1], buf, sizeof(buf), MSG_DONTWAIT, 0, 0);
	expect("recvfrom, fd=%d, size=10, flags=%d, addrlen=<null>, res=5%s, addr=<null>", ends[1], MSG_DONTWAIT,
	       data("hello", 5));
	expect("recvfrom, fd=%d, size=10, flags=%d, addrlen=<null>, res=-11", ends[1], MSG_DONTWAIT);
	call(__NR_recvfrom, ends[1], buf, sizeof(buf), MSG_DONTWAIT, 0, 0);
	end();
}

/* A bound UDP socket; its port is told. */
static int udp(int *port)
{
	struct sockaddr_in any = loopback(0);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	need(!bind(fd, (struct sockaddr *)&any, sizeof(any)));
	*port = port_of(fd);
	return fd;
}

PROMISE(sendto_and_recvfrom_with_addresses)
{
	int from_port, to_port, from = udp(&from_port), to = udp(&to_port);
	struct sockaddr_in in = loopback(to_port), peer;
	socklen_t len = sizeof(peer);
	char buf[10];

	begin();
	call(__NR_sendto, from, "ping", 4, 0, &in, sizeof(in));
	expect("sendto, sockfd=%d%s, size=4, flags=0, addr=127.0.0.1:%d, addrlen=16, res=4", from, data("ping", 4),
	       to_port);
	call(__NR_recvfrom, to, buf, sizeof(buf), 0, &peer, &len);
	expect("recvfrom, fd=%d, size=10, flags=0, addrlen=16, res=4%s, addr=127.0.0.1:%d", to, data("ping", 4),
	       from_port);
	end();
}

/* A datagram that is longer than the room: with MSG_TRUNC the result is its whole length. */
PROMISE(recvfrom_keeps_no_more_than_there_is_room_for)
{
	char buf[] = "....past the room", sent[] = "12345678";
	int ends[2];

	need(!socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	need(write(ends[0], sent, 8) == 8);
	begin();
	call(__NR_recvfrom, ends[1], buf, 4, MSG_TRUNC, 0, 0);
	expect("recvfrom, fd=%d, size=4, flags=%d, addrlen=<null>, res=8%s, addr=<null>", ends[1], MSG_TRUNC,
	       data("1234", 4));
	end();
}

/* The kernel writes nothing to the memory, so what is there is no content. */
PROMISE(what_a_stream_throws_away_is_no_content)
{
	const char *none = content ? ", data(part)=\"\"" : "";
	int listener = listening(), to = connected_to(listener), from = accept(listener, NULL, NULL), ends[2];
	char old[] = "old";
	struct iovec into = { old, 3 };
	struct msghdr msg = { NULL, 0, &into, 1, NULL, 0, 0 };

	need(write(from, "123456789", 9) == 9);
	begin();
	call(__NR_recvfrom, to, old, 3, MSG_TRUNC | MSG_WAITALL, 0, 0);
	expect("recvfrom, fd=%d, size=3, flags=%d, addrlen=<null>, res=3%s, addr=<null>", to, MSG_TRUNC | MSG_WAITALL,
	       none);
	call(__NR_recvmsg, to, &msg, MSG_TRUNC | MSG_WAITALL);
	expect("recvmsg, sockfd=%d, flags=%d, res=3, addr=<null>%s, controllen=0, msg_flags=%d", to,
	       MSG_TRUNC | MSG_WAITALL, none, msg.msg_flags);
	end();
	need(!strcmp(old, "old"));
	begin();
	call(__NR_recvfrom, to, old, 3, MSG_WAITALL, 0, 0);
	expect("recvfrom, fd=%d, size=3, flags=%d, addrlen=<null>, res=3%s, addr=<null>", to, MSG_WAITALL,
	       data("789", 3));
	end();
	need(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	need(write(ends[0], "123", 3) == 3);
	begin();
	call(__NR_recvfrom, ends[1], old, 3, MSG_TRUNC, 0, 0);
	expect("recvfrom, fd=%d, size=3, flags=%d, addrlen=<null>, res=3%s, addr=<null>", ends[1], MSG_TRUNC,
	       data("123", 3));
	end();
}

/* More room than there are numbers of 16 bits. */
PROMISE(the_room_for_an_address_may_be_large)
{
	int from_port, to_port, from = udp(&from_port), to = udp(&to_port);
	struct sockaddr_in in = loopback(to_port);
	static char peer[1 << 16];
	socklen_t len = sizeof(peer);
	char buf[4];

	need(sendto(from, "ping", 4, 0, (struct sockaddr *)&in, sizeof(in)) == 4);
	begin();
	call(__NR_recvfrom, to, buf, sizeof(buf), 0, peer, &len);
	expect("recvfrom, fd=%d, size=4, flags=0, addrlen=65536, res=4%s, addr=127.0.0.1:%d", to, data("ping", 4),
	       from_port);
	end();
}

PROMISE(sendmsg_and_recvmsg_have_address_data_and_flags)
{
	int from_port, to_port, from = udp(&from_port), to = udp(&to_port);
	struct sockaddr_in in = loopback(to_port), peer;
	struct iovec out[] = { { "gath", 4 }, { "ered", 4 } };
	char first[3], second[20];
	struct iovec into[] = { { first, sizeof(first) }, { second, sizeof(second) } };
	struct msghdr send = { &in, sizeof(in), out, 2, NULL, 0, 0 };
	struct msghdr receive = { &peer, sizeof(peer), into, 2, NULL, 0, 0 };

	begin();
	call(__NR_sendmsg, from, &send, MSG_NOSIGNAL);
	expect("sendmsg, sockfd=%d, addr=127.0.0.1:%d%s, controllen=0, msg_flags=0, flags=%d, res=8", from, to_port,
	       data("gathered", 8), MSG_NOSIGNAL);
	call(__NR_recvmsg, to, &receive, 0);
	expect("recvmsg, sockfd=%d, flags=0, res=8, addr=127.0.0.1:%d%s, controllen=0, msg_flags=0", to, from_port,
	       data("gathered", 8));
	end();
}

PROMISE(a_message_with_a_file_has_control_data)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec byte = { "x", 1 };
	struct msghdr msg = { NULL, 0, &byte, 1, &control, sizeof(control), 7 };
	struct iovec into[] = { { (char[2]){}, 2 } };
	char got[100];
	struct msghdr receive = { NULL, 0, into, 1, got, sizeof(got), 7 };
	int ends[2];

	need(!socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	begin();
	call(__NR_sendmsg, ends[0], &msg, 0);
	expect("sendmsg, sockfd=%d, addr=<null>%s, controllen=%zu, msg_flags=7, flags=0, res=1", ends[0], data("x", 1),
	       sizeof(control));
	call(__NR_recvmsg, ends[1], &receive, MSG_CMSG_CLOEXEC);
	expect("recvmsg, sockfd=%d, flags=%d, res=1, addr=<null>%s, controllen=%zu, msg_flags=%d", ends[1],
	       MSG_CMSG_CLOEXEC, data("x", 1), receive.msg_controllen, receive.msg_flags);
	end();
}

PROMISE(a_message_that_was_cut_says_so)
{
	struct iovec into = { (char[4]){}, 4 };
	struct msghdr receive = { NULL, 0, &into, 1, NULL, 0, 0 };
	int ends[2];

	need(!socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	need(write(ends[0], "12345678", 8) == 8);
	begin();
	call(__NR_recvmsg, ends[1], &receive, 0);
	expect("recvmsg, sockfd=%d, flags=0, res=4, addr=<null>%s, controllen=0, msg_flags=%d", ends[1],
	       data("1234", 4), MSG_TRUNC);
	end();
}

PROMISE(a_message_of_nothing_has_empty_data)
{
	struct msghdr msg = {};
	int ends[2];

	need(!socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	begin();
	call(__NR_sendmsg, ends[0], &msg, 0);
	expect("sendmsg, sockfd=%d, addr=<null>%s, controllen=0, msg_flags=0, flags=0, res=0", ends[0],
	       content ? ", data=<null>" : "");
	expect("sendmsg, sockfd=-1, addr=<null>%s, controllen=0, msg_flags=0, flags=0, res=-9",
	       content ? ", data=<null>" : "");
	call(__NR_sendmsg, -1, &msg, 0);
	end();
}

PROMISE(shutdown_has_sockfd_how_and_result)
{
	int ends[2];

	need(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	begin();
	expect("shutdown, sockfd=%d, how=1, res=0", ends[0]);
	call(__NR_shutdown, ends[0], SHUT_WR);
	expect("shutdown, sockfd=%d, how=-1, res=-22", ends[0]);
	call(__NR_shutdown, ends[0], -1);
	end();
}
