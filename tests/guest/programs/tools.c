// SPDX-License-Identifier: GPL-2.0
/* What the tests run in the guest beside the promises: they make calls that can be told apart, by the fd they close. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

static void mark(int tag)
{
	syscall(__NR_close, -tag);
}

/* mark TAG...: one call for each. */
TOOL(mark)
{
	for (; *args; args++)
		mark(atoi(*args));
}

static void *mark_in_thread(void *tag)
{
	mark((long)tag);
	return NULL;
}

static void start_thread(long tag)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, mark_in_thread, (void *)tag) || pthread_join(thread, NULL))
		abort();
}

/* family TAG: TAG by the process, TAG+1 and TAG+2 by threads of it, TAG+10 by a child, TAG+11 by a thread of that. */
TOOL(family)
{
	int tag = atoi(args[0]);

	mark(tag);
	start_thread(tag + 1);
	start_thread(tag + 2);
	if (!fork()) {
		mark(tag + 10);
		start_thread(tag + 11);
		_exit(0);
	}
	wait(NULL);
}

static int released;

/* It has the first thread's TLS, so it makes no call of the C library that would write there. */
static int exit_when_released(void *unused)
{
	while (!__atomic_load_n(&released, __ATOMIC_SEQ_CST))
		syscall(__NR_futex, &released, FUTEX_WAIT_PRIVATE, 0, NULL);
	return 0;
}

/* A process of @count threads, with small stacks, that are all there when a byte is in @ready. */
static void be_crowd(int count, int ready)
{
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			  CLONE_SYSVSEM;
	const size_t stack = 8192;
	char *stacks = calloc(count, stack);

	while (count--)
		if (clone(exit_when_released, stacks + (count + 1) * stack, flags, NULL) < 0)
			abort();
	if (write(ready, "", 1) != 1)
		abort();
	__atomic_store_n(&released, 1, __ATOMIC_SEQ_CST);
	syscall(__NR_futex, &released, FUTEX_WAKE_PRIVATE, INT_MAX);
	syscall(__NR_exit, 0);
}

/* crowd N: a process of so many threads, which exit one by one.  Prints how long that took, in ms. */
TOOL(crowd)
{
	struct timespec begin, end;
	int ready[2], status;
	char byte;

	if (pipe(ready))
		abort();
	if (!fork())
		be_crowd(atoi(args[0]), ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		abort();
	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (wait(&status) < 0 || status)
		abort();
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%ld\n", (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000);
}

static void *rename_thread(void *tag)
{
	prctl(PR_SET_NAME, "other");
	mark((long)tag);
	return NULL;
}

/* renames NAME TAG: TAG before it is called NAME, TAG+1 after, TAG+2 by a thread that calls itself "other". */
TOOL(renames)
{
	long tag = atoi(args[1]);
	pthread_t thread;

	mark(tag);
	prctl(PR_SET_NAME, args[0]);
	mark(tag + 1);
	if (pthread_create(&thread, NULL, rename_thread, (void *)(tag + 2)) || pthread_join(thread, NULL))
		abort();
}

static void *seteuid_of_thread(void *tag)
{
	/* The C library's function would change all threads. */
	if (syscall(__NR_setresuid, -1, 1234, -1))
		abort();
	mark((long)tag);
	return NULL;
}

/* Take a capability out of the effective ones. */
static void drop_capability(int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(__NR_capget, &header, data))
		abort();
	data[CAP_TO_INDEX(cap)].effective &= ~CAP_TO_MASK(cap);
	if (syscall(__NR_capset, &header, data))
		abort();
}

/*
 * credentials TAG: TAG as it was begun, TAG+1 by a thread that has another effective user, TAG+2 by the first thread,
 * TAG+3 without a capability, TAG+4 with another effective group, TAG+5 by a child in a user namespace of its own.
 */
