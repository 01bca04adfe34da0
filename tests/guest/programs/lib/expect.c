// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"

#define PAGE		4096UL
#define VALUE_MAX	(4 * 70000)
#define OUTPUT_MAX	(1 << 20)

size_t content = 256;

/* What is expected, in memory that children share, as printing would be a syscall. */
static struct {
	size_t used;
	char text[OUTPUT_MAX];
} *output;

static __thread pid_t my_pid, my_tid;

void begin(void)
{
	my_pid = getpid();
	my_tid = gettid();
	syscall(__NR_close, BEGIN_FD);
}

void end(void)
{
	syscall(__NR_close, END_FD);
}

/* A whole line at a time, since threads do this at the same time. */
static void append(const char *line, size_t len)
{
	size_t at = __atomic_fetch_add(&output->used, len, __ATOMIC_SEQ_CST);

	if (at + len > sizeof(output->text))
		abort();
	memcpy(output->text + at, line, len);
}

static void expect_line(pid_t pid, pid_t tid, const char *format, va_list args)
{
	static __thread char line[2 * VALUE_MAX];
	int len = sprintf(line, "pid=%d, ", pid);

	if (tid != pid)
		len += sprintf(line + len, "tid=%d, ", tid);
	len += vsnprintf(line + len, sizeof(line) - len, format, args);
	line[len++] = '\n';
	append(line, len);
}

void expect(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	expect_line(my_pid, my_tid, format, args);
	va_end(args);
}

void expect_of(pid_t pid, pid_t tid, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	expect_line(pid, tid, format, args);
	va_end(args);
}

long raw(long result)
{
	return result == -1 ? -errno : result;
}

void give_up(const char *file, int line, const char *condition)
{
	char why[300];

	append(why, snprintf(why, sizeof(why), "! %s:%d: %s, errno %d\n", file, line, condition, errno));
	_exit(1);
}

/* A few values at a time can be in use, as arguments of one expect(). */
static char *room_for_value(void)
{
	static __thread char rooms[4][VALUE_MAX];
	static __thread unsigned int next;

	return rooms[next++ % 4];
}

static bool is_plain(unsigned char c, const char *special)
{
	return c >= 0x20 && c < 0x7f && !strchr(special, c);
}

static int put_escape(char *to, unsigned char c)
{
	switch (c) {
	case '\n':
		return sprintf(to, "\\n");
	case '\t':
		return sprintf(to, "\\t");
	case '\r':
		return sprintf(to, "\\r");
	case '"':
	case '\\':
		return sprintf(to, "\\%c", c);
	default:
		return sprintf(to, "\\%03o", c);
	}
}

static const char *quoted(const unsigned char *bytes, size_t len, const char *special)
{
	char *room = room_for_value(), *to = room;
	bool plain = len && !strchr("<[{", bytes[0]);
	size_t i;

	for (i = 0; i < len && plain; i++)
		plain = is_plain(bytes[i], special);
	if (plain) {
		memcpy(room, bytes, len);
		room[len] = '\0';
		return room;
	}
	*to++ = '"';
	for (i = 0; i < len; i++) {
		if (is_plain(bytes[i], "\"\\"))
			*to++ = bytes[i];
		else
			to += put_escape(to, bytes[i]);
	}
	strcpy(to, "\"");
	return room;
}

const char *value(const void *bytes, size_t len)
{
	return quoted(bytes, len, ",\"\\");
}

const char *text(const char *string)
{
	return value(string, strlen(string));
}

const char *item(const char *string)
{
	return quoted((const unsigned char *)string, strlen(string), ",\"\\ []{}");
}

const char *marked_data(const char *mark, const void *bytes, size_t len)
{
	char *room = room_for_value();

	if (!content)
		return "";
	sprintf(room, ", data%s=%s", mark, value(bytes, len));
	return room;
}

const char *data(const void *bytes, size_t len)
{
	return len > content ? marked_data("(part)", bytes, content) : marked_data("", bytes, len);
}

void make_present(void)
{
	need(!mlockall(MCL_CURRENT));
}

void *inaccessible(void)
{
	void *page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	need(page != MAP_FAILED);
	return page;
}

void *at_edge(const void *bytes, size_t len)
{
	size_t size = (len + PAGE - 1) / PAGE * PAGE;
	char *memory = mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	need(memory != MAP_FAILED);
	need(!mprotect(memory + size, PAGE, PROT_NONE));
	return memcpy(memory + size - len, bytes, len);
}

void *not_present(const void *bytes, size_t len)
{
	int fd = memfd_create("not_present", 0);
	char *memory;

	need(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	need(memory != MAP_FAILED);
	close(fd);
	return memory;
}

/* The linker makes these, for each section. */
extern const struct promise __start_promises[], __stop_promises[];
extern const struct tool __start_tools[], __stop_tools[];

/* In a process of its own, so that no promise meets what another left open. */
static void keep(const struct promise *promise)
{
	pid_t child;
	int status;

	output->used = 0;
	child = fork();
	if (!child) {
		make_present();
		promise->keep();
		_exit(0);
	}
	waitpid(child, &status, 0);
	printf("= %s\n%.*s", promise->name, (int)output->used, output->text);
	if (WIFSIGNALED(status))
		printf("! killed by signal %d\n", WTERMSIG(status));
	fflush(stdout);
}

static bool is_wanted(const struct promise *promise, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, promise->name))
			return true;
	return false;
}

static int run_tool(char **args)
{
	const struct tool *tool;

	for (tool = __start_tools; tool < __stop_tools; tool++) {
		if (!strcmp(tool->name, args[0])) {
			tool->run(args + 1);
			return 0;
		}
	}
	fprintf(stderr, "no tool %s\n", args[0]);
	return 2;
}

/* programs promises CONTENT [NAME...] | programs TOOL [ARGUMENT...] */
int main(int argc, char **argv)
{
	const struct promise *promise;

	output = mmap(NULL, sizeof(*output), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (argc < 2 || output == MAP_FAILED)
		return 2;
	if (strcmp(argv[1], "promises"))
		return run_tool(argv + 1);
	content = atoi(argv[2]);
	for (promise = __start_promises; promise < __stop_promises; promise++)
		if (is_wanted(promise, argv + 3))
			keep(promise);
	return 0;
}
