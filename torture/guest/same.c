// SPDX-License-Identifier: GPL-2.0
/*
 * torture same WHAT: calls whose results are the same each time, written to standard output.  Nobody may see from them
 * whether it is recorded, so no number of a process and no address is printed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "same.h"
#include "stress.h"

static void say(const char *what, long result)
{
	if (result == -1)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %ld\n", what, result);
	fflush(stdout);
}

#define SAY(call)	say(#call, call)

static char *const nowhere = (char *)8;

static void fail_in_many_ways(void)
{
	struct iovec parts[] = { { nowhere, 10 }, { "b", 1 } };
	struct msghdr header = { .msg_iov = parts, .msg_iovlen = 2 };
	char *argv[] = { "a", nowhere, NULL };
	int ends[2], sockets[2];

	if (pipe(ends) || socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets))
		return;
	SAY(syscall(__NR_openat, AT_FDCWD, nowhere, 0, 0));
	SAY(syscall(__NR_openat, AT_FDCWD, "/nowhere/at/all", 0, 0));
	SAY(syscall(__NR_openat, -7, "x", 0, 0));
	SAY(syscall(__NR_openat, AT_FDCWD, "", 0, 0));
	SAY(syscall(__NR_write, ends[1], nowhere, 10));
	SAY(write(-3, "x", 1));
	SAY(write(ends[0], "x", 1));
	SAY(syscall(__NR_writev, ends[1], parts, 2));
	SAY(syscall(__NR_writev, ends[1], nowhere, 2));
	SAY(syscall(__NR_writev, ends[1], parts, 5000));
	SAY(sendmsg(sockets[0], &header, 0));
	SAY(syscall(__NR_sendmsg, sockets[0], nowhere, 0));
	SAY(syscall(__NR_execve, "/bin/true", argv, NULL));
	SAY(syscall(__NR_execve, "/etc/passwd", NULL, NULL));
	SAY(syscall(__NR_execve, "/nowhere", nowhere, NULL));
	SAY(syscall(__NR_pipe2, nowhere, 0));
	SAY(syscall(__NR_ppoll, nowhere, 3, NULL, NULL, 0));
	SAY(syscall(__NR_epoll_ctl, 1, 2, 3, nowhere));
	SAY(syscall(__NR_clock_gettime, 99, nowhere));
	SAY(syscall(__NR_nanosleep, nowhere, NULL));
	SAY(syscall(__NR_rt_sigaction, 65, NULL, NULL, 8));
	SAY(syscall(__NR_clone3, nowhere, 64));
	SAY(syscall(__NR_clone3, nowhere, 1));
	SAY(syscall(__NR_mmap, 0, 0, 0, 0, 0, 0) == -1 ? -1 : 0);
	SAY(syscall(__NR_wait4, -1, NULL, 0, NULL));
	SAY(syscall(__NR_kill, 0x7ffffff0, 0));
	SAY(syscall(9999, 1, 2, 3, 4, 5, 6));	/* a debugger shows all six */
	SAY(syscall(-1L, 1, 2, 3, 4, 5, 6));
}

static void on_signal(int signal)
{
}

static void handle(int signal, int flags)
{
	const struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };

	sigaction(signal, &action, NULL);
}

/* What was asked for in the child is there only after a while, so the parent waits, and nothing may end that early. */
static void be_late(int fd)
{
	const struct timespec interval = { 0, 30000000 };

	nanosleep(&interval, NULL);
	if (write(fd, "late", 4) != 4)
		_exit(1);
}

static void wait_in_many_ways(void)
{
	const struct timespec interval = { 0, 20000000 }, second = { 1, 0 };
	struct epoll_event event = { .events = EPOLLIN };
	int ends[2], sockets[2], epoll = epoll_create1(0), status, word = 0, i;
	struct pollfd asked = { .events = POLLIN };
	sigset_t none;
	char bytes[8];

	if (pipe(ends) || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		return;
	asked.fd = ends[0];
	epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event);
	sigemptyset(&none);
	sigaddset(&none, SIGUSR2);
	sigprocmask(SIG_BLOCK, &none, NULL);
	for (i = 0; i < 4; i++) {
		SAY(nanosleep(&interval, NULL));
		SAY(clock_nanosleep(CLOCK_MONOTONIC, 0, &interval, NULL));
		SAY(syscall(__NR_futex, &word, FUTEX_WAIT, 0, &interval));
		SAY(syscall(__NR_futex, &word, FUTEX_WAIT, 1, &second));
		SAY(sigtimedwait(&none, NULL, &interval));
		SAY(poll(&asked, 1, 10));
		SAY(epoll_wait(epoll, &event, 1, 10));
		if (!fork()) {
			be_late(ends[1]);
			_exit(i);
		}
		SAY(poll(&asked, 1, -1));
		SAY(epoll_wait(epoll, &event, 1, -1));
		SAY(read(ends[0], bytes, sizeof(bytes)));
		SAY(wait(&status) > 0);
		SAY(WEXITSTATUS(status));
		if (!fork()) {
			be_late(sockets[1]);
			_exit(0);
		}
		SAY(recv(sockets[0], bytes, sizeof(bytes), 0));
		SAY(wait(NULL) > 0);
	}
}

static volatile sig_atomic_t handled;

static void count(int signal)
{
	handled++;
}

