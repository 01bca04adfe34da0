// SPDX-License-Identifier: GPL-2.0
/* What becomes of signals, and which are held back. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "expect.h"

#define SET_SIZE	8
#define USR1		(1UL << (SIGUSR1 - 1))

/* As the kernel has it; the C library's struct is another. */
struct kernel_sigaction {
	void (*handler)(int signal);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

static void on_signal(int signal)
{
}

PROMISE(rt_sigaction_has_sig_act_result_and_oldact)
{
	struct kernel_sigaction ignore = { .handler = SIG_IGN, .flags = SA_RESTART, .restorer = (void *)7,
					    .mask = 4 };
	struct kernel_sigaction handle = { .handler = on_signal, .flags = SA_SIGINFO | SA_NODEFER }, old;

	begin();
	expect("rt_sigaction, sig=10, act={handler=0x1 flags=0x10000000 restorer=0x7 mask=0x4}, sigsetsize=8, res=0, "
	       "oldact={handler=0x0 flags=0x0 restorer=0x0 mask=0x0}");
	call(__NR_rt_sigaction, SIGUSR1, &ignore, &old, SET_SIZE);
	expect("rt_sigaction, sig=10, act={handler=0x%lx flags=0x40000004 restorer=0x0 mask=0x0}, sigsetsize=8, res=0, oldact=<null>",
	       (long)on_signal);
	call(__NR_rt_sigaction, SIGUSR1, &handle, 0L, SET_SIZE);
	expect("rt_sigaction, sig=10, act=<null>, sigsetsize=8, res=0, oldact={handler=0x%lx flags=0x40000004 restorer=0x0 mask=0x0}",
	       (long)on_signal);
	call(__NR_rt_sigaction, SIGUSR1, 0L, &old, SET_SIZE);
	expect("rt_sigaction, sig=-1, act={handler=0x1 flags=0x10000000 restorer=0x7 mask=0x4}, sigsetsize=8, res=-22");
	call(__NR_rt_sigaction, -1, &ignore, &old, SET_SIZE);
	end();
}

PROMISE(rt_sigprocmask_has_how_set_result_and_oldset)
{
	unsigned long set = USR1, none = 0, all = -1UL, old;

	need(!syscall(__NR_rt_sigprocmask, SIG_SETMASK, &none, NULL, SET_SIZE));
	begin();
	expect("rt_sigprocmask, how=0, set=0x200, sigsetsize=8, res=0, oldset=0x0");
	call(__NR_rt_sigprocmask, SIG_BLOCK, &set, &old, SET_SIZE);
	expect("rt_sigprocmask, how=-1, set=<null>, sigsetsize=8, res=0, oldset=0x200");
	call(__NR_rt_sigprocmask, -1, 0L, &old, SET_SIZE);
	/* Nobody can hold back SIGKILL and SIGSTOP. */
	expect("rt_sigprocmask, how=2, set=0xffffffffffffffff, sigsetsize=8, res=0, oldset=<null>");
	call(__NR_rt_sigprocmask, SIG_SETMASK, &all, 0L, SET_SIZE);
	expect("rt_sigprocmask, how=1, set=0x200, sigsetsize=8, res=0, oldset=0xfffffffffffbfeff");
	call(__NR_rt_sigprocmask, SIG_UNBLOCK, &set, &old, SET_SIZE);
	expect("rt_sigprocmask, how=99, set=0x200, sigsetsize=8, res=-22");
	call(__NR_rt_sigprocmask, 99, &set, &old, SET_SIZE);
	end();
}

PROMISE(rt_sigsuspend_has_set_and_result)
{
	struct sigaction action = { .sa_handler = on_signal };
	unsigned long set = USR1, others = 0x8000;
	void *bad = inaccessible();

	need(!sigaction(SIGUSR1, &action, NULL));
	need(!syscall(__NR_rt_sigprocmask, SIG_BLOCK, &set, NULL, SET_SIZE));
	raise(SIGUSR1);
	begin();
	/* What the kernel returns is its own; of it, it makes -4 when there is a handler. */
	expect("rt_sigsuspend, set=0x8000, sigsetsize=8, res=-514");
	expect("rt_sigreturn, res=?");
	call(__NR_rt_sigsuspend, &others, SET_SIZE);
	expect("rt_sigsuspend, set=<fault>, sigsetsize=8, res=-14");
	call(__NR_rt_sigsuspend, bad, SET_SIZE);
	end();
}

PROMISE(sigaltstack_has_stack_result_and_oldstack)
{
	static char memory[32768];
	stack_t stack = { .ss_sp = memory, .ss_size = sizeof(memory) }, small = { .ss_sp = memory, .ss_size = 1 }, old;

	begin();
	expect("sigaltstack, stack={sp=0x%lx flags=0 size=32768}, res=0, oldstack={sp=0x0 flags=2 size=0}", (long)memory);
	call(__NR_sigaltstack, &stack, &old);
	expect("sigaltstack, stack=<null>, res=0, oldstack={sp=0x%lx flags=0 size=32768}", (long)memory);
	call(__NR_sigaltstack, 0L, &old);
	expect("sigaltstack, stack={sp=0x%lx flags=0 size=1}, res=-12", (long)memory);
	call(__NR_sigaltstack, &small, &old);
	stack.ss_flags = 99;
	expect("sigaltstack, stack={sp=0x%lx flags=99 size=32768}, res=-22", (long)memory);
	call(__NR_sigaltstack, &stack, 0L);
	end();
}
