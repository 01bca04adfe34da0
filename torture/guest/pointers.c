// SPDX-License-Identifier: GPL-2.0
/* Stressors: pointers that lead nowhere, memory that changes while it is read, and memory that never answers. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

#define PAGE	4096UL

/* Two pages that can be read and written, and one that can't be touched. */
static char *memory;

static void map_memory(void)
{
	memory = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || mprotect(memory + 2 * PAGE, PAGE, PROT_NONE))
		_exit(1);
}

static long any_pointer(void)
{
	switch (pick(12)) {
	case 0:
		return 0;
	case 1:
		return pick(4096);
	case 2:
		return -1L - pick(4096);
	case 3:	/* of the kernel: its text, its stacks, KASAN's shadow */
		return 0xffff800000000000L + (long)(bits() >> 17);
	case 4:
		return 0xffffffff80000000L + (long)pick(1 << 26);
	case 5:	/* that no machine has */
		return 0x0123456789abcdefL;
	case 6:
		return (long)(memory + 2 * PAGE - pick(64));
	case 7:
		return (long)(memory + 2 * PAGE);
	case 8:
		return bits();
	default:
		return (long)(memory + pick(PAGE));
	}
}

static long any_value(void)
{
	static const long values[] = { 0, 1, 2, 3, -1, -100, 7, 8, 16, 64, 88, 4095, 4096, 65536, 0x7fffffff,
				       0x80000000L, 0xffffffffL, 0x7fffffffffffffffL };

	switch (pick(3)) {
	case 0:
		return values[pick(ARRAY_SIZE(values))];
	case 1:
		return pick(20);
	default:
		return any_pointer();
	}
}

static void fill(char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i + sizeof(long) <= len; i += sizeof(long)) {
		long word = pick(3) ? any_value() : (long)bits();

		memcpy(bytes + i, &word, sizeof(word));
	}
}

/* Not those that start processes, end this one, send signals, or wait for nothing. */
static const int left_out[] = {
	__NR_clone, __NR_clone3, __NR_exit, __NR_exit_group, __NR_kill, __NR_tkill, __NR_tgkill, __NR_rt_sigreturn,
	__NR_rt_sigqueueinfo, __NR_rt_tgsigqueueinfo, __NR_rt_sigsuspend, __NR_rt_sigprocmask, __NR_setitimer,
	__NR_pidfd_send_signal, __NR_prctl, __NR_setsid,
#ifdef __x86_64__
	__NR_fork, __NR_vfork, __NR_pause, __NR_alarm, __NR_arch_prctl,
#endif
};

static long any_number(void)
{
	long nr = pick(50) ? (long)pick(451) : (long)bits();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(left_out); i++)
		if (nr == left_out[i])
			return __NR_getppid;
#ifdef __x86_64__
	if (!pick(30))
		return nr | 0x40000000;	/* of the x32 ABI, which this kernel does not have */
#endif
	return nr;
}

/* Any call with anything.  It may well end this process, by a signal. */
static void call_anything(void)
{
	const struct itimerval soon = { .it_value = { 0, 300000 } };
	int i;

	map_memory();
	become_nobody();
	setitimer(ITIMER_REAL, &soon, NULL);
	for (i = 0; i < 200; i++) {
		if (!(i % 10))
			fill(memory, 2 * PAGE);
		syscall(any_number(), any_value(), any_value(), any_value(), any_value(), any_value(), any_value());
	}
}

STRESSOR(anything)
{
	await_end(start(call_anything), 1000);
}

