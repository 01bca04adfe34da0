// SPDX-License-Identifier: GPL-2.0
/* Pointers and descriptors that lead nowhere, or not far enough, and content that looks like something else. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

#define CWD	AT_FDCWD

/* A whole field of content that has no content. */
static const char *no_data(const char *why)
{
	static char field[50];

	sprintf(field, ", data=%s", why);
	return content ? field : "";
}

PROMISE(a_path_that_cannot_be_read_is_a_fault)
{
	void *bad = inaccessible();

	begin();
	expect("openat, dir=-100, path=<fault>, flags=0, mode=0, res=-14");
	call(__NR_openat, CWD, bad, 0, 0);
	expect("openat, dir=-100, path=<null>, flags=0, mode=0, res=-14");
	call(__NR_openat, CWD, 0, 0, 0);
	/* Addresses of the kernel, and some that no machine has. */
	expect("openat, dir=-100, path=<fault>, flags=0, mode=0, res=-14");
	call(__NR_openat, CWD, 0xffff800000000000L, 0, 0);
	expect("openat, dir=-100, path=<fault>, flags=0, mode=0, res=-14");
	call(__NR_openat, CWD, -1L, 0, 0);
	expect("openat, dir=-100, path=<fault>, flags=0, mode=0, res=-14");
	call(__NR_openat, CWD, 0x0123456789abcdefL, 0, 0);
	expect("openat, dir=-100, path=<fault>, flags=0, mode=0, res=-14");
	call(__NR_openat, CWD, 1L, 0, 0);
	end();
}

PROMISE(each_kind_of_memory_that_cannot_be_read_is_a_fault)
{
	struct iovec bad_part = { inaccessible(), 5 };
	char *bad = inaccessible();
	int fd = socket(AF_INET, SOCK_DGRAM, 0), epfd = epoll_create1(0), ends[2];
	long res;

	need(!pipe(ends));
	begin();
	call(__NR_write, ends[1], bad, 5);
	expect("write, fd=%d%s, size=5, res=-14", ends[1], no_data("<fault>"));
	call(__NR_writev, ends[1], bad, 1);
	expect("writev, fd=%d%s, iovcnt=1, sizes=<fault>, res=-14", ends[1], no_data("<fault>"));
	call(__NR_writev, ends[1], &bad_part, 1);
	expect("writev, fd=%d%s, iovcnt=1, sizes=[{len=5}], res=-14", ends[1], no_data("<fault>"));
	call(__NR_sendto, fd, bad, 5, 0, bad, 16);
	expect("sendto, sockfd=%d%s, size=5, flags=0, addr=<fault>, addrlen=16, res=-14", fd, no_data("<fault>"));
	res = call(__NR_sendmsg, fd, bad, 0);
	expect("sendmsg, sockfd=%d, addr=<fault>%s, controllen=<fault>, msg_flags=<fault>, flags=0, res=%ld", fd,
	       no_data("<fault>"), res);
	expect("connect, sockfd=%d, addr=<fault>, addrlen=16, res=-14", fd);
	call(__NR_connect, fd, bad, 16);
	expect("nanosleep, interval=<fault>, rem=0x0, res=-14");
	call(__NR_nanosleep, bad, 0);
	expect("clock_nanosleep, clock=1, flags=0, interval=<fault>, rem=0x0, res=-14");
	call(__NR_clock_nanosleep, CLOCK_MONOTONIC, 0, bad, 0);
	expect("ppoll, fds=<fault>, nfds=1, timeout=<null>, sigmask=<null>, sigsetsize=0, res=-14");
	call(__NR_ppoll, bad, 1, 0, 0, 0);
	expect("epoll_ctl, epfd=%d, op=1, fd=%d, event=<fault>, res=-14", epfd, ends[0]);
	call(__NR_epoll_ctl, epfd, EPOLL_CTL_ADD, ends[0], bad);
	expect("clone3, args=<fault>, size=88, res=-14");
	call(__NR_clone3, bad, 88);
	expect("execve, path=<fault>, argv=<fault>, res=-14");
	call(__NR_execve, bad, bad, 0);
	end();
}

