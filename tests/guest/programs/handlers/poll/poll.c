// SPDX-License-Identifier: GPL-2.0
/* Waiting for events, and for memory to change. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

PROMISE(ppoll_has_each_fd_with_events_and_revents)
{
	struct timespec timeout = { 1, 500 };
	struct pollfd fds[4];
	sigset_t mask;
	int ends[2];

	need(!pipe(ends));
	fds[0] = (struct pollfd){ .fd = ends[0], .events = POLLIN | POLLPRI };
	fds[1] = (struct pollfd){ .fd = ends[1], .events = POLLOUT };
	fds[2] = (struct pollfd){ .fd = -1, .events = POLLIN };
	fds[3] = (struct pollfd){ .fd = 999, .events = 0 };
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	begin();
	/* What is left is written over what was asked for. */
	call(__NR_ppoll, fds, 4, &timeout, &mask, 8);
	expect("ppoll, fds=[{fd=%d events=3} {fd=%d events=4} {fd=-1 events=1} {fd=999 events=0}], nfds=4, "
	       "timeout={sec=1 nsec=500}, sigmask=0x200, sigsetsize=8, res=2, "
	       "ready=[{fd=%d revents=0} {fd=%d revents=4} {fd=-1 revents=0} {fd=999 revents=32}], "
	       "left={sec=%ld nsec=%ld}", ends[0], ends[1], ends[0], ends[1], timeout.tv_sec, timeout.tv_nsec);
	end();
}

PROMISE(ppoll_that_times_out_says_so)
{
	struct timespec timeout = { 0, 1000 };
	struct pollfd fd;
	int ends[2];

	need(!pipe(ends));
	fd = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	begin();
	expect("ppoll, fds=[{fd=%d events=1}], nfds=1, timeout={sec=0 nsec=1000}, sigmask=<null>, sigsetsize=0, "
	       "res=0, ready=[{fd=%d revents=0}], left={sec=0 nsec=0}", ends[0], ends[0]);
	call(__NR_ppoll, &fd, 1, &timeout, 0, 0);
	end();
}

PROMISE(ppoll_of_nothing_without_a_timeout_has_null)
{
	struct timespec wrong = { -1, -2 };

	begin();
	expect("ppoll, fds=<null>, nfds=0, timeout={sec=-1 nsec=-2}, sigmask=<null>, sigsetsize=0, res=-22");
	call(__NR_ppoll, 0, 0, &wrong, 0, 0);
	expect("ppoll, fds=<null>, nfds=4294967295, timeout=<null>, sigmask=<null>, sigsetsize=0, res=-22");
	call(__NR_ppoll, 0, -1, 0, 0, 0);
	end();
}

PROMISE(ppoll_of_more_fds_than_are_kept_is_marked)
{
	struct timespec now = { 0, 0 };
	struct pollfd fds[65];
	char before[4096], after[4096];
	int i, len_before = 0, len_after = 0;

	for (i = 0; i < 65; i++)
		fds[i] = (struct pollfd){ .fd = -1 - i, .events = i };
	for (i = 0; i < 64; i++) {
		len_before += sprintf(before + len_before, "%s{fd=%d events=%d}", i ? " " : "", -1 - i, i);
		len_after += sprintf(after + len_after, "%s{fd=%d revents=0}", i ? " " : "", -1 - i);
	}
	begin();
	expect("ppoll, fds(part)=[%s], nfds=65, timeout={sec=0 nsec=0}, sigmask=<null>, sigsetsize=0, res=0, "
	       "ready(part)=[%s], left={sec=0 nsec=0}", before, after);
	call(__NR_ppoll, fds, 65, &now, 0, 0);
	end();
}

PROMISE(epoll_ctl_has_epfd_op_fd_event_and_result)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = 0x123456789abcdef0 };
	int ends[2], epfd = epoll_create1(0);

	need(epfd >= 0 && !pipe(ends));
	begin();
	expect("epoll_ctl, epfd=%d, op=1, fd=%d, event={events=0x80000001 data=0x123456789abcdef0}, res=0", epfd,
	       ends[0]);
	call(__NR_epoll_ctl, epfd, EPOLL_CTL_ADD, ends[0], &event);
	expect("epoll_ctl, epfd=%d, op=2, fd=%d, event=<null>, res=0", epfd, ends[0]);
	call(__NR_epoll_ctl, epfd, EPOLL_CTL_DEL, ends[0], 0);
	expect("epoll_ctl, epfd=-1, op=9, fd=-2, event=<null>, res=-14");
	call(__NR_epoll_ctl, -1, 9, -2, 0);
	end();
}

/* An epoll instance with two events ready. */
static int two_ready(void)
{
	struct epoll_event event = { .events = EPOLLOUT };
	int i, ends[2], epfd = epoll_create1(0);

	need(epfd >= 0);
	for (i = 0; i < 2; i++) {
		event.data.u64 = 17 + i;
		need(!pipe(ends) && !epoll_ctl(epfd, EPOLL_CTL_ADD, ends[1], &event));
	}
	return epfd;
}

#define TWO_READY	"events=[{events=0x4 data=0x11} {events=0x4 data=0x12}]"

#ifdef __NR_epoll_wait
PROMISE(epoll_wait_has_events)
{
	struct epoll_event events[8];
	int epfd = two_ready();

	begin();
	expect("epoll_wait, epfd=%d, maxevents=8, timeout=-1, res=2, " TWO_READY, epfd);
	call(__NR_epoll_wait, epfd, events, 8, -1);
	expect("epoll_wait, epfd=%d, maxevents=0, timeout=7, res=-22", epfd);
	call(__NR_epoll_wait, epfd, events, 0, 7);
	end();
}
#endif

PROMISE(epoll_pwait_has_events)
{
	struct epoll_event events[8];
	int epfd = two_ready(), empty = epoll_create1(0);
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	begin();
	expect("epoll_pwait, epfd=%d, maxevents=8, timeout=100, sigmask=0x200, sigsetsize=8, res=2, " TWO_READY, epfd);
	call(__NR_epoll_pwait, epfd, events, 8, 100, &mask, 8);
	expect("epoll_pwait, epfd=%d, maxevents=8, timeout=0, sigmask=<null>, sigsetsize=8, res=0, events=[]", empty);
	call(__NR_epoll_pwait, empty, events, 8, 0, 0, 8);
	end();
}

PROMISE(futex_has_all_arguments_and_result)
{
	unsigned int word = 5, other = 6;

	begin();
	expect("futex, addr=0x%lx, op=0, val=6, timeout=0x0, addr2=0x0, val3=0, res=-11", (long)&word);
	call(__NR_futex, &word, FUTEX_WAIT, 6, 0, 0, 0);
	expect("futex, addr=0x%lx, op=129, val=1, timeout=0x1, addr2=0x2, val3=4294967295, res=0", (long)&word);
	call(__NR_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, 1L, 2L, -1);
	expect("futex, addr=0x%lx, op=4, val=0, timeout=0x7, addr2=0x%lx, val3=99, res=-11", (long)&word, (long)&other);
	call(__NR_futex, &word, FUTEX_CMP_REQUEUE, 0, 7L, &other, 99);
	end();
}
