// SPDX-License-Identifier: GPL-2.0
/* Memory that says where the kernel writes, and that is changed or hidden while the call is under way. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

#define SECONDS_MAX	20

static char right[20], second[20], wrong[] = "what the kernel never wrote";

/* What a second thread does once this one waits in a call: it points elsewhere, and then sends what is awaited. */
struct change {
	pid_t tid;
	long nr;
	int fd;
	const char *sent;
	struct iovec *vector;
	struct msghdr *msg;
};

/* Whether a thread sleeps in this call, as /proc says. */
static int waits_in(pid_t tid, long nr)
{
	char path[64], line[32] = "";
	int fd;

	sprintf(path, "/proc/self/task/%d/syscall", tid);
	fd = open(path, O_RDONLY);
	need(fd >= 0);
	need(read(fd, line, sizeof(line) - 1) > 0);
	close(fd);
	return line[0] != 'r' && atol(line) == nr;
}

static void *change(void *data)
{
	static struct iovec other = { wrong, sizeof(wrong) };
	static struct sockaddr_in nobody = { .sin_family = AF_INET };
	const struct change *change = data;
	time_t end = time(NULL) + SECONDS_MAX;

	while (!waits_in(change->tid, change->nr)) {
		need(time(NULL) < end);
		sched_yield();
	}
	if (change->vector)
		change->vector->iov_base = wrong;
	if (change->msg) {
		change->msg->msg_iov = &other;
		if (change->msg->msg_name)
			change->msg->msg_name = &nobody;
	}
	need(write(change->fd, change->sent, strlen(change->sent)) == (ssize_t)strlen(change->sent));
	return NULL;
}

static pthread_t begin_change(struct change *with)
{
	pthread_t thread;

	with->tid = gettid();
	need(!pthread_create(&thread, NULL, change, with));
	return thread;
}

PROMISE(readv_has_what_the_kernel_wrote_where_it_wrote_it)
{
	struct iovec parts[] = { { right, 6 }, { second, 20 } };
	struct change with = { .nr = __NR_readv, .sent = "into two buffers", .vector = parts };
	pthread_t thread;
	int ends[2];

	need(!pipe(ends));
	with.fd = ends[1];
	thread = begin_change(&with);
	begin();
	call(__NR_readv, ends[0], parts, 2);
	expect("readv, fd=%d, iovcnt=2, sizes=[{len=6} {len=20}], res=16%s", ends[0], data("into two buffers", 16));
	end();
	need(!pthread_join(thread, NULL));
	need(parts[0].iov_base == wrong);
}

/* A bound UDP socket, and one that is connected to it. */
static int udp_pair(int ends[2])
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int i;

	for (i = 0; i < 2; i++) {
		ends[i] = socket(AF_INET, SOCK_DGRAM, 0);
		need(!bind(ends[i], (struct sockaddr *)&in, sizeof(in)));
		in.sin_port = 0;
	}
	need(!getsockname(ends[0], (struct sockaddr *)&in, &len));
	need(!connect(ends[1], (struct sockaddr *)&in, sizeof(in)));
	need(!getsockname(ends[1], (struct sockaddr *)&in, &len));
	return ntohs(in.sin_port);
}

PROMISE(recvmsg_has_what_the_kernel_wrote_where_it_wrote_it)
{
	struct iovec parts[] = { { right, 6 }, { second, 20 } };
	struct sockaddr_in peer = {};
	struct msghdr msg = { &peer, sizeof(peer), parts, 2, NULL, 0, 0 };
	struct change with = { .nr = __NR_recvmsg, .sent = "into two buffers", .vector = parts, .msg = &msg };
	int ends[2], port = udp_pair(ends);
	pthread_t thread;

	with.fd = ends[1];
	thread = begin_change(&with);
	begin();
	call(__NR_recvmsg, ends[0], &msg, 0);
	expect("recvmsg, sockfd=%d, flags=0, res=16, addr=127.0.0.1:%d%s, controllen=0, msg_flags=0", ends[0], port,
	       data("into two buffers", 16));
	end();
	need(!pthread_join(thread, NULL));
	need(msg.msg_iov != parts);
}

/* Nobody could keep what could not be read: it is read at exit, and says so. */
PROMISE(buffers_that_could_not_be_read_at_entry_are_read_late)
{
	struct iovec plain[] = { { right, 6 }, { second, 20 } };
	struct iovec *parts = not_present(plain, sizeof(plain));
	struct msghdr msg = { NULL, 0, plain, 2, NULL, 0, 0 }, *hidden;
	int ends[2];

	need(!socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	need(write(ends[1], "some", 4) == 4 && write(ends[1], "more", 4) == 4 && write(ends[1], "rest", 4) == 4);
	begin();
	call(__NR_readv, ends[0], parts, 2);
	expect("readv, fd=%d, iovcnt=2, sizes(late?)=[{len=6} {len=20}], res=4%s", ends[0],
	       marked_data("(late)", "some", 4));
	end();
	msg.msg_iov = not_present(plain, sizeof(plain));
	begin();
	call(__NR_recvmsg, ends[0], &msg, 0);
	expect("recvmsg, sockfd=%d, flags=0, res=4, addr=<null>%s, controllen=0, msg_flags=0", ends[0],
	       marked_data("(late)", "more", 4));
	end();
	msg.msg_iov = plain;
	hidden = not_present(&msg, sizeof(msg));
	begin();
	call(__NR_recvmsg, ends[0], hidden, 0);
	expect("recvmsg, sockfd=%d, flags=0, res=4, addr=<null>%s, controllen=0, msg_flags=0", ends[0],
	       marked_data("(late)", "rest", 4));
	end();
}

PROMISE(more_buffers_than_a_record_has_are_cut)
{
	struct iovec parts[70];
	static char bytes[70], sizes[64 * 8 + 1];
	int i, ends[2];

	for (i = 0; i < 70; i++)
		parts[i] = (struct iovec) { bytes + i, 1 };
	for (i = 0; i < 64; i++)
		strcat(sizes, i ? " {len=1}" : "{len=1}");
	memset(bytes, 'x', 70);
	need(!pipe(ends));
	need(write(ends[1], bytes, 70) == 70);
	begin();
	call(__NR_readv, ends[0], parts, 70);
	expect("readv, fd=%d, iovcnt=70, sizes(part)=[%s], res=70%s", ends[0], sizes,
	       marked_data("(part)", bytes, 64));
	end();
}
