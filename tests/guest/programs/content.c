// SPDX-License-Identifier: GPL-2.0
/* How much of content is kept: run with several settings of content=. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "expect.h"

#define MOST	65537

static const size_t sizes[] = { 0, 1, 2, 255, 256, 257, 4096, 65535, 65536, MOST };

/* Bytes that are all written as they are, and tell their place. */
static char *sample(void)
{
	static char bytes[MOST];
	size_t i;

	for (i = 0; i < MOST; i++)
		bytes[i] = 'a' + (i / 26 + i) % 26;
	return bytes;
}

PROMISE(content_written_is_cut)
{
	int fd = open("/dev/null", O_WRONLY);
	char *bytes = sample();
	size_t i;

	begin();
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		call(__NR_write, fd, bytes, sizes[i]);
		expect("write, fd=%d%s, size=%zu, res=%zu", fd, data(bytes, sizes[i]), sizes[i], sizes[i]);
	}
	end();
}

PROMISE(content_read_is_cut)
{
	int fd = open("/tmp/sample", O_CREAT | O_RDWR | O_TRUNC, 0600);
	char *bytes = sample();
	static char buf[MOST];
	size_t i;

	need(write(fd, bytes, MOST) == MOST);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		lseek(fd, 0, SEEK_SET);
		begin();
		call(__NR_read, fd, buf, sizes[i]);
		expect("read, fd=%d, size=%zu, res=%zu%s", fd, sizes[i], sizes[i], data(bytes, sizes[i]));
		end();
	}
}

PROMISE(content_gathered_is_cut)
{
	char *bytes = sample();
	struct iovec parts[] = { { bytes, 100 }, { bytes + 100, 150 }, { bytes + 250, 7 }, { bytes + 257, MOST - 257 } };
	int fd = open("/dev/null", O_WRONLY), count;
	char sizes_of_parts[200] = "";
	size_t total = 0;

	begin();
	for (count = 1; count <= 4; count++) {
		total += parts[count - 1].iov_len;
		sprintf(strchr(sizes_of_parts, 0), "%s{len=%zu}", count > 1 ? " " : "", parts[count - 1].iov_len);
		call(__NR_writev, fd, parts, count);
		expect("writev, fd=%d%s, iovcnt=%d, sizes=[%s], res=%zu", fd, data(bytes, total), count, sizes_of_parts,
		       total);
	}
	end();
}

/* All bytes need four characters each. */
PROMISE(content_that_is_all_escapes_is_cut_the_same)
{
	int fd = open("/dev/null", O_WRONLY);
	static char bytes[MOST];

	memset(bytes, '\377', MOST);
	begin();
	call(__NR_write, fd, bytes, MOST);
	expect("write, fd=%d%s, size=%d, res=%d", fd, data(bytes, MOST), MOST, MOST);
	end();
}

PROMISE(content_of_messages_is_cut)
{
	char *bytes = sample();
	static char buf[1000];
	struct iovec part = { bytes, 1000 }, into = { buf, 1000 };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 }, receive = { .msg_iov = &into, .msg_iovlen = 1 };
	int ends[2];

	need(!socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	begin();
	call(__NR_sendmsg, ends[0], &msg, 0);
	expect("sendmsg, sockfd=%d, addr=<null>%s, controllen=0, msg_flags=0, flags=0, res=1000", ends[0],
	       data(bytes, 1000));
	call(__NR_recvmsg, ends[1], &receive, 0);
	expect("recvmsg, sockfd=%d, flags=0, res=1000, addr=<null>%s, controllen=0, msg_flags=0", ends[1],
	       data(bytes, 1000));
	call(__NR_sendto, ends[0], bytes, 300, 0, 0, 0);
	expect("sendto, sockfd=%d%s, size=300, flags=0, addr=<null>, addrlen=0, res=300", ends[0], data(bytes, 300));
	call(__NR_recvfrom, ends[1], buf, 300, 0, 0, 0);
	expect("recvfrom, fd=%d, size=300, flags=0, addrlen=<null>, res=300%s, addr=<null>", ends[1], data(bytes, 300));
	end();
}