PROMISE(memory_that_could_not_be_written_is_not_shown)
{
	char *bad = inaccessible();
	int ends[2];

	need(!pipe(ends) && write(ends[1], "hello", 5) == 5);
	begin();
	expect("read, fd=%d, size=5, res=-14", ends[0]);
	call(__NR_read, ends[0], bad, 5);
	expect("fstat, fd=%d, res=-14", ends[0]);
	call(__NR_fstat, ends[0], bad);
	expect("getcwd, size=100, res=-14");
	call(__NR_getcwd, bad, 100);
	expect("readlinkat, dir=-100, path=/proc/self/exe, size=9, res=-14");
	call(__NR_readlinkat, CWD, "/proc/self/exe", bad, 9);
	end();
}

PROMISE(an_argument_that_cannot_be_read_is_a_fault_in_its_place)
{
	char *path = at_edge("/nowhere", 9);
	char *argv[] = { "first", inaccessible(), "third", NULL };
	char **endless = at_edge(argv, sizeof(argv[0]));

	begin();
	expect("execve, path=/nowhere, argv(late?)=[first <fault> third], res=-14");
	call(__NR_execve, path, argv, 0);
	expect("execve, path=/nowhere, argv(fault+late?)=[first], res=-14");
	call(__NR_execve, path, endless, 0);
	end();
}

PROMISE(memory_up_to_the_last_byte_of_a_page_is_read)
{
	struct timespec interval = { 0, 77 };
	struct iovec parts[] = { { at_edge("tail", 4), 4 }, { "more", 4 } };
	char *argv[] = { at_edge("only", 5), NULL };
	void *time = at_edge(&interval, sizeof(interval));
	int ends[2];

	need(!pipe(ends));
	begin();
	expect("nanosleep, interval={sec=0 nsec=77}, rem=0x0, res=0");
	call(__NR_nanosleep, time, 0);
	call(__NR_writev, ends[1], parts, 2);
	expect("writev, fd=%d%s, iovcnt=2, sizes=[{len=4} {len=4}], res=8", ends[1], data("tailmore", 8));
	expect("execve, path=/nowhere, argv=[only], res=-2");
	call(__NR_execve, "/nowhere", argv, 0);
	end();
}

/* A string's length and alignment decide in which steps it is read. */
PROMISE(strings_of_all_lengths_end_where_their_page_ends)
{
	char path[200] = "x";
	size_t len;

	for (len = 1; len < sizeof(path); len++) {
		void *edge = at_edge(path, len + 1);

		begin();
		expect("openat, dir=-1, path=%s, flags=0, mode=0, res=-9", path);
		call(__NR_openat, -1, edge, 0, 0);
		end();
		path[len] = 'a' + len % 26;
	}
}

PROMISE(memory_that_ends_early_is_shown_as_far_as_it_goes)
{
	struct iovec parts[] = { { "abc", 3 }, { at_edge("de", 2), 10 }, { "never", 5 } };
	char *path = at_edge("/etc/hosts", 10), *bytes = at_edge("xyz", 3);
	int ends[2];
	long res;

	need(!pipe(ends));
	begin();
	expect("openat, dir=-100, path(fault+late?)=/etc/hosts, flags=0, mode=0, res=-14");
	call(__NR_openat, CWD, path, 0, 0);
	res = call(__NR_write, ends[1], bytes, 5);
	expect("write, fd=%d%s, size=5, res=%ld", ends[1], marked_data("(fault+late?)", "xyz", 3), res);
	res = call(__NR_writev, ends[1], parts, 3);
	expect("writev, fd=%d%s, iovcnt=3, sizes=[{len=3} {len=10} {len=5}], res=%ld", ends[1],
	       marked_data("(fault+late?)", "abcde", 5), res);
	end();
}