TOOL(credentials)
{
	long tag = atoi(args[0]);
	pthread_t thread;

	mark(tag);
	if (pthread_create(&thread, NULL, seteuid_of_thread, (void *)(tag + 1)) || pthread_join(thread, NULL))
		abort();
	mark(tag + 2);
	drop_capability(CAP_SYS_BOOT);
	mark(tag + 3);
	if (syscall(__NR_setresgid, -1, 77, -1))
		abort();
	mark(tag + 4);
	/* A process of its own, as the thread may still be on its way out: the call is for single threads. */
	if (!fork()) {
		if (unshare(CLONE_NEWUSER))
			abort();
		mark(tag + 5);
		_exit(0);
	}
	wait(NULL);
}

/* steps TAG COUNT: at each line on standard input, close(-TAG) and the next TAG; "done" on standard output for each. */
TOOL(steps)
{
	int tag = atoi(args[0]), count = atoi(args[1]);
	char line[100];

	while (count-- && fgets(line, sizeof(line), stdin)) {
		mark(tag++);
		puts("done");
		fflush(stdout);
	}
}

/* burst COUNT: so many numbered calls, as fast as can be. */
TOOL(burst)
{
	int i, count = atoi(args[0]);

	for (i = 1; i <= count; i++)
		syscall(__NR_close, -i);
}

/* getpids COUNT: so many calls of the shortest kind. */
TOOL(getpids)
{
	int count = atoi(args[0]);

	while (count--)
		syscall(__NR_getpid);
}

/* Syscalls in a file of a binary trace, by its packets' headers: ring/packet.h has their layout. */
static unsigned long records_of(const char *path)
{
	struct { char other[56]; uint64_t bits; char more[80]; uint32_t records; } header;
	unsigned long records = 0;
	off_t at = 0;
	int fd = open(path, O_RDONLY);

	while (pread(fd, &header, sizeof(header), at) == sizeof(header) && header.bits) {
		records += header.records;
		at += header.bits / 8;
	}
	close(fd);
	return records;
}

/* count_records FOLDER: how many syscalls a binary trace has. */
TOOL(count_records)
{
	unsigned long records = 0;
	struct dirent *entry;
	DIR *folder = opendir(args[0]);

	if (!folder || chdir(args[0]))
		exit(1);
	while ((entry = readdir(folder)))
		if (!strncmp(entry->d_name, "cpu", 3))
			records += records_of(entry->d_name);
	printf("%lu\n", records);
}

/* hoard FILES CALLS: as burst, by a process with so many open files of 300 long paths, which then stays. */
TOOL(hoard)
{
	int i, files = atoi(args[0]);
	char name[251];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (i = 0; i < 15; i++)
		if (mkdir(name, 0700) || chdir(name))
			abort();
	while (files--) {
		sprintf(name + 240, "%d", files % 300);
		if (open(name, O_RDWR | O_CREAT, 0600) < 0)
			abort();
	}
	tool_burst(args + 1);
	pause();
}

static int stay(void *unused)
{
	pause();
	return 0;
}

/* partner: a child that shares its parent's descriptors, and nothing else.  Prints the number of it; both stay. */
TOOL(partner)
{
	static char stack[65536];

	printf("%d\n", clone(stay, stack + sizeof(stack), CLONE_FILES, NULL));
	fflush(stdout);
	pause();
}

struct write {
	const char *bytes;
	int size;
};

static void *write_once(void *write)
{
	const struct write *once = write;

	syscall(__NR_write, -1, once->bytes, once->size);
	return NULL;
}

/* newcomers COUNT SIZE: so many threads, one after the other, each with one write of a little more bytes than that. */
TOOL(newcomers)
{
	int i, count = atoi(args[0]), size = atoi(args[1]);
	struct write write = { .bytes = calloc(1, size + 1000) };
	pthread_t thread;

	for (i = 0; i < count; i++) {
		write.size = size + i * 7 % 1000;
		if (pthread_create(&thread, NULL, write_once, &write) || pthread_join(thread, NULL))
			abort();
	}
}

/* writes COUNT SIZE: so many calls with so much content. */
TOOL(writes)
{
	int count = atoi(args[0]), size = atoi(args[1]), fd = open("/dev/null", O_WRONLY);
	char *bytes = malloc(size);

	memset(bytes, 'w', size);
	while (count--)
		syscall(__NR_write, fd, bytes, size);
}

/* spin: no calls at all, until it is killed. */
TOOL(spin)
{
	for (;;)
		asm volatile("" : : : "memory");
}

