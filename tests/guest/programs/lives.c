// SPDX-License-Identifier: GPL-2.0
/* Tools whose processes and threads end, exec and share in ways of which a recorder may be wrong. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

#define SECONDS_MAX	30

static char stack[65536];
static int file;

/* Wait until a thread of this process has a state, such as Z; /proc must be of this pid namespace. */
static void await_state(pid_t pid, pid_t tid, char state)
{
	time_t end = time(NULL) + SECONDS_MAX;
	char path[64], text[256];
	int fd;

	sprintf(path, "/proc/%d/task/%d/stat", pid, tid);
	do {
		if (time(NULL) > end)
			abort();
		sched_yield();
		fd = open(path, O_RDONLY);
		memset(text, 0, sizeof(text));
		if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
			abort();
		close(fd);
	} while (strrchr(text, ')')[2] != state);
}

static void *outlive(void *unused __attribute__((unused)))
{
	char byte;
	int i;

	await_state(getpid(), getpid(), 'Z');
	for (i = 0; i < 3; i++)
		pread(file, &byte, 1, 0);
	syscall(__NR_exit, 3);
	return NULL;
}

/* leader_exit FILE: the first thread opens the file and ends; the other one reads it three times, and ends last. */
TOOL(leader_exit)
{
	pthread_t thread;

	file = open(args[0], O_RDONLY);
	if (file < 0 || pthread_create(&thread, NULL, outlive, NULL))
		abort();
	syscall(__NR_exit, 5);
}

static void *run_program(void *args)
{
	char **argv = args;

	await_state(getpid(), getpid(), 'S');
	execv(argv[0], argv);
	return NULL;
}

/* thread_exec FILE PROGRAM [ARGUMENT...]: a thread that is not the first runs the program, whose input is the file. */
TOOL(thread_exec)
{
	pthread_t thread;

	file = open(args[0], O_RDONLY);
	if (file < 0 || dup2(file, 0) || close(file) || pthread_create(&thread, NULL, run_program, args + 1))
		abort();
	for (;;)
		pause();
}

static int run_true(void *unused __attribute__((unused)))
{
	char *argv[] = { "true", NULL };

	execv("/bin/true", argv);
	return 1;
}

/* shared_exec FILE: a child that shares all descriptors runs a program, which closes those that are to be closed. */
TOOL(shared_exec)
{
	char byte;

	file = open(args[0], O_RDONLY | O_CLOEXEC);
	waitpid(clone(run_true, stack + sizeof(stack), CLONE_FILES | CLONE_FS | SIGCHLD, NULL), NULL, 0);
	if (read(file, &byte, 1) != 1)
		abort();
}

/* In a pid namespace of its own. The pipe says when the grandchild is about to wait. */
static int be_init(void *wanted)
{
	char text[16], byte;
	int last = open("/proc/sys/kernel/ns_last_pid", O_WRONLY), ends[2], status;
	pid_t pid;

	if (last < 0 || write(last, text, sprintf(text, "%d", atoi(wanted) - 1)) < 0 || pipe(ends))
		abort();
	pid = fork();
	if (!pid) {
		write(ends[1], "x", 1);
		for (;;)
			pause();
	}
	if (read(ends[0], &byte, 1) != 1 || kill(pid, SIGKILL) || waitpid(pid, &status, 0) != pid ||
	    pid != atoi(wanted))
		abort();
	return 0;
}

/* in_namespace NUMBER: a process that has this number in its pid namespace is killed there. */
TOOL(in_namespace)
{
	pid_t pid = clone(be_init, stack + sizeof(stack), CLONE_NEWPID | SIGCHLD, args[0]);
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		abort();
}

/* who_am_i: the numbers of its namespaces' inodes, and when it began. */
TOOL(who_am_i)
{
	static const char *const names[] = { "cgroup", "ipc", "net", "pid", "time", "uts" };
	char path[64];
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		sprintf(path, "/proc/self/ns/%s", names[i]);
		if (stat(path, &st))
			abort();
		printf("%s_ns %lu\n", names[i], (unsigned long)st.st_ino);
	}
	fflush(stdout);
	execlp("cat", "cat", "/proc/self/stat", NULL);
	abort();
}
