// SPDX-License-Identifier: GPL-2.0
/*
 * The harness's hand in the guest: runs commands for the host.
 *
 * It sits on a virtio-serial port and takes frames (struct frame, then len
 * bytes). One command runs at a time. The host sends no more than one FRAME_STDIN
 * per FRAME_MORE, so that the port never fills up with input that nobody reads
 * and a FRAME_HELLO always gets through: it kills what runs. When nothing runs,
 * the agent is blocked in poll().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAGIC	0x43535953	/* "SYSC" */
#define FRAME_MAX	(64 * 1024)

/* The numbers stand in vm/channel.py, too. */
enum frame_type {
	FRAME_HELLO = 1,	/* both ways: u64, the host's clock in ns, or 0 */
	FRAME_EXEC,		/* to the guest: the command, for sh -c */
	FRAME_STDIN,		/* to the guest: nothing in it means end of file */
	FRAME_MORE,		/* to the host: send the next FRAME_STDIN */
	FRAME_STDOUT,		/* to the host */
	FRAME_STDERR,		/* to the host */
	FRAME_EXIT,		/* to the host: u32, what waitpid() said */
};

struct frame {
	uint32_t magic;
	uint32_t type;
	uint32_t id;		/* of the command, chosen by the host */
	uint32_t len;
};

/* What main() waits for. */
enum { ON_PORT, ON_OUT, ON_ERR, ON_INPUT, ON_CHILD, ON_ALL };

/* The command that runs; pid is 0 when none does, a descriptor is -1 when closed. */
static struct {
	uint32_t id;
	pid_t pid;
	int pidfd;
	int in;
	int out;
	int err;
	size_t in_start;
	size_t in_len;
	char in_data[FRAME_MAX];
} job = { .pidfd = -1, .in = -1, .out = -1, .err = -1 };

static int port;
static char buffer[FRAME_MAX + 1];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A port without a host reads as end of file; there is no event to wait for. */
static void wait_for_host(void)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

	nanosleep(&pause, NULL);
}

static void read_port(void *data, size_t len)
{
	while (len) {
		ssize_t got = read(port, data, len);

		if (got < 0 && errno != EINTR && errno != EAGAIN)
			die("read port");
		if (got == 0)
			wait_for_host();
		if (got <= 0)
			continue;
		data = (char *)data + got;
		len -= got;
	}
}

static void write_port(const void *data, size_t len)
{
	while (len) {
		ssize_t put = write(port, data, len);

		if (put < 0 && errno != EINTR && errno != EAGAIN)
			die("write port");
		if (put <= 0)
			continue;
		data = (const char *)data + put;
		len -= put;
	}
}

static void send_frame(enum frame_type type, uint32_t id, const void *data, size_t len)
{
	const struct frame frame = { FRAME_MAGIC, type, id, len };

	write_port(&frame, sizeof(frame));
	write_port(data, len);
}

/* Pass on up to max bytes of a pipe; returns what read() did. */
static ssize_t forward(int *fd, enum frame_type type, size_t max)
{
	ssize_t got = read(*fd, buffer, max < FRAME_MAX ? max : FRAME_MAX);

	if (got > 0)
		send_frame(type, job.id, buffer, got);
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		close_fd(fd);
	return got;
}

/*
 * What is in the pipe now, not until its end: a daemon that the command left
 * behind may hold it open, and write for ever.
 */
static void drain(int *fd, enum frame_type type)
{
	int left = 0;

	if (*fd < 0 || ioctl(*fd, FIONREAD, &left))
		return;
	while (left > 0 && *fd >= 0) {
		ssize_t got = forward(fd, type, left);

		if (got <= 0)
			return;
		left -= got;
	}
}

static void forget_job(void)
{
	close_fd(&job.in);
	close_fd(&job.out);
	close_fd(&job.err);
	close_fd(&job.pidfd);
	job.pid = 0;
	job.in_len = 0;
}

static void end_job(void)
{
	uint32_t status = 0;

	waitpid(job.pid, (int *)&status, 0);
	drain(&job.out, FRAME_STDOUT);
	drain(&job.err, FRAME_STDERR);
	send_frame(FRAME_EXIT, job.id, &status, sizeof(status));
	forget_job();
}

static void run_child(const char *command, int in, int out, int err)
{
	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	execl("/bin/sh", "sh", "-c", command, NULL);
	die("/bin/sh");
}