PROMISE(a_list_that_ends_early_is_shown_as_far_as_it_goes)
{
	struct pollfd fds[] = { { .fd = -1, .events = 1 }, { .fd = -2, .events = 2 } };
	void *edge = at_edge(fds, sizeof(fds));

	begin();
	expect("ppoll, fds(fault+late?)=[{fd=-1 events=1} {fd=-2 events=2}], nfds=3, timeout=<null>, sigmask=<null>, "
	       "sigsetsize=0, res=-14");
	call(__NR_ppoll, edge, 3, 0, 0, 0);
	end();
}

PROMISE(a_path_may_have_4095_bytes)
{
	static char path[4096];

	memset(path, '/', sizeof(path) - 1);
	memcpy(path + 4085, "/etc/hosts", 10);
	begin();
	expect("openat, dir=-100, path=%s, flags=%d, mode=0, res=-20", path, O_DIRECTORY);
	call(__NR_openat, CWD, path, O_DIRECTORY, 0);
	end();
}

PROMISE(a_longer_path_is_cut)
{
	static char path[9001];

	memset(path, 'p', sizeof(path) - 1);
	begin();
	expect("openat, dir=-100, path(part)=%.4095s, flags=0, mode=0, res=-36", path);
	call(__NR_openat, CWD, path, 0, 0);
	end();
	path[4097] = '\0';
	begin();
	expect("openat, dir=-100, path(part)=%.4095s, flags=0, mode=0, res=-36", path);
	call(__NR_openat, CWD, path, 0, 0);
	end();
}

/* The kernel faults the page in, so it can be read when the call is done. */
PROMISE(memory_that_was_not_present_at_entry_is_read_late)
{
	struct timespec interval = { 0, 5 };
	char *path = not_present("/nowhere", 9), *bytes = not_present("content", 7);
	void *time = not_present(&interval, sizeof(interval));
	int ends[2];

	need(!pipe(ends));
	begin();
	expect("openat, dir=-100, path(late?)=/nowhere, flags=0, mode=0, res=-2");
	call(__NR_openat, CWD, path, 0, 0);
	expect("openat, dir=-100, path=/nowhere, flags=0, mode=0, res=-2");
	call(__NR_openat, CWD, path, 0, 0);
	call(__NR_write, ends[1], bytes, 7);
	expect("write, fd=%d%s, size=7, res=7", ends[1], marked_data("(late?)", "content", 7));
	expect("nanosleep, interval(late?)={sec=0 nsec=5}, rem=0x0, res=0");
	call(__NR_nanosleep, time, 0);
	end();
	need(!madvise(path, 4096, MADV_DONTNEED));
	begin();
	expect("openat, dir=-100, path(late?)=/nowhere, flags=0, mode=0, res=-2");
	call(__NR_openat, CWD, path, 0, 0);
	end();
}

PROMISE(what_was_read_at_entry_stays_when_another_field_is_late)
{
	char *path = not_present("/nowhere", 9);
	char *argv[] = { "argument", NULL };

	begin();
	expect("execve, path(late?)=/nowhere, argv=[argument], res=-2");
	call(__NR_execve, path, argv, 0);
	end();
}

/* Bytes of every value, in all places where a process can put them. */
PROMISE(no_byte_of_a_process_can_be_taken_for_syntax)
{
	char all[256], path[256];
	int i, ends[2];

	for (i = 0; i < 256; i++)
		all[i] = i;
	memcpy(path, all + 1, 255);
	path[255] = '\0';
	need(!pipe(ends));
	begin();
	call(__NR_write, ends[1], all, 256);
	expect("write, fd=%d%s, size=256, res=256", ends[1], data(all, 256));
	expect("openat, dir=-100, path=%s, flags=0, mode=0, res=-2", text(path));
	call(__NR_openat, CWD, path, 0, 0);
	end();
}

