// SPDX-License-Identifier: GPL-2.0
/* Stressors: usual work of programs, and what happens to the whole machine: its CPUs and its clock. */
#define _GNU_SOURCE
#include <dirent.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

static void use_files(void)
{
	char name[40], other[40], bytes[3000];
	int fd, i;

	memset(bytes, 'x', sizeof(bytes));
	sprintf(name, "/tmp/file-%d", getpid());
	sprintf(other, "/tmp/other-%d", getpid());
	for (i = 0; i < 20; i++) {
		fd = open(name, O_CREAT | O_RDWR | O_TRUNC, 0600);
		write(fd, bytes, pick(sizeof(bytes)));
		pwrite(fd, bytes, 10, pick(10000));
		lseek(fd, 0, SEEK_SET);
		read(fd, bytes, pick(sizeof(bytes)));
		ftruncate(fd, pick(100));
		fsync(fd);
		close(fd);
		rename(name, other);
		symlink(other, name);
		readlink(name, bytes, sizeof(bytes));
		unlink(name);
	}
	unlink(other);
}

static void list_folders(void)
{
	DIR *folder = opendir(pick(2) ? "/etc" : "/proc/self");
	struct dirent *entry;
	struct stat stat;

	while (folder && (entry = readdir(folder)))
		fstatat(dirfd(folder), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW);
}

static void talk(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), served, i;
	socklen_t len = sizeof(address);
	char bytes[2000];
	struct iovec parts[] = { { bytes, 100 }, { bytes + 100, 900 } };
	struct msghdr header = { .msg_iov = parts, .msg_iovlen = 2 };

	if (bind(server, (void *)&address, len) || listen(server, 1) ||
	    getsockname(server, (void *)&address, &len) || connect(client, (void *)&address, len))
		return;
	served = accept4(server, NULL, NULL, SOCK_NONBLOCK);
	for (i = 0; i < 30; i++) {
		send(client, bytes, 1000, 0);
		recv(served, bytes, sizeof(bytes), 0);
		sendmsg(client, &header, 0);
		recvmsg(served, &header, 0);
	}
}

static void copy_files(void)
{
	int from = open("/bin/busybox", O_RDONLY), to = open("/dev/null", O_WRONLY), ends[2], i;

	if (pipe(ends))
		return;
	for (i = 0; i < 20; i++) {
		sendfile(to, from, NULL, 10000);
		splice(from, NULL, ends[1], NULL, 4096, 0);
		splice(ends[0], NULL, to, NULL, 4096, 0);
	}
}

static void use_memory(void)
{
	char *memory;
	int i;

	for (i = 0; i < 20; i++) {
		memory = mmap(NULL, 1 << 18, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(memory, 1, 1 << 14);
		mprotect(memory, 4096, PROT_READ);
		madvise(memory, 1 << 18, MADV_DONTNEED);
		mremap(memory, 1 << 18, 1 << 17, 0);
		munmap(memory, 1 << 17);
	}
}

/* Calls that a filter answers in the kernel's place, or ends the process for. */
static void be_filtered(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpgid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };
	int i;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return;
	for (i = 0; i < 50; i++)
		getppid();
	getpgid(0);
}

static void use_ring(void)
{
	struct io_uring_params params = { 0 };
	int fd = syscall(__NR_io_uring_setup, 8, &params), i;

	for (i = 0; i < 20; i++)
		syscall(__NR_io_uring_enter, fd, 1, 0, IORING_ENTER_GETEVENTS, NULL, 0);
}

static void run_programs(void)
{
	/* One of them may be killed, by memory that is short or by another stressor, and the others say so. */
	execl("/bin/sh", "sh", "-c", "{ find /etc -type f | sort | xargs -n 200 ls -l | wc -c; } > /dev/null 2>&1", NULL);
}

static void (*const works[])(void) = { use_files, list_folders, talk, copy_files, use_memory, be_filtered, use_ring,
				       run_programs };

STRESSOR(works)
{
	pid_t pids[2];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = start(works[pick(ARRAY_SIZE(works))]);
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		await_end(pids[i], 3000);
}

static void be_away(void)
{
	const char *online = "/sys/devices/system/cpu/cpu1/online";

	put(online, "0");
	linger(20000);
	put(online, "1");
}

/* A CPU goes, and comes back. */
STRESSOR(cpus)
{
	struct timespec interval = { 0, 500000000 };

	be_away();
	nanosleep(&interval, NULL);
}

/* The clock is set back and forth, by up to a day. */
STRESSOR(clock)
{
	struct timespec now, interval = { 0, 200000000 };

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += (long)pick(2 * 86400) - 86400;
	clock_settime(CLOCK_REALTIME, &now);
	nanosleep(&interval, NULL);
}

/*
 * Have the kernel put away what a process can write in memory, so that whoever reads there next finds nothing at first.
 * Without its program, it would do nothing but read that again.
 */
static void put_away(pid_t pid)
{
	char path[40], line[300];
	int fd = syscall(__NR_pidfd_open, pid, 0);
	FILE *maps;

	sprintf(path, "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	while (fd >= 0 && maps && fgets(line, sizeof(line), maps)) {
		unsigned long start, end;
		struct iovec part;

		if (sscanf(line, "%lx-%lx rw", &start, &end) != 2 || !strstr(line, " rw"))
			continue;
		part = (struct iovec){ (void *)start, end - start };
		syscall(__NR_process_madvise, fd, &part, 1, MADV_PAGEOUT, 0);
	}
	if (maps)
		fclose(maps);
	close(fd);
}

/* The memory of one of the newest processes is put away under it: they do most. */
STRESSOR(pageout)
{
	struct timespec interval = { 0, 5000000 };
	struct dirent *entry;
	DIR *folder = opendir("/proc");
	pid_t pids[4] = { 0 }, pid;
	size_t i = 0;

	while (folder && (entry = readdir(folder)))
		if (isdigit(entry->d_name[0]) && atoi(entry->d_name) != getpid())
			pids[i++ % ARRAY_SIZE(pids)] = atoi(entry->d_name);
	if (folder)
		closedir(folder);
	pid = pids[pick(ARRAY_SIZE(pids))];
	if (pid > 1)
		put_away(pid);
	nanosleep(&interval, NULL);
}