/* command lies in a buffer that is used again: the child has its own copy. */
static void start_job(uint32_t id, const char *command)
{
	int in[2], out[2], err[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die("pipe2");
	job.id = id;
	job.pid = fork();
	if (job.pid < 0)
		die("fork");
	if (!job.pid)
		run_child(command, in[0], out[1], err[1]);
	/* Here and in the child: whichever comes first, before a kill() can. */
	setpgid(job.pid, job.pid);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	job.in = in[1];
	job.out = out[0];
	job.err = err[0];
	fcntl(job.in, F_SETFL, O_NONBLOCK);
	fcntl(job.out, F_SETFL, O_NONBLOCK);
	fcntl(job.err, F_SETFL, O_NONBLOCK);
	job.pidfd = syscall(SYS_pidfd_open, job.pid, 0);
	if (job.pidfd < 0)
		die("pidfd_open");
	fcntl(job.pidfd, F_SETFD, FD_CLOEXEC);
	send_frame(FRAME_MORE, job.id, NULL, 0);
}

static void write_input(void)
{
	ssize_t put = write(job.in, job.in_data + job.in_start, job.in_len);

	if (put < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (put < 0) {
		/* The command does not want it: swallow the rest. */
		close_fd(&job.in);
		put = job.in_len;
	}
	job.in_start += put;
	job.in_len -= put;
	if (!job.in_len)
		send_frame(FRAME_MORE, job.id, NULL, 0);
}

static void take_input(const char *data, size_t len)
{
	if (!len) {
		close_fd(&job.in);
		return;
	}
	memcpy(job.in_data, data, len);
	job.in_start = 0;
	job.in_len = len;
	if (job.in < 0) {
		job.in_len = 0;
		send_frame(FRAME_MORE, job.id, NULL, 0);
	}
}

/* The host starts afresh: after a boot, a restored snapshot, or an answer it did not wait for. */
static void greet(uint32_t id, const char *data, size_t len)
{
	uint64_t now;

	if (job.pid) {
		kill(-job.pid, SIGKILL);
		waitpid(job.pid, NULL, 0);
		forget_job();
	}
	memcpy(&now, data, len < sizeof(now) ? len : sizeof(now));
	if (len == sizeof(now) && now) {
		const struct timespec time = { now / 1000000000, now % 1000000000 };

		clock_settime(CLOCK_REALTIME, &time);
	}
	send_frame(FRAME_HELLO, id, NULL, 0);
}

/* A snapshot restored in mid-frame leaves the rest of that frame in the port: skip it. */
static void read_header(struct frame *frame)
{
	char *bytes = (char *)frame;

	read_port(frame, sizeof(*frame));
	while (frame->magic != FRAME_MAGIC || frame->len > FRAME_MAX) {
		memmove(bytes, bytes + 1, sizeof(*frame) - 1);
		read_port(bytes + sizeof(*frame) - 1, 1);
	}
}

/* Frames for a command that has ended meanwhile are read and dropped. */
static void take_frame(void)
{
	struct frame frame;
	int ours;

	read_header(&frame);
	read_port(buffer, frame.len);
	buffer[frame.len] = '\0';
	ours = job.pid && job.id == frame.id;
	if (frame.type == FRAME_HELLO)
		greet(frame.id, buffer, frame.len);
	else if (frame.type == FRAME_EXEC && !job.pid)
		start_job(frame.id, buffer);
	else if (frame.type == FRAME_STDIN && ours)
		take_input(buffer, frame.len);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s PORT\n", argv[0]);
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	port = open(argv[1], O_RDWR | O_CLOEXEC);
	if (port < 0)
		die(argv[1]);
	for (;;) {
		struct pollfd fds[] = {
			[ON_PORT] = { .fd = port, .events = POLLIN },
			[ON_OUT] = { .fd = job.out, .events = POLLIN },
			[ON_ERR] = { .fd = job.err, .events = POLLIN },
			[ON_INPUT] = { .fd = job.in_len ? job.in : -1, .events = POLLOUT },
			[ON_CHILD] = { .fd = job.pidfd, .events = POLLIN },
		};

		if (poll(fds, ON_ALL, -1) < 0 && errno != EINTR)
			die("poll");
		if (fds[ON_OUT].revents)
			forward(&job.out, FRAME_STDOUT, FRAME_MAX);
		if (fds[ON_ERR].revents)
			forward(&job.err, FRAME_STDERR, FRAME_MAX);
		if (fds[ON_INPUT].revents)
			write_input();
		if (fds[ON_CHILD].revents)
			end_job();
		if (fds[ON_PORT].revents & POLLIN)
			take_frame();
		else if (fds[ON_PORT].revents & POLLHUP)
			wait_for_host();
	}
}
