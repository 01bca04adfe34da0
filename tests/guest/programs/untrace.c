// SPDX-License-Identifier: GPL-2.0
/* Processes that are told what to do, and that find out whether the module sees what they do. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

#define STATS	"/sys/module/syscord/parameters/stats"
#define CALLS	1000
#define PATIENCE_MS	20000

static void make_calls(int count)
{
	while (count--)
		syscall(__NR_getppid);
}

/* How many syscalls the module has seen, of all processes. */
static long seen(void)
{
	char text[400];
	int fd = open(STATS, O_RDONLY);
	ssize_t len = read(fd, text, sizeof(text) - 1);

	if (len <= 0)
		abort();
	close(fd);
	text[len] = '\0';
	return atol(strstr(text, "seen=") + 5);
}

static bool is_seen(void)
{
	long before = seen();

	make_calls(CALLS);
	return seen() - before >= CALLS;
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* How many ms it took until this thread's calls were seen, or were not seen any more. */
static long await(bool wanted)
{
	long start = now_ms();

	while (is_seen() != wanted)
		if (now_ms() - start > PATIENCE_MS)
			abort();
	return now_ms() - start;
}

/* Whether this thread's calls are seen, all the time. */
static bool is_seen_for(int ms)
{
	long start = now_ms();

	while (is_seen())
		if (now_ms() - start > ms)
			return true;
	return false;
}

static void mark(int tag)
{
	syscall(__NR_close, -tag);
}

static void write_to(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);

	if (write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

/* Each call is the first one after a name that the filter wants: its flag is set when it begins. */
static void be_wanted_and_not_until(const char *file)
{
	while (access(file, F_OK)) {
		prctl(PR_SET_NAME, "wanted");
		prctl(PR_SET_NAME, "worker");
		make_calls(1);
	}
}

static void obey(FILE *orders);

/* Its file is kept open by who gives the orders. */
static void *obey_in_thread(void *fifo)
{
	obey(fopen(fifo, "r"));
	return NULL;
}

static void begin_thread(const char *fifo)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, obey_in_thread, strdup(fifo)))
		abort();
}

static void begin_child(const char *fifo)
{
	if (!fork()) {
		obey(fopen(fifo, "r"));
		_exit(0);
	}
}

/* One order.  Returns what is to be said of it. */
static long do_order(const char *order, const char *what)
{
	if (!strcmp(order, "mark"))
		mark(atoi(what));
	else if (!strcmp(order, "calls"))
		make_calls(atoi(what));
	else if (!strcmp(order, "renames_until"))
		be_wanted_and_not_until(what);
	else if (!strcmp(order, "unseen"))
		return await(false);
	else if (!strcmp(order, "seen"))
		return await(true);
	else if (!strcmp(order, "still_seen"))
		return is_seen_for(atoi(what));
	else if (!strcmp(order, "name"))
		prctl(PR_SET_NAME, what);
	else if (!strcmp(order, "comm"))
		write_to("/proc/self/comm", what);	/* of the first thread */
	else if (!strcmp(order, "adopt"))
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	else if (!strcmp(order, "reap"))
		wait(NULL);
	else if (!strcmp(order, "thread"))
		begin_thread(what);
	else if (!strcmp(order, "child"))
		begin_child(what);
	else
		abort();
	return 0;
}

/*
 * One order a line, and its answer on standard output when it is done.  A child or a thread gets its orders from a FIFO of
 * its own, and answers to the same output.
 */
static void obey(FILE *orders)
{
	char line[200], order[20], what[100], reply[30];
	int items;

	while (fgets(line, sizeof(line), orders)) {
		items = sscanf(line, "%19s %99s", order, what);
		if (items == 2 && !strcmp(order, "exec"))
			execl(what, what, "obey", NULL);
		sprintf(reply, "%ld\n", do_order(order, items == 2 ? what : ""));
		if (write(STDOUT_FILENO, reply, strlen(reply)) < 0)
			abort();
	}
}

/* obey: does what standard input says. */
TOOL(obey)
{
	setbuf(stdin, NULL);	/* it may be that of another program soon */
	obey(stdin);
}

/* The child calls and calls while its parent ends, and marks as soon as it has the next. */
static void be_orphaned(int tag)
{
	pid_t parent = getppid();

	await(false);
	kill(parent, SIGKILL);
	while (getppid() == parent)
		;
	mark(tag);
	_exit(0);
}

/* orphans TAG COUNT: each a child whose parent is killed, and that marks the next TAG as this process's child. */
TOOL(orphans)
{
	int tag = atoi(args[0]), count = atoi(args[1]);

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (; count--; tag++) {
		if (!fork()) {
			if (!fork())
				be_orphaned(tag);
			for (;;)
				pause();
		}
		wait(NULL);
		wait(NULL);
	}
}

static atomic_int turn;

/* At odd turns FILE is to say ONE, at even ones OTHER. */
static void *flip(void *args)
{
	char **words = args;
	int i, done = 0;

	for (;;) {
		while ((i = atomic_load(&turn)) == done)
			;
		write_to(words[0], words[i % 2 ? 1 : 2]);
		done = -i;
		atomic_store(&turn, done);
	}
	return NULL;
}

/* Have the file written to, and call and call until it is. */
static void be_changed(int i)
{
	atomic_store(&turn, i);
	while (atomic_load(&turn) == i)
		make_calls(1);
}

/* flips FILE ONE OTHER TAG COUNT: while this calls and calls, FILE says ONE; a mark of the next TAG; then OTHER. */
TOOL(flips)
{
	int i, tag = atoi(args[3]), count = atoi(args[4]);
	pthread_t thread;

	if (pthread_create(&thread, NULL, flip, args))
		abort();
	for (i = 0; i < count; i++) {
		await(false);
		be_changed(2 * i + 1);
		mark(tag + i);
		be_changed(2 * i + 2);
	}
}
