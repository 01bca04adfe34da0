// SPDX-License-Identifier: GPL-2.0
/* Children, groups and sessions. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"

PROMISE(wait4_has_pid_options_result_and_status)
{
	pid_t exiting = fork(), killed, staying;
	int status = 0x77;

	if (!exiting)
		_exit(3);
	killed = fork();
	if (!killed)
		for (;;)
			pause();
	need(!kill(killed, SIGKILL));
	staying = fork();
	if (!staying)
		for (;;)
			pause();
	begin();
	expect("wait4, pid=%d, options=0, usage=0x0, res=%d, status=0x300", exiting, exiting);
	call(__NR_wait4, exiting, &status, 0, 0L);
	expect("wait4, pid=%d, options=0, usage=0x0, res=%d, status=0x9", killed, killed);
	call(__NR_wait4, killed, &status, 0, 0L);
	/* Nothing has changed: the kernel writes nothing. */
	expect("wait4, pid=-1, options=1, usage=0x0, res=0, status=0x9");
	call(__NR_wait4, -1, &status, WNOHANG, 0L);
	expect("wait4, pid=%d, options=1, usage=0x0, res=0, status=<null>", staying);
	call(__NR_wait4, staying, 0L, WNOHANG, 0L);
	expect("wait4, pid=%d, options=-1, usage=0x0, res=-22", staying);
	call(__NR_wait4, staying, &status, -1, 0L);
	expect("wait4, pid=%d, options=0, usage=0x0, res=-10", exiting);
	call(__NR_wait4, exiting, &status, 0, 0L);
	end();
	need(!kill(staying, SIGKILL));
}

PROMISE(kill_has_pid_sig_and_result)
{
	pid_t pid = getpid();

	begin();
	expect("kill, pid=%d, sig=0, res=0", pid);
	call(__NR_kill, pid, 0);
	expect("kill, pid=%d, sig=-1, res=-22", pid);
	call(__NR_kill, pid, -1);
	expect("kill, pid=-2147483647, sig=15, res=-3");
	call(__NR_kill, -2147483647, SIGTERM);
	end();
}

PROMISE(groups_have_pid_pgid_and_result)
{
	pid_t pid = getpid(), parent = getppid(), of_parent = getpgid(parent);

	need(pid != of_parent);
	begin();
	expect("setpgid, pid=0, pgid=%d, res=0", pid);
	call(__NR_setpgid, 0, pid);
	expect("setpgid, pid=%d, pgid=-1, res=-22", pid);
	call(__NR_setpgid, pid, -1);
	expect("getpgid, pid=0, res=%d", pid);
	call(__NR_getpgid, 0);
	expect("getpgid, pid=%d, res=%d", parent, of_parent);
	call(__NR_getpgid, parent);
	expect("getpgid, pid=-1, res=-3");
	call(__NR_getpgid, -1);
#ifdef __NR_getpgrp
	expect("getpgrp, res=%d", pid);
	call(__NR_getpgrp);
#endif
	end();
}

PROMISE(sessions_have_pid_and_result)
{
	pid_t pid = getpid(), before = getsid(0);

	need(pid != getpgid(0));
	begin();
	expect("getsid, pid=%d, res=%d", pid, before);
	call(__NR_getsid, pid);
	expect("setsid, res=%d", pid);
	call(__NR_setsid);
	expect("setsid, res=-1");
	call(__NR_setsid);
	expect("getsid, pid=0, res=%d", pid);
	call(__NR_getsid, 0);
	expect("getsid, pid=-1, res=-3");
	call(__NR_getsid, -1);
	end();
}
