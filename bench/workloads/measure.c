// SPDX-License-Identifier: GPL-2.0
/*
 * measure FOLDER TIMES THREADS NAME [ARGUMENT...]
 *
 * How long something takes, by a clock that counts instructions: an operation
 * of that name, so many times in each of so many threads, the first on the first
 * CPU and so on (0: without threads), or else a program, found by PATH, once.  A child of this
 * process does it.  FOLDER has three FIFOs: its number is written to "pid"; it
 * begins when "go" was written to; then "done" gets the child's status, and the busy
 * ns of all CPUs until all that it left to do was done.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "die.h"
#include "operations.h"

#define SECOND		1000000000L
/* Runs begin at a multiple of it: what a kernel does now and then comes at the same moments then. */
#define BEGIN_EVERY	(10 * SECOND)
/* Several times what a tracer may keep before it writes. */
#define LEFT_OVER	(SECOND / 2)
#define WARM_UP		200
#define MAX_THREADS	64

/* One thread of the child. */
struct share {
	pthread_t thread;
	const struct operation *operation;
	long times;
	int cpu;
};

static int to_child[2], from_child[2];

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * SECOND + time.tv_nsec;
}

static void sleep_until(long moment)
{
	const struct timespec time = { moment / SECOND, moment % SECOND };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}

/* How many ns the first CPU has been idle, ever. */
static long idle(void)
{
	static const char *const names[] = { ".idle_sleeptime", ".iowait_sleeptime" };
	char text[65536], *line;
	long part, sum = 0;
	size_t len;
	FILE *file = fopen("/proc/timer_list", "re");

	if (!file)
		die("/proc/timer_list");
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		line = strstr(text, names[i]);
		line = line ? strchr(line, ':') : NULL;
		if (!line || sscanf(line, ": %ld", &part) != 1)
			die(names[i]);
		sum += part;
	}
	return sum;
}

/*
 * A counter of the instructions that were executed: QEMU counts those of all CPUs in that
 * of each of them (instructions_get_count() in its target/arm/helper.c).
 */
static int open_counter(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.pinned = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		die("perf_event_open: this machine counts no instructions");
	return fd;
}

/*
 * How many ns were busy, ever: on one CPU those in which it was not idle; on several, of which
 * one may be idle while the others are not, the instructions.
 */
static long busy(int counter)
{
	long count;

	if (counter < 0)
		return now() - idle();
	if (read(counter, &count, sizeof(count)) != sizeof(count))
		die("the counter of instructions");
	return count;
}

/* A byte through a pipe: the other side may go on. */
static void tell(const int pipe[2])
{
	if (write(pipe[1], "", 1) != 1)
		die("pipe");
}

static void await(const int pipe[2])
{
	char byte;

	if (read(pipe[0], &byte, 1) != 1)
		die("pipe: the other side is gone");
}

static void do_times(const struct operation *operation, long times)
{
	if (operation->repeat)
		operation->repeat(times);
	else
		while (times--)
			operation->once();
}

static void *do_share(void *argument)
{
	const struct share *share = argument;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(share->cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("sched_setaffinity");
	do_times(share->operation, share->times);
	return NULL;
}

static void repeat(const struct operation *operation, long times, int threads)
{
	struct share shares[MAX_THREADS];

	if (!threads)
		do_times(operation, times);
	for (int i = 0; i < threads; i++) {
		shares[i] = (struct share){ .operation = operation, .times = times, .cpu = i };
		if (pthread_create(&shares[i].thread, NULL, do_share, &shares[i]))
			die("pthread_create");
	}
	for (int i = 0; i < threads; i++)
		pthread_join(shares[i].thread, NULL);
}

/* NULL if there is none of that name. */
static const struct operation *find(const struct operation *table, const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

static void child(long times, int threads, char **argv)
{
	const struct operation *operation = find(operations, argv[0]) ?: find(calls, argv[0]);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	await(to_child);
	if (operation && operation->prepare)
		operation->prepare();
	if (operation)
		repeat(operation, WARM_UP, threads);
	tell(from_child);
	await(to_child);
	if (!operation) {
		execvp(argv[0], argv);
		die(argv[0]);
	}
	repeat(operation, times, threads);
	_exit(0);
}

/* A FIFO of the folder, opened when the other side has opened it too. */
static int open_fifo(const char *name, int flags)
{
	int fd = open(name, flags | O_CLOEXEC);

	if (fd < 0)
		die(name);
	return fd;
}

static void say(const char *name, const char *format, ...)
{
	int fd = open_fifo(name, O_WRONLY);
	va_list arguments;

	va_start(arguments, format);
	vdprintf(fd, format, arguments);
	va_end(arguments);
	close(fd);
}

int main(int argc, char **argv)
{
	int status, counter;
	long busy_before;
	pid_t pid;

	if (argc == 1)
		return 0;	/* what forkexec executes */
	if (argc < 5 || atoi(argv[3]) > MAX_THREADS) {
		fprintf(stderr, "usage: measure FOLDER TIMES THREADS NAME [ARGUMENT...]\n");
		return 2;
	}
	if (chdir(argv[1]) || pipe2(to_child, O_CLOEXEC) || pipe2(from_child, O_CLOEXEC))
		die(argv[1]);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid)
		child(atol(argv[2]), atoi(argv[3]), argv + 4);
	say("pid", "%d\n", pid);
	close(open_fifo("go", O_RDONLY));
	tell(to_child);
	await(from_child);

	counter = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? open_counter() : -1;
	sleep_until((now() / BEGIN_EVERY + 1) * BEGIN_EVERY);
	busy_before = busy(counter);
	tell(to_child);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	sleep_until(now() + LEFT_OVER);
	say("done", "%d %ld\n", status, busy(counter) - busy_before);
	return 0;
}
