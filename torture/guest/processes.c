// SPDX-License-Identifier: GPL-2.0
/* Stressors: processes that are killed in every state, and many that come and go. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

#define SELF	"/proc/self/exe"

static void read_pipe(void)
{
	int ends[2];
	char c;

	if (!pipe(ends))
		read(ends[0], &c, 1);
}

static void fill_pipe(void)
{
	static char bytes[8192];
	int ends[2];

	if (!pipe(ends))
		while (write(ends[1], bytes, sizeof(bytes)) > 0)
			;
}

static void sleep_long(void)
{
	struct timespec interval = { 100, 0 };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &interval, &interval);
}

static void wait_for_futex(void)
{
	int word = 0;

	syscall(__NR_futex, &word, FUTEX_WAIT, 0, NULL);
}

static void wait_for_events(void)
{
	struct epoll_event events[8];

	epoll_pwait(epoll_create1(0), events, 8, -1, NULL);
}

static void wait_for_descriptors(void)
{
	struct pollfd fds[20] = { { .fd = -1 } };

	ppoll(fds, 20, NULL, NULL);
}

static void wait_for_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigwaitinfo(&set, NULL);
}

static void wait_for_message(void)
{
	char buffer[100];
	int ends[2];

	if (!socketpair(AF_UNIX, SOCK_DGRAM, 0, ends))
		recvfrom(ends[0], buffer, sizeof(buffer), 0, NULL, NULL);
}

static void wait_for_lock(void)
{
	int one = open(SELF, O_RDONLY), other = open(SELF, O_RDONLY);

	flock(one, LOCK_EX);
	flock(other, LOCK_EX);
}

static void wait_for_child(void)
{
	if (!start(sleep_long))
		return;
	wait(NULL);
}

static void be_vfork_parent(void)
{
	if (!vfork())
		for (;;)
			sleep_long();
}

static void be_stopped(void)
{
	raise(SIGSTOP);
}

static void be_traced(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
}

static void call_and_call(void)
{
	for (;;)
		getppid();
}

static void exec_and_exec(void)
{
	for (;;)
		execl("/nowhere", "nowhere", "argument", NULL);
}

static void fork_and_fork(void)
{
	for (;;)
		if (!fork())
			_exit(0);
		else
			wait(NULL);
}

static void *sleep_in_thread(void *unused)
{
	sleep_long();
	return NULL;
}

static void *call_in_thread(void *unused)
{
	call_and_call();
	return NULL;
}

static void have_threads(void)
{
	pthread_attr_t small;
	pthread_t thread;
	int i;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (i = 0; i < 20; i++)
		pthread_create(&thread, &small, i % 5 ? sleep_in_thread : call_in_thread, NULL);
	sleep_long();
}

static void open_and_close(void)
{
	for (;;)
		close(open("/etc/hosts", O_RDONLY));
}

static void map_and_unmap(void)
{
	for (;;)
		munmap(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0),
		       1 << 20);
}

static void exit_soon(void)
{
}

static void (*const states[])(void) = {
	read_pipe, fill_pipe, sleep_long, wait_for_futex, wait_for_events, wait_for_descriptors,
	wait_for_signal, wait_for_message, wait_for_lock, wait_for_child, be_vfork_parent, be_stopped,
	be_traced, call_and_call, exec_and_exec, fork_and_fork, have_threads, open_and_close,
	map_and_unmap, exit_soon,
};

/* Several processes at a time, so that one is struck while another begins. */
STRESSOR(kills)
{
	pid_t pids[4];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = start(states[pick(ARRAY_SIZE(states))]);
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		linger(3000);
		strike(pids[i]);
	}
}

static void *call_a_little(void *count)
{
	long i;

	for (i = 0; i < (long)count; i++)
		syscall(__NR_sched_yield);
	return NULL;
}

/* A process of many threads, of which each makes a few calls. */
static void be_bomb(void)
{
	int count = 50 + pick(400);
	pthread_attr_t small;
	pthread_t thread;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 16384);
	pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
	while (count--)
		if (pthread_create(&thread, &small, call_a_little, (void *)pick(5)))
			break;
	if (pick(2))
		syscall(__NR_exit, 0);	/* only this thread */
}

STRESSOR(threads)
{
	await_end(start(be_bomb), 2000);
}

/* The exec of a thread that is not the first ends all others. */
static void *exec_in_thread(void *unused)
{
	execl(SELF, "torture", "chain", "", NULL);
	return NULL;
}

static void exec_beside_threads(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, call_in_thread, NULL);
	pthread_create(&thread, NULL, exec_in_thread, NULL);
	pthread_join(thread, NULL);
}

static void exec_script(void)
{
	execl("/bin/sh", "sh", "-c", "exec sh -c 'exec sh -c :'", NULL);
}

static void exec_32(void)
{
	execl("/tmp/tiny32", "tiny32", NULL);
}

static void exec_long(void)
{
	static char argument[100000];
	char *argv[] = { "torture", "chain", argument, NULL };
	size_t i;

	for (i = 0; i < sizeof(argument) - 1; i++)
		argument[i] = 'a';
	execv(SELF, argv);
}

static void (*const execs[])(void) = { exec_beside_threads, exec_script, exec_32, exec_long };

STRESSOR(execs)
{
	pid_t pids[4];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = start(execs[pick(ARRAY_SIZE(execs))]);
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		await_end(pids[i], 2000);
}

/* Names, users, sessions and parents change while it calls. */
static void change_who(void)
{
	char name[16];
	int i;

	for (i = 0; i < 30; i++) {
		sprintf(name, "name%lu", pick(1000));
		prctl(PR_SET_NAME, name);
		if (setreuid(-1, pick(2) ? NOBODY : 0))
			getppid();
		if (!fork()) {
			if (fork())
				_exit(0);
			getppid();
			_exit(0);
		}
		setpgid(0, 0);
	}
	while (wait(NULL) > 0)
		;
}

STRESSOR(whoare)
{
	pid_t pid = start(change_who);

	await_end(pid, 2000);
}

static void on_alarm(int signal)
{
}

/* Calls that signals interrupt; some are begun again by the kernel. */
static void be_interrupted(void)
{
	const struct itimerval often = { { 0, 300 }, { 0, 300 } };
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = pick(2) ? SA_RESTART : 0 };
	struct timespec interval = { 0, 2000000 };
	struct pollfd none;
	int ends[2], i;
	char c;

	if (pipe(ends) || fcntl(ends[0], F_SETFL, pick(2) ? O_NONBLOCK : 0))
		return;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (i = 0; i < 30; i++) {
		nanosleep(&interval, NULL);
		poll(&none, 0, 2);
		if (!(action.sa_flags & SA_RESTART))
			read(ends[0], &c, 1);
	}
}

STRESSOR(signals)
{
	await_end(start(be_interrupted), 1000);
}

/* A tracer that changes calls, or has the kernel leave them out. */
static void trace_child(void)
{
	pid_t pid = start(call_and_call);
	int status, i;

	if (pid <= 0 || ptrace(PTRACE_SEIZE, pid, NULL, (void *)PTRACE_O_EXITKILL))
		return;
	ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	for (i = 0; i < 100 && waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status); i++) {
#ifdef __x86_64__
		if (pick(3) == 0)
			ptrace(PTRACE_POKEUSER, pid, 15 * 8, pick(2) ? -1L : (long)pick(500));	/* orig_rax */
#endif
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	}
	strike(pid);
}

STRESSOR(traced)
{
	await_end(start(trace_child), 1000);
}
