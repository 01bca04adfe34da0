// SPDX-License-Identifier: GPL-2.0
/* Threads in great numbers, which sleep in calls of several kinds until they are killed. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

/* What they sleep in: a call without memory, or one that reads some at entry: little, or a long path. */
static enum { IN_FUTEX, IN_NANOSLEEP, IN_OPEN } kind;
static char path[4000];
static int asleep, never;

/* It has the first thread's TLS, and a small stack: so it makes no call of the C library that needs either. */
static int sleep_for_ever(void *unused)
{
	static const struct timespec day = { 86400 };

	__atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		if (kind == IN_NANOSLEEP)
			syscall(__NR_nanosleep, &day, NULL);
		else if (kind == IN_OPEN)
			syscall(__NR_openat, AT_FDCWD, path, O_RDONLY);
		else
			syscall(__NR_futex, &never, FUTEX_WAIT_PRIVATE, 0, NULL);
	}
	return 0;
}

/* A path of some thousand bytes that leads to a FIFO: to open it waits for a writer. */
static void make_long_path(void)
{
	strcpy(path, "/tmp/");
	while (strlen(path) < sizeof(path) - 20)
		strcat(path, "./");
	strcat(path, "fifo");
}

/* sleepers COUNT KIND: so many threads that sleep in KIND.  Prints "asleep" when all have come so far. */
TOOL(sleepers)
{
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			  CLONE_SYSVSEM;
	const size_t stack = 1024;
	int i, count = atoi(args[0]);
	char *stacks = calloc(count, stack);

	kind = !strcmp(args[1], "open") ? IN_OPEN : !strcmp(args[1], "nanosleep") ? IN_NANOSLEEP : IN_FUTEX;
	make_long_path();
	for (i = 0; i < count; i++)
		if (clone(sleep_for_ever, stacks + (i + 1) * stack, flags, NULL) < 0)
			abort();
	while (__atomic_load_n(&asleep, __ATOMIC_SEQ_CST) < count)
		sched_yield();
	puts("asleep");
	fflush(stdout);
	sleep_for_ever(NULL);
}
