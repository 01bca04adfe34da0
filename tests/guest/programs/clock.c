// SPDX-License-Identifier: GPL-2.0
/* Clocks. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

PROMISE(clock_gettime_has_clock_result_and_time)
{
	struct timespec now;

	begin();
	call(__NR_clock_gettime, CLOCK_MONOTONIC, &now);
	expect("clock_gettime, clock=1, res=0, time={sec=%ld nsec=%ld}", now.tv_sec, now.tv_nsec);
	expect("clock_gettime, clock=99, res=-22");
	call(__NR_clock_gettime, 99, &now);
	end();
}

PROMISE(gettimeofday_has_result_and_time)
{
	void *bad = inaccessible();
	struct timeval now;

	begin();
	call(__NR_gettimeofday, &now, 0L);
	expect("gettimeofday, timezone=0x0, res=0, time={sec=%ld usec=%ld}", now.tv_sec, now.tv_usec);
	expect("gettimeofday, timezone=0x0, res=-14");
	call(__NR_gettimeofday, bad, 0L);
	end();
}