/* A timer that comes again and again: each wait is ended by it, or begun again by the kernel. */
static void be_interrupted(void)
{
	const struct itimerval often = { { 0, 20000 }, { 0, 20000 } }, never = { };
	struct sigaction action = { .sa_handler = count };
	const struct timespec second = { 30, 0 };
	struct pollfd none;
	int ends[2], i;
	char byte;

	if (pipe(ends))
		return;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (i = 0; i < 5; i++) {
		SAY(nanosleep(&second, NULL));
		SAY(read(ends[0], &byte, 1));
		SAY(poll(&none, 0, 30000));
		SAY(pause());
	}
	setitimer(ITIMER_REAL, &never, NULL);
	SAY(handled >= 20);
	handle(SIGALRM, SA_RESTART);
	setitimer(ITIMER_REAL, &often, NULL);
	if (!fork()) {
		be_late(ends[1]);
		_exit(0);
	}
	SAY(read(ends[0], &byte, 1));
}

static void do_and_end(void (*end)(void))
{
	siginfo_t info = { 0 };
	pid_t pid = fork();

	if (!pid) {
		end();
		_exit(77);
	}
	SAY(waitid(P_PID, pid, &info, WEXITED));
	SAY(info.si_code);
	SAY(info.si_status);
}

static void end_by_status(void)
{
	exit(3);
}

static void end_by_abort(void)
{
	abort();
}

static void end_by_kill(void)
{
	raise(SIGKILL);
}

static void end_by_pipe(void)
{
	int ends[2];

	if (pipe(ends))
		return;
	close(ends[0]);
	write(ends[1], "x", 1);
}

static void end_by_fault(void)
{
	*(volatile char *)nowhere = 1;
}

static void end_by_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpgid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	SAY(getppid());
	getpgid(0);
}

static void *end_in_thread(void *unused)
{
	_exit(9);
}

static void end_by_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, end_in_thread, NULL);
	for (;;)
		pause();
}

static void *exec_in_thread(void *unused)
{
	execl("/bin/sh", "sh", "-c", "echo the program of a thread; exit 11", NULL);
	return NULL;
}

static void end_by_exec(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, exec_in_thread, NULL);
	for (;;)
		pause();
}

static void end_in_many_ways(void)
{
	void (*const ends[])(void) = { end_by_status, end_by_abort, end_by_kill, end_by_pipe, end_by_fault,
				       end_by_filter, end_by_thread, end_by_exec };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ends); i++)
		do_and_end(ends[i]);
}

static unsigned int sum;

static void *call_in_thread(void *arg)
{
	long own = (long)arg;
	int ends[2], i;
	char byte = own;

	for (i = 0; i < 100; i++) {
		if (pipe(ends) || write(ends[1], &byte, 1) != 1 || read(ends[0], &byte, 1) != 1 || byte != own)
			abort();
		close(ends[0]);
		close(ends[1]);
		__atomic_fetch_add(&sum, byte, __ATOMIC_SEQ_CST);
	}
	return (void *)(own * 2);
}

static void have_threads(void)
{
	pthread_t threads[16];
	void *result;
	long i;

	for (i = 0; i < 16; i++)
		pthread_create(&threads[i], NULL, call_in_thread, (void *)i);
	for (i = 0; i < 16; i++) {
		pthread_join(threads[i], &result);
		SAY((long)result);
	}
	SAY(sum);
}

static unsigned long hash(const unsigned char *bytes, size_t len)
{
	unsigned long value = 5381;

	while (len--)
		value = value * 33 + *bytes++;
	return value & 0x7fffffffffffffffL;
}

/* Bytes that go through files, pipes and sockets are the same behind them, whatever part of them is recorded. */
static void move_bytes(void)
{
	static unsigned char out[100000], in[100000];
	struct iovec parts[] = { { out, 7 }, { out + 100, 5000 }, { out + 9000, 1 } };
	struct iovec to[] = { { in, 4000 }, { in + 5000, 1008 } };
	struct msghdr sent = { .msg_iov = parts, .msg_iovlen = 3 }, got = { .msg_iov = to, .msg_iovlen = 2 };
	int fd = open("bytes", O_CREAT | O_RDWR, 0600), sockets[2], i;

	reseed(1);
	for (i = 0; i < (int)sizeof(out); i++)
		out[i] = bits();
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets))
		return;
	for (i = 1; i < 60000; i = i * 5 + 1) {
		SAY(write(fd, out, i));
		SAY(pwrite(fd, out, i, 17));
		SAY(pread(fd, in, sizeof(in), 3));
		SAY(hash(in, sizeof(in)));
		SAY(lseek(fd, 0, SEEK_SET));
		SAY(read(fd, in, i));
		SAY(hash(in, sizeof(in)));
		SAY(writev(fd, parts, 3));
		SAY(lseek(fd, 5, SEEK_SET));
		SAY(readv(fd, to, 2));
		SAY(hash(in, sizeof(in)));
		SAY(sendmsg(sockets[0], &sent, 0));
		SAY(recvmsg(sockets[1], &got, 0));
		SAY(got.msg_flags);
		SAY(hash(in, sizeof(in)));
		SAY(ftruncate(fd, i));
	}
	for (i = 0; i < 20; i++) {
		unsigned char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		/* The kernel brings in a page that was never touched, both ways. */
		SAY(pread(fd, page, 100, 0));
		SAY(hash(page, 8192));
		SAY(pwrite(fd, page + 4000, 200, 0));
		munmap(page, 8192);
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} samples[] = {
	{ "errors", fail_in_many_ways },
	{ "waits", wait_in_many_ways },
	{ "interrupts", be_interrupted },
	{ "ends", end_in_many_ways },
	{ "threads", have_threads },
	{ "bytes", move_bytes },
};

int same(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(samples); i++)
		if (!strcmp(samples[i].name, name)) {
			samples[i].run();
			return 10 + i;
		}
	return 2;
}
