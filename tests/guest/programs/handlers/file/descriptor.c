// SPDX-License-Identifier: GPL-2.0
/* File descriptors: where they come from, and what belongs to them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "expect.h"

#ifdef __NR_dup2
PROMISE(dup2_has_oldfd_newfd_and_result)
{
	begin();
	expect("dup2, oldfd=1, newfd=50, res=50");
	call(__NR_dup2, 1, 50);
	expect("dup2, oldfd=1000, newfd=-1, res=-9");
	call(__NR_dup2, 1000, -1);
	end();
}
#endif

PROMISE(dup3_has_oldfd_newfd_flags_and_result)
{
	begin();
	expect("dup3, oldfd=1, newfd=51, flags=%d, res=51", O_CLOEXEC);
	call(__NR_dup3, 1, 51, O_CLOEXEC);
	expect("dup3, oldfd=1, newfd=1, flags=0, res=-22");
	call(__NR_dup3, 1, 1, 0);
	expect("dup3, oldfd=-1, newfd=51, flags=-1, res=-22");
	call(__NR_dup3, -1, 51, -1);
	end();
}

PROMISE(close_range_has_first_last_flags_and_result)
{
	need(dup2(1, 1000) == 1000);
	begin();
	expect("close_range, first=1000, last=4294967295, flags=4, res=0");
	call(__NR_close_range, 1000, -1, CLOSE_RANGE_CLOEXEC);
	expect("close_range, first=1000, last=1001, flags=0, res=0");
	call(__NR_close_range, 1000, 1001, 0);
	expect("close_range, first=2, last=1, flags=0, res=-22");
	call(__NR_close_range, 2, 1, 0);
	end();
}

#ifdef __NR_pipe
PROMISE(pipe_has_result_and_fds)
{
	void *bad = inaccessible();
	int ends[2];

	begin();
	call(__NR_pipe, ends);
	expect("pipe, res=0, fds=[%d %d]", ends[0], ends[1]);
	expect("pipe, res=-14");
	call(__NR_pipe, bad);
	end();
}
#endif

PROMISE(pipe2_has_flags_result_and_fds)
{
	int ends[2];

	begin();
	call(__NR_pipe2, ends, O_NONBLOCK);
	expect("pipe2, flags=%d, res=0, fds=[%d %d]", O_NONBLOCK, ends[0], ends[1]);
	expect("pipe2, flags=-1, res=-22");
	call(__NR_pipe2, ends, -1);
	expect("pipe2, flags=0, res=-14");
	call(__NR_pipe2, 0, 0);
	end();
}

PROMISE(fcntl_has_fd_cmd_arg_and_result)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd = open("/tmp/locked", O_CREAT | O_RDWR, 0600);

	need(fd >= 0);
	begin();
	expect("fcntl, fd=%d, cmd=0, arg=0x64, res=100", fd);
	call(__NR_fcntl, fd, F_DUPFD, 100L);
	expect("fcntl, fd=%d, cmd=2, arg=0x1, res=0", fd);
	call(__NR_fcntl, fd, F_SETFD, 1L);
	expect("fcntl, fd=%d, cmd=1, arg=0x0, res=1", fd);
	call(__NR_fcntl, fd, F_GETFD, 0L);
	expect("fcntl, fd=%d, cmd=6, arg=0x%lx, res=0", fd, (long)&lock);
	call(__NR_fcntl, fd, F_SETLK, &lock);
	expect("fcntl, fd=%d, cmd=4294967295, arg=0xffffffffffffffff, res=-22", fd);
	call(__NR_fcntl, fd, -1, -1L);
	expect("fcntl, fd=-1, cmd=1, arg=0x0, res=-9");
	call(__NR_fcntl, -1, F_GETFD, 0L);
	end();
}

PROMISE(flock_has_fd_op_and_result)
{
	int first = open("/tmp/locked", O_CREAT | O_RDWR, 0600), second = open("/tmp/locked", O_RDWR);

	need(first >= 0 && second >= 0);
	begin();
	expect("flock, fd=%d, op=6, res=0", first);
	call(__NR_flock, first, LOCK_EX | LOCK_NB);
	expect("flock, fd=%d, op=5, res=-11", second);
	call(__NR_flock, second, LOCK_SH | LOCK_NB);
	expect("flock, fd=-1, op=8, res=-9");
	call(__NR_flock, -1, LOCK_UN);
	end();
}