/* forever: calls of many kinds, in threads that come and go, until it is killed. */
TOOL(forever)
{
	struct stat stat;

	for (;;) {
		start_thread(7);
		fstatat(AT_FDCWD, "/etc/hosts", &stat, 0);
		close(open("/etc/hosts", O_RDONLY));
		if (write(-1, "bytes", 5) != -1)
			abort();
	}
}

/* The number of the call that a process waits in; -1 while it runs. */
static long waits_in(const char *pid)
{
	char path[50], line[200];
	FILE *file;

	sprintf(path, "/proc/%s/syscall", pid);
	file = fopen(path, "r");
	if (!file || !fgets(line, sizeof(line), file))
		exit(1);
	fclose(file);
	return line[0] == 'r' ? -1 : atol(line);
}

/* await_read PID: returns when that process waits in read(). */
TOOL(await_read)
{
	while (waits_in(args[0]) != __NR_read)
		;
}

/* await_pause PID: returns when that process waits for a signal. */
TOOL(await_pause)
{
	long nr;

	do {
		nr = waits_in(args[0]);
#ifdef __NR_pause
		if (nr == __NR_pause)
			break;
#endif
	} while (nr != __NR_ppoll);
}

/* await_poll PID: returns when that process waits for events. */
TOOL(await_poll)
{
	long nr;

	do {
		nr = waits_in(args[0]);
#ifdef __NR_epoll_wait
		if (nr == __NR_epoll_wait)
			break;
#endif
	} while (nr != __NR_epoll_pwait);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		abort();
}

/* Wait for the turn, make the call, give the turn away. */
static void take_turns(int from, int to, int first, int count)
{
	char turn;
	int tag;

	for (tag = first; tag <= count; tag += 2) {
		if (read(from, &turn, 1) != 1)
			exit(1);
		mark(tag);
		if (write(to, &turn, 1) != 1)
			exit(1);
	}
}

/* turns COUNT: so many numbered calls, made by turns on two CPUs. */
TOOL(turns)
{
	int count = atoi(args[0]), ping[2], pong[2];

	if (pipe(ping) || pipe(pong) || write(ping[1], "", 1) != 1)
		abort();
	if (!fork()) {
		pin(1);
		take_turns(pong[0], ping[1], 2, count);
		_exit(0);
	}
	pin(0);
	take_turns(ping[0], pong[1], 1, count);
	wait(NULL);
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* delay FILE: milliseconds from a call to when FILE has grown; -1 after 10 seconds. */
TOOL(delay)
{
	struct stat before, after;
	long start;

	if (stat(args[0], &before))
		exit(1);
	start = now_ms();
	mark(4242);
	do {
		if (stat(args[0], &after))
			exit(1);
	} while (after.st_size == before.st_size && now_ms() - start < 10000);
	printf("%ld\n", after.st_size == before.st_size ? -1 : now_ms() - start);
}

static volatile char contested[] = "/tmp/race-a";
static volatile int racing = 1;

static void *flip(void *unused)
{
	while (racing)
		contested[10] ^= 'a' ^ 'b';
	return NULL;
}

/* race COUNT: opens of a path that another thread changes all the time. */
TOOL(race)
{
	int count = atoi(args[0]);
	pthread_t thread;

	if (pthread_create(&thread, NULL, flip, NULL))
		abort();
	while (count--)
		syscall(__NR_openat, -1, contested, 0, 0);
	racing = 0;
	pthread_join(thread, NULL);
}

/* x32: a 64-bit program that makes x32 calls: getppid, and a fork that waits for its child. */
TOOL(x32)
{
#ifdef __x86_64__
	const long x32 = 0x40000000;

	syscall(x32 + __NR_getppid);
	if (!syscall(x32 + __NR_fork))
		_exit(0);
	wait(NULL);
#endif
}

/* int80: a 64-bit program that makes 32-bit calls: getpid and exit_group there. */
TOOL(int80)
{
#ifdef __x86_64__
	long nr = 20;

	asm volatile("int $0x80" : "+a" (nr) : : "memory");
	nr = 252;
	asm volatile("int $0x80" : "+a" (nr) : "b" (0) : "memory");
#endif
}