/* Calls that have handlers, with memory behind their pointers that means something, nearly. */
static void call_nearly_right(void)
{
	const struct itimerval soon = { .it_value = { 0, 300000 } };
	int ends[2], sockets[2], epoll = epoll_create1(0), i;

	map_memory();
	if (pipe2(ends, O_NONBLOCK) || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, sockets))
		return;
	become_nobody();
	setitimer(ITIMER_REAL, &soon, NULL);
	for (i = 0; i < 300; i++) {
		struct iovec parts[3] = { { (void *)any_pointer(), any_value() }, { memory, pick(5000) },
					  { (void *)any_pointer(), pick(100) } };
		struct msghdr header = { (void *)any_pointer(), pick(200), parts, pick(4), (void *)any_pointer(),
					 pick(300), 0 };
		char *argv[] = { (char *)any_pointer(), memory, (char *)any_pointer(), NULL };

		memset(memory, 'a' + pick(26), 2 * PAGE - pick(2));
		switch (pick(14)) {
		case 0:
			syscall(__NR_openat, -100, any_pointer(), any_value(), 0600);
			break;
		case 1:
			syscall(__NR_write, ends[1], any_pointer(), any_value());
			break;
		case 2:
			syscall(__NR_read, ends[0], any_pointer(), any_value());
			break;
		case 3:
			syscall(__NR_writev, ends[1], pick(2) ? (long)parts : any_pointer(), pick(5));
			break;
		case 4:
			syscall(__NR_readv, ends[0], pick(2) ? (long)parts : any_pointer(), pick(5));
			break;
		case 5:
			syscall(__NR_sendmsg, sockets[0], pick(2) ? (long)&header : any_pointer(), 0);
			break;
		case 6:
			syscall(__NR_recvmsg, sockets[1], pick(2) ? (long)&header : any_pointer(), 0);
			break;
		case 7:
			syscall(__NR_sendto, sockets[0], any_pointer(), any_value(), 0, any_pointer(), any_value());
			break;
		case 8:
			syscall(__NR_recvfrom, sockets[1], any_pointer(), any_value(), 0, any_pointer(), any_pointer());
			break;
		case 9:
			syscall(__NR_execve, any_pointer(), pick(2) ? (long)argv : any_pointer(), any_pointer());
			break;
		case 10:
			syscall(__NR_ppoll, any_pointer(), any_value(), any_pointer(), any_pointer(), any_value());
			break;
		case 11:
			syscall(__NR_epoll_ctl, epoll, pick(4), any_value(), any_pointer());
			break;
		case 12:
			syscall(__NR_statx, -100, any_pointer(), any_value(), any_value(), any_pointer());
			break;
		default:
			syscall(__NR_clock_nanosleep, 0, 0, any_pointer(), any_pointer());
		}
	}
}

STRESSOR(nearly)
{
	await_end(start(call_nearly_right), 1000);
}

static atomic_int flipping;
static struct iovec *contested;	/* at the beginning of @memory */

static void *flip_bytes(void *unused)
{
	while (atomic_load(&flipping)) {
		memset(memory + 100, '/', 3000);
		contested[0].iov_len = 5000;
		contested[0].iov_base = memory;
		memset(memory + 100, 0, 3000);
		contested[0].iov_base = (void *)-1L;
		contested[0].iov_len = -1L;
	}
	return NULL;
}

static void *flip_pages(void *unused)
{
	while (atomic_load(&flipping)) {
		mprotect(memory, PAGE, PROT_NONE);
		mprotect(memory, PAGE, PROT_READ | PROT_WRITE);
		madvise(memory + PAGE, PAGE, MADV_DONTNEED);
		mmap(memory + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		munmap(memory + PAGE, PAGE);
	}
	return NULL;
}

static void read_contested(int by_pages)
{
	struct msghdr header = { NULL, 0, NULL, 1, NULL, 0, 0 };
	int fd = open("/dev/null", O_WRONLY), sockets[2], i;
	pthread_t thread;

	map_memory();
	contested = header.msg_iov = (struct iovec *)memory;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, sockets))
		return;
	atomic_store(&flipping, 1);
	pthread_create(&thread, NULL, by_pages ? flip_pages : flip_bytes, NULL);
	for (i = 0; i < 300; i++) {
		syscall(__NR_openat, -1, memory + 100, 0, 0);
		syscall(__NR_writev, fd, contested, 1);
		syscall(__NR_write, fd, memory + PAGE - 50, 100);
		syscall(__NR_sendmsg, sockets[0], &header, MSG_DONTWAIT);
		syscall(__NR_execve, memory + 100, memory, memory);
		syscall(__NR_ppoll, memory, 10, memory, NULL, 0);
	}
	atomic_store(&flipping, 0);
	pthread_join(thread, NULL);
}

static void read_changing_bytes(void)
{
	read_contested(0);
}

static void read_changing_pages(void)
{
	read_contested(1);
}

STRESSOR(flips)
{
	await_end(start(pick(2) ? read_changing_bytes : read_changing_pages), 2000);
}

