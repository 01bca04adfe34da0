// SPDX-License-Identifier: GPL-2.0
/* What the stressors share: chance, and processes that end for certain. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

static unsigned long state;

void reseed(unsigned long seed)
{
	/* splitmix64, so that seeds that are near give numbers that are not. */
	seed += 0x9e3779b97f4a7c15UL;
	seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9UL;
	seed = (seed ^ (seed >> 27)) * 0x94d049bb133111ebUL;
	state = (seed ^ (seed >> 31)) | 1;
}

unsigned long bits(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

unsigned long pick(unsigned long n)
{
	return (bits() >> 11) % n;
}

pid_t start(void (*work)(void))
{
	unsigned long seed = bits();
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	reseed(seed);
	work();
	_exit(0);
}

unsigned long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000UL + now.tv_nsec / 1000;
}

void linger(unsigned long us)
{
	unsigned long end = now_us() + pick(us + 1);

	while (now_us() < end)
		sched_yield();
}

void strike(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

void await_end(pid_t pid, unsigned int ms)
{
	struct pollfd end = { .events = POLLIN };

	if (pid <= 0)
		return;
	end.fd = syscall(__NR_pidfd_open, pid, 0);
	poll(&end, 1, ms);
	close(end.fd);
	strike(pid);
}

int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), done;

	if (fd < 0)
		return 0;
	done = write(fd, text, strlen(text)) >= 0;
	close(fd);
	return done;
}

void become_nobody(void)
{
	int null = open("/dev/null", O_RDWR), fd;
	const struct rlimit memory = { 256 << 20, 256 << 20 }, file = { 1 << 20, 1 << 20 }, none = { 0, 0 };

	for (fd = 0; fd < 3; fd++)
		dup2(null, fd);
	setrlimit(RLIMIT_AS, &memory);
	setrlimit(RLIMIT_FSIZE, &file);
	setrlimit(RLIMIT_CORE, &none);
	if (setgid(NOBODY) || setuid(NOBODY))
		_exit(1);
	/* A change of the user takes it away. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}
