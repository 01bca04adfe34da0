// SPDX-License-Identifier: GPL-2.0
/* Clocks, and waiting for a time. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

PROMISE(nanosleep_has_the_requested_interval)
{
	struct timespec interval = { 0, 1000 }, wrong = { 5, 1000000000 };

	begin();
	expect("nanosleep, interval={sec=0 nsec=1000}, rem=0x%lx, res=0", (long)&interval);
	/* What is left is written over what was asked for; the record is of what was asked for. */
	call(__NR_nanosleep, &interval, &interval);
	expect("nanosleep, interval={sec=5 nsec=1000000000}, rem=0x0, res=-22");
	call(__NR_nanosleep, &wrong, 0);
	end();
}

PROMISE(clock_nanosleep_has_clock_flags_and_interval)
{
	struct timespec past = { 1, 0 }, none = { 0, 0 };

	begin();
	expect("clock_nanosleep, clock=1, flags=1, interval={sec=1 nsec=0}, rem=0x0, res=0");
	call(__NR_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &past, 0);
	expect("clock_nanosleep, clock=99, flags=0, interval={sec=0 nsec=0}, rem=0x7, res=-22");
	call(__NR_clock_nanosleep, 99, 0, &none, 7L);
	end();
}

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