PROMISE(no_process_can_forge_a_record)
{
	static const char *const forged[] = {
		"x\npid=1, openat, dir=-100, path=/etc/shadow, flags=0, mode=0, res=3\n",
		"x, res=0",
		"\"",
		"\\",
		"<fault>",
		"<null>",
		"[a b]",
		"{fd=1}",
		" ",
		"a=b",
		"\033[2J",
		"\xff\xfe",
		"lost=7, cause=ring, cpu=0",
	};
	size_t i;
	int ends[2];

	need(!pipe(ends));
	for (i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
		char *argv[] = { (char *)forged[i], NULL };
		size_t len = strlen(forged[i]);

		begin();
		call(__NR_write, ends[1], forged[i], len);
		expect("write, fd=%d%s, size=%zu, res=%zu", ends[1], data(forged[i], len), len, len);
		expect("openat, dir=-1, path=%s, flags=0, mode=0, res=-9", text(forged[i]));
		call(__NR_openat, -1, forged[i], 0, 0);
		expect("execve, path=/nowhere, argv=[%s], res=-2", item(forged[i]));
		call(__NR_execve, "/nowhere", argv, 0);
		end();
	}
}

/* A sendmsg() that waits, and what another thread does to its header meanwhile. */
struct waiting {
	pid_t sender;
	int drain;
	void *header;
};

/* Whether a thread of this process sleeps, as its stat says behind its name. */
static int sleeps(pid_t tid)
{
	char path[64], stat[256] = "";
	int fd;

	sprintf(path, "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY);
	need(fd >= 0 && read(fd, stat, sizeof(stat) - 1) > 0 && !close(fd));
	return strstr(stat, ") S ") != NULL;
}

static void *take_away_the_header(void *argument)
{
	struct waiting *waiting = argument;
	char buf[4096];

	while (!sleeps(waiting->sender))
		sched_yield();
	need(!mprotect(waiting->header, sizeof(buf), PROT_NONE));
	while (read(waiting->drain, buf, sizeof(buf)) > 0)
		;
	return NULL;
}

/*
 * The content was not there at entry, and when it could be read the header is gone: what was known of
 * it at entry stays, and what the process says of lengths is not believed a second time.
 */
PROMISE(a_header_that_is_taken_away_meanwhile_is_kept_as_it_was)
{
	static char control[0x4f00] __attribute__((aligned(8)));
	struct cmsghdr *first = (struct cmsghdr *)control;
	struct iovec part = { "content", 7 };
	struct msghdr *header = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct waiting waiting = { .sender = gettid(), .header = header };
	pthread_t thread;
	int ends[2];
	long res;

	need(header != MAP_FAILED && !socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	first->cmsg_len = sizeof(control);
	first->cmsg_level = 77;	/* of no protocol: the kernel passes over it */
	header->msg_iov = not_present(&part, sizeof(part));
	header->msg_iovlen = 1;
	header->msg_control = control;
	header->msg_controllen = sizeof(control);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	while (write(ends[0], control, sizeof(control)) > 0 || write(ends[0], control, 1) > 0)
		;
	fcntl(ends[0], F_SETFL, 0);
	waiting.drain = ends[1];
	need(!pthread_create(&thread, NULL, take_away_the_header, &waiting));
	begin();
	res = call(__NR_sendmsg, ends[0], header, 0);
	expect("sendmsg, sockfd=%d, addr=<null>%s, controllen=%d, msg_flags=0, flags=0, res=%ld", ends[0],
	       no_data("<fault>"), 0x4f00, res);
	end();
	need(res == 7 && !shutdown(ends[0], SHUT_WR) && !pthread_join(thread, NULL));
}

/* What the kernel would have written is not there then. */
PROMISE(a_descriptor_that_is_not_open_leaves_the_arguments_and_an_error)
{
	struct epoll_event events[2];
	char *argv[] = { "x", NULL };
	struct msghdr msg = {};

	begin();
	expect("accept, sockfd=-1, addrlen=<null>, res=-9");
	call(__NR_accept, -1, 0L, 0L);
	expect("recvmsg, sockfd=-1, flags=0, res=-9");
	call(__NR_recvmsg, -1, &msg, 0);
	expect("epoll_pwait, epfd=-1, maxevents=2, timeout=0, sigmask=<null>, sigsetsize=8, res=-9");
	call(__NR_epoll_pwait, -1, events, 2, 0, 0L, 8L);
	expect("execveat, dir=-1, path=x, argv=[x], flags=0, res=-9");
	call(__NR_execveat, -1, "x", argv, 0L, 0);
	end();
}
