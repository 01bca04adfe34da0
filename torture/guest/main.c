// SPDX-License-Identifier: GPL-2.0
/*
 * torture run SEED COUNTS [NAME...]: take the steps of all stressors, or of those that are named, at the same time, until
 * SIGTERM comes; then write to the file COUNTS how many steps each took.
 *
 * torture unwind MODULE PARAMETERS FIRST STRIDE SECONDS, torture spoil FILE TEXT FIRST STRIDE SECONDS,
 * torture load MODULE PARAMETERS TIMES SECONDS: see unwind.c.
 * torture fuzz PROGRAM ACCOUNT: see fuzz.c.
 * torture slowly FOLDER MS: see slowly.c.
 * torture same WHAT: see same.c.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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
	if (argc == 6 && !strcmp(argv[1], "load"))
		return load(argv[2], argv[3], argv + 4);
	if (argc == 7 && !strcmp(argv[1], "unwind"))
		return unwind(argv[2], argv[3], argv + 4);
	if (argc == 7 && !strcmp(argv[1], "spoil"))
		return spoil(argv[2], argv[3], argv + 4);
	fprintf(stderr, "what to do? see main.c\n");
	return 2;
}
