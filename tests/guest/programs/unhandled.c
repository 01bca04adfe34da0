// SPDX-License-Identifier: GPL-2.0
/* Calls that no handler is for, and numbers that no call has. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

#include "expect.h"

PROMISE(a_call_without_handler_has_name_and_result)
{
	begin();
	expect("personality, res=%ld", call(__NR_personality, 0xffffffffL));
	expect("sched_get_priority_max, res=99");
	call(__NR_sched_get_priority_max, 1);
	expect("getpriority, res=-22");
	call(__NR_getpriority, 99, 0);
	end();
}

PROMISE(a_number_out_of_the_table_is_unknown)
{
	begin();
	expect("unknown, nr=1000, res=-38");
	call(1000);
	expect("unknown, nr=1073741823, res=-38");
	call(0x3fffffff);
	end();
}

/* On x86_64 these have the bit that marks a call of the x32 ABI, which makes them neither 32-bit nor known. */
PROMISE(a_number_beyond_all_tables_is_unknown)
{
	begin();
	expect("unknown, nr=-1, res=-38");
	call(-1);
	expect("unknown, nr=2147483647, res=-38");
	call(0x7fffffff);
	end();
}
