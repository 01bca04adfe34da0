// SPDX-License-Identifier: GPL-2.0
/* Making, replacing, signalling and ending processes and threads. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"

/* Ends at once, with status 0, without a C library that would make calls of its own. */
#define TINY	"/tmp/tiny"

PROMISE(clone_has_flags_stack_and_result)
{
	long child;

	begin();
	child = call(__NR_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
	if (!child)
		call(__NR_exit_group, 3);
	expect("clone, flags=0x%x, stack=0x0, parent_tid=0x0, arg4=0x0, arg5=0x0, res=%ld", CLONE_VFORK | SIGCHLD, child);
	expect_of(child, child, "exit_group, status=3, res=?");
	expect("clone, flags=0x%x, stack=0x7, parent_tid=0x8, arg4=0x9, arg5=0xa, res=-22", CLONE_THREAD);
	call(__NR_clone, CLONE_THREAD, 7L, 8L, 9L, 10L);
	end();
}

/* Where the kernel is to write what the child is called, and what it is not asked for. */
#define NO_PLACES	"pidfd=0x0 child_tid=0x0 parent_tid=0x0 set_tid=0x0 set_tid_size=0 cgroup=0"

PROMISE(clone3_has_its_struct_and_result)
{
	struct clone_args args = { .flags = CLONE_VFORK, .exit_signal = SIGCHLD };
	long child;

	begin();
	child = call(__NR_clone3, &args, sizeof(args));
	if (!child)
		call(__NR_exit, -1);
	expect("clone3, args={flags=0x4000 exit_signal=17 stack=0x0 stack_size=0 tls=0x0 " NO_PLACES "}, size=88, res=%ld",
	       child);
	expect_of(child, child, "exit, status=-1, res=?");
	args.stack_size = 5;
	expect("clone3, args={flags=0x4000 exit_signal=17 stack=0x0 stack_size=5 tls=0x0 " NO_PLACES "}, size=88, res=-22");
	call(__NR_clone3, &args, sizeof(args));
	end();
}

/* The struct has grown: the first kernels knew 64 bytes of it, and programs pass no more than they know. */
PROMISE(clone3_with_a_short_struct_reads_no_further)
{
	struct clone_args args = { .flags = CLONE_VFORK, .exit_signal = SIGCHLD };
	void *edge = at_edge(&args, CLONE_ARGS_SIZE_VER0);
	long child;

	begin();
	child = call(__NR_clone3, edge, CLONE_ARGS_SIZE_VER0);
	if (!child)
		call(__NR_exit, 0);
	expect("clone3, args={flags=0x4000 exit_signal=17 stack=0x0 stack_size=0 tls=0x0 " NO_PLACES "}, size=64, res=%ld",
	       child);
	expect_of(child, child, "exit, status=0, res=?");
	end();
}

#ifdef __NR_fork
PROMISE(fork_has_a_result)
{
	long child;

	begin();
	child = call(__NR_fork);
	if (!child)
		call(__NR_exit_group, 255);
	expect("fork, res=%ld", child);
	expect_of(child, child, "exit_group, status=255, res=?");
	end();
}
#endif

#ifdef __NR_vfork
/* The child uses the parent's stack, so nothing but registers can be used until it has ended. */
static long vfork_and_exit(void)
{
	long child;

	asm volatile("syscall\n\t"
		     "test %%rax, %%rax\n\t"
		     "jnz 1f\n\t"
		     "mov %[exit_group], %%eax\n\t"
		     "mov $9, %%edi\n\t"
		     "syscall\n"
		     "1:"
		     : "=a" (child)
		     : "a" (__NR_vfork), [exit_group] "i" (__NR_exit_group)
		     : "rcx", "r11", "rdi", "memory");
	return child;
}

PROMISE(vfork_has_a_result)
{
	long child;

	begin();
	child = vfork_and_exit();
	expect("vfork, res=%ld", child);
	expect_of(child, child, "exit_group, status=9, res=?");
	end();
}
#endif

#ifdef __x86_64__
#define CHILD_TID_AND_TLS	"arg4=0x%lx, arg5=0x0"
#else
#define CHILD_TID_AND_TLS	"arg4=0x0, arg5=0x%lx"
#endif

static int exit_at_once(void *unused)
{
	syscall(__NR_getppid);
	return syscall(__NR_exit, 5);
}

PROMISE(a_thread_is_recorded_under_its_process)
{
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
		    CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
	char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *top = stack + 65536;
	volatile pid_t tid = -1;
	pid_t pid = getpid(), parent = getppid();
	long res;

	need(stack != MAP_FAILED);
	begin();
	res = clone(exit_at_once, top, flags, NULL, &tid, NULL, &tid);
	end();
	while (tid)
		sched_yield();
	/* The C library puts the function and its argument on the new stack of x86_64. */
#ifdef __x86_64__
	top -= 16;
#endif
	expect("clone, flags=0x%x, stack=0x%lx, parent_tid=0x%lx, " CHILD_TID_AND_TLS ", res=%ld", flags, (long)top,
	       (long)&tid, (long)&tid, res);
	expect_of(pid, res, "getppid, res=%d", parent);
	expect_of(pid, res, "exit, status=5, res=?");
}

static void *count(void *unused)
{
	int i;

	begin();
	for (i = 0; i < 200; i++) {
		expect("lseek, fd=-1, offset=%d, whence=0, res=-9", i);
		call(__NR_lseek, -1, i, 0);
	}
	end();
	return NULL;
}

PROMISE(each_of_many_threads_has_its_own_records)
{
	pthread_t threads[8];
	int i;

	for (i = 0; i < 8; i++)
		need(!pthread_create(&threads[i], NULL, count, NULL));
	for (i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
}

/* Run @path in a child, of which all calls are compared. */
static pid_t run(const char *path, char *const argv[])
{
	pid_t child = fork();

	if (!child) {
		make_present();
		syscall(__NR_close, BEGIN_FD);
		syscall(__NR_execve, path, argv, NULL);
		syscall(__NR_exit_group, 1);
	}
	waitpid(child, NULL, 0);
	return child;
}

PROMISE(execve_has_path_and_argv)
{
	char *argv[] = { "tiny", "a b", "", "d,e", "[x]", "\n\"", "plain-1.0", NULL };
	pid_t child = run(TINY, argv);

	expect_of(child, child,
		  "execve, path=/tmp/tiny, argv=[tiny \"a b\" \"\" \"d,e\" \"[x]\" \"\\n\\\"\" plain-1.0], res=0");
	expect_of(child, child, "exit_group, status=0, res=?");
}

PROMISE(an_argument_that_looks_as_if_it_were_cut_is_quoted)
{
	char *argv[] = { "tiny", "dots...", NULL };

	begin();
	expect("execve, path=/nowhere, argv=[tiny \"dots...\"], res=-2");
	call(__NR_execve, "/nowhere", argv, NULL);
	end();
}

PROMISE(execve_without_argv_has_null)
{
	pid_t child = run(TINY, NULL);

	expect_of(child, child, "execve, path=/tmp/tiny, argv=<null>, res=0");
	expect_of(child, child, "exit_group, status=0, res=?");
}

PROMISE(execve_with_an_empty_argv_has_none)
{
	char *argv[] = { NULL };
	pid_t child = run("/nowhere", argv);

	expect_of(child, child, "execve, path=/nowhere, argv=[], res=-2");
	expect_of(child, child, "exit_group, status=1, res=?");
}

PROMISE(execve_with_more_arguments_than_are_kept_is_marked)
{
	char *argv[67] = {}, list[200] = "";
	pid_t child;
	int i;

	for (i = 0; i < 66; i++)
		argv[i] = "x";
	for (i = 0; i < 64; i++)
		strcat(list, i ? " x" : "x");
	child = run(TINY, argv);
	expect_of(child, child, "execve, path=/tmp/tiny, argv(part)=[%s], res=0", list);
	expect_of(child, child, "exit_group, status=0, res=?");
}

PROMISE(execve_with_a_long_argument_has_its_beginning)
{
	static char argument[5001];
	char *argv[] = { "tiny", argument, "after", NULL };
	pid_t child;

	memset(argument, 'y', sizeof(argument) - 1);
	child = run(TINY, argv);
	expect_of(child, child, "execve, path=/tmp/tiny, argv=[tiny %.4095s... after], res=0", argument);
	expect_of(child, child, "exit_group, status=0, res=?");
}

/*
 * The child of a fork() has neither the constant path nor argv in its page tables, and after the call both are gone.
 * Most programs are started like this.
 */
PROMISE(execve_of_memory_that_was_not_present_has_path_and_argv)
{
	static char *const argv[] = { "tiny", "argument", NULL };
	pid_t child = fork();

	if (!child) {
		syscall(__NR_close, BEGIN_FD);
		syscall(__NR_execve, "/tmp/tiny", argv, NULL);
		syscall(__NR_exit_group, 1);
	}
	waitpid(child, NULL, 0);
	expect_of(child, child, "execve, path(late?)=/tmp/tiny, argv(late?)=[tiny argument], res=0");
	expect_of(child, child, "exit_group, status=0, res=?");
}

PROMISE(execveat_has_dir_path_argv_and_flags)
{
	char *argv[] = { "tiny", NULL };
	int fd = open(TINY, O_RDONLY);
	pid_t child = fork();

	if (!child) {
		make_present();
		syscall(__NR_close, BEGIN_FD);
		syscall(__NR_execveat, fd, "", argv, NULL, AT_EMPTY_PATH);
		syscall(__NR_exit_group, 1);
	}
	waitpid(child, NULL, 0);
	expect_of(child, child, "execveat, dir=%d, path=\"\", argv=[tiny], flags=4096, res=0", fd);
	expect_of(child, child, "exit_group, status=0, res=?");
}

static volatile int go;

static void *exec_in_thread(void *tid)
{
	char *argv[] = { "tiny", NULL };

	while (!go)
		;
	*(pid_t *)tid = gettid();
	syscall(__NR_close, BEGIN_FD);
	syscall(__NR_execve, TINY, argv, NULL);
	return NULL;
}

/* The thread takes over the number of the process, while its call is under way. The record has the one that called. */
PROMISE(execve_of_a_thread_is_one_record_of_that_thread)
{
	pid_t *tid = mmap(NULL, sizeof(*tid), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child = fork();
	pthread_t thread;

	if (!child) {
		make_present();
		need(!pthread_create(&thread, NULL, exec_in_thread, tid));
		syscall(__NR_close, BEGIN_FD);
		go = 1;
		for (;;)
			;
	}
	waitpid(child, NULL, 0);
	expect_of(child, *tid, "execve, path=/tmp/tiny, argv=[tiny], res=0");
	expect_of(child, child, "exit_group, status=0, res=?");
}

PROMISE(tgkill_has_tgid_tid_sig_and_result)
{
	pid_t pid = getpid();

	begin();
	expect("tgkill, tgid=%d, tid=%d, sig=0, res=0", pid, pid);
	call(__NR_tgkill, pid, pid, 0);
	expect("tgkill, tgid=-1, tid=-2, sig=64, res=-22");
	call(__NR_tgkill, -1, -2, 64);
	end();
}

static void on_signal(int signal)
{
	syscall(__NR_getppid);
}

PROMISE(a_signal_handler_stands_between_the_call_and_its_return)
{
	struct sigaction action = { .sa_handler = on_signal };
	pid_t pid = getpid(), parent = getppid();

	need(!sigaction(SIGUSR1, &action, NULL));
	begin();
	expect("tgkill, tgid=%d, tid=%d, sig=10, res=0", pid, pid);
	expect("getppid, res=%d", parent);
	expect("rt_sigreturn, res=?");
	call(__NR_tgkill, pid, pid, SIGUSR1);
	end();
}

PROMISE(a_killed_process_ends_in_the_middle_of_its_call)
{
	pid_t child = fork(), self;

	if (!child) {
		self = getpid();
		syscall(__NR_close, BEGIN_FD);
		syscall(__NR_tgkill, self, self, SIGKILL);
		for (;;)
			;
	}
	waitpid(child, NULL, 0);
	expect_of(child, child, "tgkill, tgid=%d, tid=%d, sig=9, res=0", child, child);
}
