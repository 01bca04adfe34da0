// SPDX-License-Identifier: GPL-2.0
/* What belongs to a process or a thread, and can be changed. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "expect.h"

PROMISE(prctl_has_option_four_arguments_and_result)
{
	static char name[16] = "promise";

	begin();
	expect("prctl, option=15, arg2=0x%lx, arg3=0x3, arg4=0x4, arg5=0x5, res=0", (long)name);
	call(__NR_prctl, PR_SET_NAME, name, 3L, 4L, 5L);
	expect("prctl, option=3, arg2=0x0, arg3=0x0, arg4=0x0, arg5=0x0, res=1");
	call(__NR_prctl, PR_GET_DUMPABLE, 0L, 0L, 0L, 0L);
	expect("prctl, option=-1, arg2=0xffffffffffffffff, arg3=0x0, arg4=0x0, arg5=0x1, res=-22");
	call(__NR_prctl, -1, -1L, 0L, 0L, 1L);
	end();
}

#ifdef __NR_arch_prctl
#define GET_FS	0x1003

PROMISE(arch_prctl_has_option_arg_and_result)
{
	unsigned long base;

	begin();
	expect("arch_prctl, option=4099, arg=0x%lx, res=0", (long)&base);
	call(__NR_arch_prctl, GET_FS, &base);
	expect("arch_prctl, option=-1, arg=0xffffffffffffffff, res=-22");
	call(__NR_arch_prctl, -1, -1L);
	end();
}
#endif

PROMISE(prlimit64_has_pid_resource_new_result_and_old)
{
	struct rlimit64 new = { 100, 200 }, old, known;

	need(!getrlimit64(RLIMIT_NOFILE, &known));
	begin();
	expect("prlimit64, pid=0, resource=7, new={cur=100 max=200}, res=0, old={cur=%lu max=%lu}", known.rlim_cur,
	       known.rlim_max);
	call(__NR_prlimit64, 0, RLIMIT_NOFILE, &new, &old);
	expect("prlimit64, pid=0, resource=7, new=<null>, res=0, old={cur=100 max=200}");
	call(__NR_prlimit64, 0, RLIMIT_NOFILE, 0L, &old);
	new = (struct rlimit64){ RLIM64_INFINITY, 7 };
	expect("prlimit64, pid=0, resource=7, new={cur=18446744073709551615 max=7}, res=-22");
	call(__NR_prlimit64, 0, RLIMIT_NOFILE, &new, &old);
	new = (struct rlimit64){ 90, 200 };
	expect("prlimit64, pid=0, resource=7, new={cur=90 max=200}, res=0, old=<null>");
	call(__NR_prlimit64, 0, RLIMIT_NOFILE, &new, 0L);
	expect("prlimit64, pid=-1, resource=4294967295, new=<null>, res=-3");
	call(__NR_prlimit64, -1, -1, 0L, 0L);
	end();
}

PROMISE(sched_yield_has_a_result)
{
	begin();
	expect("sched_yield, res=0");
	call(__NR_sched_yield);
	end();
}

PROMISE(set_tid_address_has_addr_and_result)
{
	static int word;
	pid_t tid = gettid();

	begin();
	expect("set_tid_address, addr=0x%lx, res=%d", (long)&word, tid);
	call(__NR_set_tid_address, &word);
	end();
}

PROMISE(set_robust_list_has_addr_size_and_result)
{
	static struct {
		void *next;
		long offset;
		void *pending;
	} list = { &list.next, 0, NULL };

	begin();
	expect("set_robust_list, addr=0x%lx, size=24, res=0", (long)&list);
	call(__NR_set_robust_list, &list, sizeof(list));
	expect("set_robust_list, addr=0x1, size=18446744073709551615, res=-22");
	call(__NR_set_robust_list, 1L, -1L);
	end();
}

PROMISE(rseq_has_addr_size_flags_sig_and_result)
{
	char *registered = (char *)__builtin_thread_pointer() + __rseq_offset;

	/* The C library did that when the program began. */
	need(__rseq_size);
	begin();
	expect("rseq, addr=0x%lx, size=32, flags=1, sig=0x%x, res=0", (long)registered, RSEQ_SIG);
	call(__NR_rseq, registered, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
	expect("rseq, addr=0x1, size=4294967295, flags=-1, sig=0xffffffff, res=-22");
	call(__NR_rseq, 1L, -1, -1, -1);
	end();
}