/* Calls that read @page, which has nobody who fills it: each waits until it is killed. */
static void read_silent(char *page)
{
	struct msghdr header = { NULL, 0, (struct iovec *)page, 1, NULL, 0, 0 };
	int ends[2], sockets[2];

	if (pipe(ends) || socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets))
		return;
	switch (pick(7)) {
	case 0:
		syscall(__NR_write, ends[1], page, 100);
		break;
	case 1:
		syscall(__NR_openat, -100, page, 0, 0);
		break;
	case 2:
		syscall(__NR_writev, ends[1], page, 2);
		break;
	case 3:
		syscall(__NR_sendmsg, sockets[0], &header, 0);
		break;
	case 4:
		syscall(__NR_execve, "/bin/true", page, page);
		break;
	case 5:
		syscall(__NR_pipe2, page, 0);	/* the kernel writes there */
		break;
	default:
		syscall(__NR_clock_nanosleep, 0, 0, page, NULL);
	}
}

static void read_userfault(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC);
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	range.range.start = (unsigned long)page;
	range.range.len = PAGE;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range))
		return;
	read_silent(page);
}

STRESSOR(userfault)
{
	pid_t pid = start(read_userfault);

	linger(5000);
	strike(pid);
}

#define FUSE_FOLDER	"/tmp/silent"

/* Answer one request of the kernel, but leave a read of the file without an answer. */
static void answer(int fd)
{
	static char request[1 << 17];
	struct { struct fuse_out_header head; char body[256]; } reply = { 0 };
	struct fuse_in_header *in = (struct fuse_in_header *)request;
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096 };
	struct fuse_entry_out entry = { .nodeid = 2, .attr_valid = 100, .entry_valid = 100 };
	struct fuse_attr_out attr = { .attr_valid = 100 };
	struct fuse_open_out open = { .fh = 1 };
	size_t len = 0;

	if (read(fd, request, sizeof(request)) <= 0)
		return;
	attr.attr.mode = in->nodeid == 1 ? S_IFDIR | 0755 : S_IFREG | 0644;
	attr.attr.ino = in->nodeid;
	attr.attr.size = PAGE;
	entry.attr = (struct fuse_attr){ .ino = 2, .size = PAGE, .mode = S_IFREG | 0644, .nlink = 1 };
	switch (in->opcode) {
	case FUSE_INIT:
		memcpy(reply.body, &init, len = sizeof(init));
		break;
	case FUSE_LOOKUP:
		memcpy(reply.body, &entry, len = sizeof(entry));
		break;
	case FUSE_GETATTR:
		memcpy(reply.body, &attr, len = sizeof(attr));
		break;
	case FUSE_OPEN:
		memcpy(reply.body, &open, len = sizeof(open));
		break;
	case FUSE_READ:
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		break;
	default:
		reply.head.error = -ENOSYS;
	}
	reply.head.unique = in->unique;
	reply.head.len = sizeof(reply.head) + len;
	if (write(fd, &reply, reply.head.len) < 0 && errno != ENOENT)
		_exit(1);
}

static int fuse;	/* the file system's end */

static void read_fuse(void)
{
	int fd;
	char *page;

	close(fuse);	/* else the file system would not end before this process does, which waits for it */
	fd = open(FUSE_FOLDER "/file", O_RDONLY);
	page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

	if (fd >= 0 && page != MAP_FAILED)
		read_silent(page);
}

/* A file system of this process, in which a process is struck while it waits for a page of its only file. */
STRESSOR(fuse)
{
	struct pollfd asked = { .events = POLLIN };
	char options[100];
	pid_t pid;
	int i;

	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	asked.fd = fuse;

	mkdir(FUSE_FOLDER, 0755);
	sprintf(options, "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
	if (fuse < 0 || mount("silent", FUSE_FOLDER, "fuse", 0, options)) {
		perror("fuse");
		_exit(1);
	}
	pid = start(read_fuse);
	for (i = 0; i < 20 && poll(&asked, 1, 100) > 0; i++)
		answer(fuse);
	kill(pid, SIGKILL);
	umount2(FUSE_FOLDER, MNT_DETACH);
	close(fuse);	/* what waits for an answer gets an error */
	strike(pid);
}
