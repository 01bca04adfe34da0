// SPDX-License-Identifier: GPL-2.0
/*
 * torture fuzz PROGRAM ACCOUNT: make the calls that a file says, and write down what came of each.
 *
 * A program is a row of calls.  Before each, parts of the memory at FUZZ_MEMORY are set; behind it, parts of that memory are
 * copied into the account.  All addresses are known to who wrote the program, so arguments are plain numbers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "fuzz.h"

#define ACCOUNT_MAX	(16 << 20)

/* As torture/fuzz/program.py writes them. */
struct call {
	int64_t nr;
	int64_t args[6];
	uint32_t sets;
	uint32_t copies;
};

struct part {
	uint64_t address;
	uint64_t len;
};

static char *account;

/* Each part of memory ends with a page that can't be touched. */
static int map_memory(void)
{
	int i;

	for (i = 0; i < FUZZ_AREAS; i++) {
		char *area = (char *)(FUZZ_MEMORY + i * FUZZ_AREA);

		if (mmap(area, FUZZ_AREA, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE, -1, 0) != area ||
		    mprotect(area + FUZZ_AREA - FUZZ_PAGE, FUZZ_PAGE, PROT_NONE))
			return -1;
	}
	return 0;
}

/* What descriptors lead to, from FUZZ_FD on. */
static void open_descriptors(void)
{
	int fds[FUZZ_FDS] = { 0 }, i;

	if (pipe2(fds, O_NONBLOCK) || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds + 2))
		exit(2);
	fds[4] = open("/tmp/fuzz/file", O_CREAT | O_RDWR, 0600);
	fds[5] = open("/tmp/fuzz", O_DIRECTORY | O_RDONLY);
	fds[6] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	fds[7] = epoll_create1(0);
	fds[8] = eventfd(3, EFD_NONBLOCK);
	fds[9] = open("/etc/hosts", O_RDONLY);
	for (i = 0; i < FUZZ_FDS; i++)
		if (dup2(fds[i], FUZZ_FD + i) < 0)
			exit(2);
}

static void *map_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	struct stat stat;
	void *memory;

	if (*len && ftruncate(fd, *len))
		return NULL;
	if (fd < 0 || fstat(fd, &stat))
		return NULL;
	*len = stat.st_size;
	memory = mmap(NULL, *len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	close(fd);
	return memory == MAP_FAILED ? NULL : memory;
}

static void set(const char **program)
{
	struct part part;

	memcpy(&part, *program, sizeof(part));
	*program += sizeof(part);
	memcpy((void *)part.address, *program, part.len);
	*program += part.len;
}

static void copy(const char **program, size_t *at)
{
	struct part part;

	memcpy(&part, *program, sizeof(part));
	*program += sizeof(part);
	memcpy(account + *at, (void *)part.address, part.len);
	*at += part.len;
}

static void on_signal(int signal)
{
}

/* Nothing is called between the marks but what the program says. */
static void run(const char *program, const char *end)
{
	uint64_t *done = (uint64_t *)account + 1;
	size_t at = 2 * sizeof(uint64_t);
	struct call call;
	uint32_t i;
	long res;

	*(uint64_t *)account = getpid();
	syscall(__NR_close, FUZZ_BEGIN);
	while (program < end) {
		memcpy(&call, program, sizeof(call));
		program += sizeof(call);
		for (i = 0; i < call.sets; i++)
			set(&program);
		res = syscall(call.nr, call.args[0], call.args[1], call.args[2], call.args[3], call.args[4], call.args[5]);
		if (res == -1)
			res = -errno;
		memcpy(account + at, &res, sizeof(res));
		at += sizeof(res);
		for (i = 0; i < call.copies; i++)
			copy(&program, &at);
		++*done;
	}
	syscall(__NR_close, FUZZ_END);
}

/* Its output is one of the things that it plays with. */
static int refuse(void)
{
	FILE *said = fopen("/tmp/fuzz.said", "w");

	if (said) {
		fprintf(said, "the program could not begin: %m\n");
		fclose(said);
	}
	return 2;
}

int fuzz(const char *path, const char *account_path)
{
	const struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	size_t len = 0, account_len = ACCOUNT_MAX;
	const char *program = map_file(path, &len);

	account = map_file(account_path, &account_len);
	mkdir("/tmp/fuzz", 0755);
	if (!program || !account || map_memory() || chdir("/tmp/fuzz"))
		return refuse();
	sigaction(SIGPIPE, &action, NULL);
	sigaction(SIGXFSZ, &action, NULL);
	open_descriptors();
	mlockall(MCL_CURRENT);
	run(program, program + len);
	return 0;
}
