// SPDX-License-Identifier: GPL-2.0
/* Calls that a seccomp filter answers in the kernel's place, and calls whose registers a debugger changes. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include "expect.h"

#define ANSWER(nr, with) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (with))

/* answered: mkdirat, unlinkat and connect are answered with EPERM, clone with success; close(-77) is not answered. */
TOOL(answered)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ANSWER(__NR_mkdirat, EPERM),
		ANSWER(__NR_unlinkat, EPERM),
		ANSWER(__NR_connect, EPERM),
		ANSWER(__NR_clone, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };
	struct sockaddr_un address = { AF_UNIX, "/run/docker.sock" };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0))
		abort();
	syscall(__NR_mkdirat, AT_FDCWD, "/etc/evil", 0700);
	syscall(__NR_unlinkat, AT_FDCWD, "/etc/passwd", 0);
	syscall(__NR_connect, 78, &address, sizeof(address));
	syscall(__NR_clone, SIGCHLD, 0, 0, 0, 0);
	syscall(__NR_close, -77);
}

#ifdef __aarch64__
#define FIRST_ARGUMENT(regs)	((regs).regs[0])
#define NUMBER(regs)		((regs).regs[8])
#else
#define FIRST_ARGUMENT(regs)	((regs).rdi)
#define NUMBER(regs)		((regs).orig_rax)
#endif

/* debugged: a process calls close(-5); its debugger changes that, at the entry, to close(-6). */
TOOL(debugged)
{
	struct user_regs_struct regs;
	struct iovec iov = { &regs, sizeof(regs) };
	pid_t pid = fork();
	int status;

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		syscall(__NR_close, -5);
		_exit(0);
	}
	for (waitpid(pid, &status, 0); WIFSTOPPED(status); waitpid(pid, &status, 0)) {
		if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov))
			abort();
		if (NUMBER(regs) == __NR_close && (int)FIRST_ARGUMENT(regs) == -5) {
			FIRST_ARGUMENT(regs) = -6;
			ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov);
		}
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
	}
}
