// SPDX-License-Identifier: GPL-2.0
/*
 * torture run SEED COUNTS [NAME...]: take the steps of all stressors, or of those that are named, at the same time, until
 * SIGTERM comes; then write to the file COUNTS how many steps each took.
 *
 * torture unwind MODULE PARAMETERS FIRST STRIDE SECONDS, torture spoil FILE TEXT FIRST STRIDE SECONDS: see unwind.c.
 * torture fuzz PROGRAM ACCOUNT: see fuzz.c.
 * torture slowly FOLDER MS: see slowly.c.
 * torture same WHAT: see same.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"
#include "same.h"
#include "slowly.h"
#include "stress.h"
#include "unwind.h"

#define STRESSORS_MAX	32
#define END_MS		20000	/* within which every step has ended */

/* Shared by all processes. */
static struct shared {
	volatile bool stop;
	unsigned long steps[STRESSORS_MAX];
} *shared;

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

static unsigned long now_us(void)
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

/* The linker makes these. */
extern const struct stressor __start_stressors[], __stop_stressors[];

static bool is_wanted(const struct stressor *stressor, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, stressor->name))
			return true;
	return false;
}

static pid_t begin(const struct stressor *stressor, unsigned long seed)
{
	size_t i = stressor - __start_stressors;
	pid_t pid = fork();

	if (pid)
		return pid;
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, stressor->name);
	signal(SIGPIPE, SIG_IGN);
	reseed(seed + i);
	while (!shared->stop) {
		stressor->step();
		shared->steps[i]++;
	}
	_exit(0);
}

static void stop(int signal)
{
	shared->stop = true;
}

/* Wait for the processes; those that do not end are killed.  Returns whether all ended well. */
static bool all_end(const pid_t *pids, size_t count)
{
	unsigned long end = now_us() + END_MS * 1000UL;
	bool well = true;
	int status;
	size_t i;

	for (i = 0; i < count; i++) {
		struct pollfd ended = { .events = POLLIN };
		unsigned long now = now_us();

		if (!pids[i])
			continue;
		ended.fd = syscall(__NR_pidfd_open, pids[i], 0);
		poll(&ended, 1, now < end ? (end - now) / 1000 : 0);
		close(ended.fd);
		kill(-pids[i], SIGKILL);	/* the group: a process that ended well is not hurt by it */
		waitpid(pids[i], &status, 0);
		if (!status)
			continue;
		fprintf(stderr, "%s ended with status %#x\n", __start_stressors[i].name, status);
		well = false;
	}
	return well;
}

/* SIGTERM is blocked but in here, so none is missed. */
static void pause_for_signal(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigsuspend(&none);
}

static int run(unsigned long seed, const char *path, char **names)
{
	const struct sigaction action = { .sa_handler = stop };
	size_t i, count = __stop_stressors - __start_stressors;
	pid_t pids[STRESSORS_MAX] = { 0 };
	sigset_t term;
	bool well;
	FILE *file;

	if (count > STRESSORS_MAX)
		return 2;
	sigaction(SIGTERM, &action, NULL);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	for (i = 0; i < count; i++)
		if (is_wanted(&__start_stressors[i], names))
			pids[i] = begin(&__start_stressors[i], seed);
	while (!shared->stop)
		pause_for_signal();
	well = all_end(pids, count);
	file = fopen(path, "w");
	for (i = 0; i < count; i++)
		if (pids[i])
			fprintf(file, "%s %lu\n", __start_stressors[i].name, shared->steps[i]);
	fclose(file);
	return !well;
}

int main(int argc, char **argv)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 2;
	if (argc == 3 && !strcmp(argv[1], "chain"))
		return 0;
	if (argc == 4 && !strcmp(argv[1], "fuzz"))
		return fuzz(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "same"))
		return same(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "slowly"))
		return slowly(argv[2], argv[3]);
	if (argc >= 4 && !strcmp(argv[1], "run"))
		return run(strtoul(argv[2], NULL, 0), argv[3], argv + 4);
	if (argc == 7 && !strcmp(argv[1], "unwind"))
		return unwind(argv[2], argv[3], argv + 4);
	if (argc == 7 && !strcmp(argv[1], "spoil"))
		return spoil(argv[2], argv[3], argv + 4);
	fprintf(stderr, "what to do? see main.c\n");
	return 2;
}
