// SPDX-License-Identifier: GPL-2.0
/* Waiting for file descriptors in the older ways, and making what can be waited for. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "expect.h"

#ifdef __NR_poll
PROMISE(poll_has_each_fd_with_events_and_revents)
{
	struct pollfd fds[2];
	int ends[2];

	need(!pipe(ends));
	fds[0] = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = ends[1], .events = POLLOUT };
	begin();
	expect("poll, fds=[{fd=%d events=1} {fd=%d events=4}], nfds=2, timeout=-1, res=1, "
	       "ready=[{fd=%d revents=0} {fd=%d revents=4}]", ends[0], ends[1], ends[0], ends[1]);
	call(__NR_poll, fds, 2, -1);
	expect("poll, fds=[{fd=%d events=1}], nfds=1, timeout=1, res=0, ready=[{fd=%d revents=0}]", ends[0], ends[0]);
	call(__NR_poll, fds, 1, 1);
	expect("poll, fds=<null>, nfds=4294967295, timeout=0, res=-22");
	call(__NR_poll, 0L, -1, 0);
	end();
}

PROMISE(select_has_nfds_three_sets_timeout_and_result)
{
	struct timeval timeout = { 3, 500 };
	fd_set readable, writable, exceptional;
	int ends[2];

	need(!pipe(ends));
	FD_ZERO(&readable);
	FD_ZERO(&writable);
	FD_ZERO(&exceptional);
	FD_SET(ends[1], &writable);
	begin();
	/* What is left is written over what was asked for. */
	call(__NR_select, ends[1] + 1, &readable, &writable, &exceptional, &timeout);
	expect("select, nfds=%d, readfds=0x%lx, writefds=0x%lx, exceptfds=0x%lx, timeout={sec=3 usec=500}, res=1, "
	       "left={sec=%ld usec=%ld}", ends[1] + 1, (long)&readable, (long)&writable, (long)&exceptional,
	       timeout.tv_sec, timeout.tv_usec);
	expect("select, nfds=-1, readfds=0x0, writefds=0x0, exceptfds=0x0, timeout=<null>, res=-22");
	call(__NR_select, -1, 0L, 0L, 0L, 0L);
	end();
}

/* Not one file more can be opened. */
static void forbid_files(void)
{
	struct rlimit none = { 0, 0 };

	need(!setrlimit(RLIMIT_NOFILE, &none));
}

PROMISE(eventfd_and_epoll_create_have_count_or_size_and_result)
{
	long res;

	begin();
	res = call(__NR_eventfd, 7);
	expect("eventfd, count=7, res=%ld", res);
	res = call(__NR_epoll_create, 7);
	expect("epoll_create, size=7, res=%ld", res);
	expect("epoll_create, size=-1, res=-22");
	call(__NR_epoll_create, -1);
	end();
	forbid_files();
	begin();
	expect("eventfd, count=4294967295, res=-24");
	call(__NR_eventfd, -1);
	end();
}
#endif

PROMISE(pselect6_has_nfds_three_sets_timeout_sigmask_and_result)
{
	struct timespec timeout = { 3, 500 }, wrong = { 0, -1 };
	sigset_t mask;
	struct {
		sigset_t *set;
		size_t size;
	} blocked = { &mask, 8 };
	fd_set readable, writable, exceptional;
	int ends[2];

	need(!pipe(ends) && write(ends[1], "x", 1) == 1);
	sigemptyset(&mask);
	FD_ZERO(&readable);
	FD_ZERO(&writable);
	FD_ZERO(&exceptional);
	FD_SET(ends[0], &readable);
	begin();
	call(__NR_pselect6, ends[0] + 1, &readable, &writable, &exceptional, &timeout, &blocked);
	expect("pselect6, nfds=%d, readfds=0x%lx, writefds=0x%lx, exceptfds=0x%lx, timeout={sec=3 nsec=500}, "
	       "sigmask=0x%lx, res=1, left={sec=%ld nsec=%ld}",
	       ends[0] + 1, (long)&readable, (long)&writable, (long)&exceptional, (long)&blocked, timeout.tv_sec,
	       timeout.tv_nsec);
	expect("pselect6, nfds=0, readfds=0x0, writefds=0x0, exceptfds=0x0, timeout={sec=0 nsec=-1}, sigmask=0x0, "
	       "res=-22");
	call(__NR_pselect6, 0, 0L, 0L, 0L, &wrong, 0L);
	expect("pselect6, nfds=-1, readfds=0x0, writefds=0x0, exceptfds=0x0, timeout=<null>, sigmask=0x0, res=-22");
	call(__NR_pselect6, -1, 0L, 0L, 0L, 0L, 0L);
	end();
}

PROMISE(eventfd2_has_count_flags_and_result)
{
	long res;

	begin();
	res = call(__NR_eventfd2, 4294967295L, EFD_SEMAPHORE);
	expect("eventfd2, count=4294967295, flags=1, res=%ld", res);
	expect("eventfd2, count=0, flags=-1, res=-22");
	call(__NR_eventfd2, 0, -1);
	end();
}

PROMISE(epoll_create1_has_flags_and_result)
{
	long res;

	begin();
	res = call(__NR_epoll_create1, EPOLL_CLOEXEC);
	expect("epoll_create1, flags=%d, res=%ld", EPOLL_CLOEXEC, res);
	expect("epoll_create1, flags=-1, res=-22");
	call(__NR_epoll_create1, -1);
	end();
}
