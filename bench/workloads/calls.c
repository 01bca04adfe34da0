// SPDX-License-Identifier: GPL-2.0
/* Calls of all kinds, one after the other, whose cost is measured each by itself. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "die.h"
#include "operations.h"

#define PATH		"/etc/hostname"
#define NO_PATH		"/etc/no such file in this folder"
#define NO_SYSCALL	600
#define MANY		64
#define MESSAGE		64	/* bytes */
#define PAGE		4096

static int fd, pair[2];
static char data[PAGE];
static struct sockaddr_in here;
static struct pollfd watched[MANY];
static struct iovec parts[4];
static void *page;

/* What a call returned, if it did not fail. */
static long good(long ret)
{
	if (ret < 0)
		die("a call that should not fail");
	return ret;
}

static void fails(long ret)
{
	if (ret >= 0)
		die("a call that should fail did not");
}

static void open_zero(void)
{
	fd = good(open("/dev/zero", O_RDWR | O_CLOEXEC));
}

static void open_null(void)
{
	fd = good(open("/dev/null", O_WRONLY | O_CLOEXEC));
}

static void open_file(void)
{
	fd = good(open(PATH, O_RDONLY | O_CLOEXEC));
}

static void open_program(void)
{
	fd = good(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
}

static void open_folder(void)
{
	fd = good(open("/etc/apt", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static void open_pipe(void)
{
	good(pipe2(pair, O_CLOEXEC));
}

static void open_pair(void)
{
	good(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair));
}

static void open_tcp(void)
{
	fd = good(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/* A socket that sends to itself. */
static void open_udp(void)
{
	socklen_t len = sizeof(here);

	here.sin_family = AF_INET;
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = good(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	good(bind(fd, (struct sockaddr *)&here, sizeof(here)));
	good(getsockname(fd, (struct sockaddr *)&here, &len));
}

static void open_epoll(void)
{
	struct epoll_event event = { .events = EPOLLOUT };

	open_pipe();
	fd = good(epoll_create1(EPOLL_CLOEXEC));
	good(epoll_ctl(fd, EPOLL_CTL_ADD, pair[1], &event));
}

static void open_watched(void)
{
	open_zero();
	for (int i = 0; i < MANY; i++)
		watched[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

/* So many parts of so many bytes. */
static void lay_out(int count, size_t size)
{
	for (int i = 0; i < count; i++)
		parts[i] = (struct iovec){ .iov_base = data + i * MESSAGE, .iov_len = size };
}

static void prepare_gather(void)
{
	open_null();
	lay_out(4, MESSAGE);
}

static void prepare_messages(void)
{
	open_pair();
	lay_out(2, MESSAGE / 2);
}

static void prepare_page(void)
{
	page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		die("mmap");
}

static void ignore(int number)
{
	(void)number;
}

static void prepare_signal(void)
{
	signal(SIGUSR1, ignore);
}

static void prepare_rename(void)
{
	good(close(good(open("one", O_CREAT | O_WRONLY, 0600))));
}

static void unknown(void)
{
	fails(syscall(NO_SYSCALL));
}

static void read_page(void)
{
	good(read(fd, data, PAGE));
}

static void pread_256(void)
{
	good(pread(fd, data, 256, 0));
}

static void read_bad(void)
{
	fails(read(-1, data, MESSAGE));
}

static void write_byte(void)
{
	good(write(fd, data, 1));
}

static void write_page(void)
{
	good(write(fd, data, PAGE));
}

static void gather(void)
{
	good(writev(fd, parts, 4));
}

static void seek(void)
{
	good(lseek(fd, 0, SEEK_SET));
}

static void through_pipe(void)
{
	good(write(pair[1], data, MESSAGE));
	good(read(pair[0], data, MESSAGE));
}

static void status_of_fd(void)
{
	struct stat status;

	good(fstat(fd, &status));
}

static void status_of_path(void)
{
	struct stat status;

	good(stat(PATH, &status));
}

static void extended_status(void)
{
	struct statx status;

	good(statx(AT_FDCWD, PATH, 0, STATX_BASIC_STATS, &status));
}

static void may_read(void)
{
	good(access(PATH, R_OK));
}

static void open_nothing(void)
{
	fails(open(NO_PATH, O_RDONLY));
}

static void open_null_path(void)
{
	fails(syscall(SYS_openat, AT_FDCWD, NULL, O_RDONLY));
}

static void read_link(void)
{
	good(readlink("/proc/self/exe", data, PAGE));
}

static void list_folder(void)
{
	good(lseek(fd, 0, SEEK_SET));
	good(syscall(SYS_getdents64, fd, data, PAGE));
}

static void make_folder(void)
{
	good(mkdir("folder", 0700));
	good(rmdir("folder"));
}

static void rename_file(void)
{
	good(rename("one", "two"));
	good(rename("two", "one"));
}

static void map(void)
{
	void *mapped = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mapped == MAP_FAILED)
		die("mmap");
	good(munmap(mapped, PAGE));
}

static void protect(void)
{
	good(mprotect(page, PAGE, PROT_NONE));
	good(mprotect(page, PAGE, PROT_READ));
}

static void poll_four(void)
{
	good(poll(watched, 4, 0));
}

static void poll_many(void)
{
	good(poll(watched, MANY, 0));
}

static void select_one(void)
{
	struct timeval none = { };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	good(select(fd + 1, &set, NULL, NULL, &none));
}

static void await_events(void)
{
	struct epoll_event events[16];

	good(epoll_wait(fd, events, 16, 0));
}

static void change_event(void)
{
	struct epoll_event event = { .events = EPOLLOUT };

	good(epoll_ctl(fd, EPOLL_CTL_MOD, pair[1], &event));
}

static void send_and_receive(void)
{
	good(send(pair[0], data, MESSAGE, 0));
	good(recv(pair[1], data, MESSAGE, 0));
}

static void messages(void)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	good(sendmsg(pair[0], &message, 0));
	good(recvmsg(pair[1], &message, 0));
}

static void datagrams(void)
{
	socklen_t len = sizeof(here);

	good(sendto(fd, data, MESSAGE, 0, (struct sockaddr *)&here, sizeof(here)));
	good(recvfrom(fd, data, MESSAGE, 0, (struct sockaddr *)&here, &len));
}

static void new_socket(void)
{
	good(close(good(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))));
}

static void socket_option(void)
{
	int on = 1;

	good(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
}

static void get_flags(void)
{
	good(fcntl(fd, F_GETFL));
}

static void count_waiting(void)
{
	int count;

	good(ioctl(pair[0], FIONREAD, &count));
}

static void duplicate(void)
{
	good(close(good(dup(fd))));
}

static void read_clock(void)
{
	struct timespec time;

	good(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time));
}

static void sleep_not(void)
{
	const struct timespec none = { };

	good(clock_nanosleep(CLOCK_MONOTONIC, 0, &none, NULL));
}

static void yield(void)
{
	good(sched_yield());
}

static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	good(sigprocmask(SIG_BLOCK, &set, NULL));
}

static void ask_action(void)
{
	struct sigaction action;

	good(sigaction(SIGUSR1, NULL, &action));
}

/* Four calls: the last is how the handler returns. */
static void get_signal(void)
{
	good(syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1));
}

static void wake_nobody(void)
{
	static unsigned int word;

	good(syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
}

static void random_bytes(void)
{
	good(syscall(SYS_getrandom, data, 16, 0));
}

static void where(void)
{
	good(syscall(SYS_getcwd, data, PAGE));
}

static void limit(void)
{
	struct rlimit limits;

	good(getrlimit(RLIMIT_NOFILE, &limits));
}

const struct operation calls[] = {
	{ "unknown", .once = unknown },
	{ "read4k", open_zero, .once = read_page },
	{ "pread256", open_program, .once = pread_256 },
	{ "read-ebadf", .once = read_bad },
	{ "write1", open_null, .once = write_byte },
	{ "write4k", open_null, .once = write_page },
	{ "writev", prepare_gather, .once = gather },
	{ "lseek", open_file, .once = seek },
	{ "pipe", open_pipe, .once = through_pipe },
	{ "fstat", open_file, .once = status_of_fd },
	{ "stat", .once = status_of_path },
	{ "statx", .once = extended_status },
	{ "access", .once = may_read },
	{ "open-enoent", .once = open_nothing },
	{ "open-efault", .once = open_null_path },
	{ "readlink", .once = read_link },
	{ "getdents", open_folder, .once = list_folder },
	{ "mkdir", .once = make_folder },
	{ "rename", prepare_rename, .once = rename_file },
	{ "mmap", .once = map },
	{ "mprotect", prepare_page, .once = protect },
	{ "poll4", open_watched, .once = poll_four },
	{ "poll64", open_watched, .once = poll_many },
	{ "select", open_zero, .once = select_one },
	{ "epoll_wait", open_epoll, .once = await_events },
	{ "epoll_ctl", open_epoll, .once = change_event },
	{ "send", open_pair, .once = send_and_receive },
	{ "sendmsg", prepare_messages, .once = messages },
	{ "sendto", open_udp, .once = datagrams },
	{ "socket", .once = new_socket },
	{ "setsockopt", open_tcp, .once = socket_option },
	{ "fcntl", open_zero, .once = get_flags },
	{ "ioctl", open_pipe, .once = count_waiting },
	{ "dup", open_zero, .once = duplicate },
	{ "clock_gettime", .once = read_clock },
	{ "nanosleep", .once = sleep_not },
	{ "sched_yield", .once = yield },
	{ "sigprocmask", .once = block_signals },
	{ "sigaction", .once = ask_action },
	{ "signal", prepare_signal, .once = get_signal },
	{ "futex-wake", .once = wake_nobody },
	{ "getrandom", .once = random_bytes },
	{ "getcwd", .once = where },
	{ "getrlimit", .once = limit },
	{ }
};
