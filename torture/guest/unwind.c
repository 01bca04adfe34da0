// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation, and every copy from a process, that a call makes is failed in turn: the first in the first round, the
 * second in the next one, until the call makes no more of them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "unwind.h"

#define MODULE	"syscord"
#define NTH	"/proc/thread-self/fail-nth"

static int nth_file;

static void fail_nth(long n)
{
	char text[20];
	int len = sprintf(text, "%ld", n);

	/* It copies too, so that this may be what fails: then the next one does not. */
	if (pwrite(nth_file, text, len, 0) != len && pwrite(nth_file, text, len, 0) != len) {
		perror(NTH);
		exit(2);
	}
}

/* Whether what was to fail has failed.  From here on nothing does. */
static int has_failed(void)
{
	char text[20] = "";
	int copied = pread(nth_file, text, sizeof(text) - 1, 0) > 0;

	fail_nth(0);
	/* If it was not yet time, this very copy may have been the next one to fail. */
	return copied && atol(text) == 0;
}

static long now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* How often, and how it went: rounds begin at args[0], each is args[1] later, for at most args[2] seconds. */
static long first, stride, seconds;

static void read_rounds(char **args)
{
	first = atol(args[0]);
	stride = atol(args[1]);
	seconds = now_s() + atol(args[2]);
	nth_file = open(NTH, O_RDWR);
	if (nth_file < 0) {
		perror(NTH);
		exit(2);
	}
}

/*
 * Load the module at @path with @parameters.  Where that fails the module must not be there; where the kernel did without what failed, it
 * is unloaded.  The last of the parameters is record=, the end of which is added.  Prints the rounds, how many of them could not load, and whether the last was reached.
 */
int unwind(const char *path, const char *parameters, char **args)
{
	int fd = open(path, O_RDONLY), rounds = 0, refused = 0, failed = 1;
	long n;

	read_rounds(args);
	for (n = first; failed && now_s() < seconds; n += stride) {
		char given[500];
		long res;

		/* Each round has a record of its own. */
		snprintf(given, sizeof(given), "%s-%ld", parameters, n);
		fail_nth(n);
		res = syscall(__NR_finit_module, fd, given, 0);
		failed = has_failed();
		rounds += failed;
		if (!res) {
			if (syscall(__NR_delete_module, MODULE, 0)) {
				fprintf(stderr, "round %ld: cannot be unloaded: %s\n", n, strerror(errno));
				return 1;
			}
		} else if (!access("/sys/module/" MODULE, F_OK)) {
			fprintf(stderr, "round %ld: half of the module is there\n", n);
			return 1;
		} else {
			refused++;
		}
	}
	printf("%d %d %ld %d\n", rounds, refused, n, !failed);
	return 0;
}

/* Write @text to the file @path, as to a parameter, in the same manner. */
int spoil(const char *path, const char *text, char **args)
{
	int fd = open(path, O_WRONLY), rounds = 0, refused = 0, failed = 1;
	long n;

	read_rounds(args);
	for (n = first; failed && now_s() < seconds; n += stride) {
		fail_nth(n);
		refused += pwrite(fd, text, strlen(text), 0) < 0;
		failed = has_failed();
		rounds += failed;
	}
	printf("%d %d %ld %d\n", rounds, refused, n, !failed);
	return 0;
}

/*
 * Load the module at @path with @parameters and unload it, again and again: at most args[0] times, for args[1] seconds.  To
 * start a program for each would take most of the time.  Prints how often it was.  As in unwind(), record= comes last.
 */
int load(const char *path, const char *parameters, char **args)
{
	int fd = open(path, O_RDONLY), most = atoi(args[0]), i;
	long end = now_s() + atol(args[1]);

	for (i = 0; i < most && (!i || now_s() < end); i++) {
		char given[500];

		snprintf(given, sizeof(given), "%s-%d", parameters, i);
		if (syscall(__NR_finit_module, fd, given, 0) || syscall(__NR_delete_module, MODULE, 0)) {
			fprintf(stderr, "load %d: %s: %s\n", i, given, strerror(errno));
			return 1;
		}
	}
	printf("%d\n", i);
	return 0;
}
