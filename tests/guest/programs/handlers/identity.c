// SPDX-License-Identifier: GPL-2.0
/* Calls that take nothing. */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "expect.h"

#define EXPECT_RESULT(name)	expect(#name ", res=%ld", call(__NR_##name))

PROMISE(identity_is_a_result)
{
	begin();
	EXPECT_RESULT(getuid);
	EXPECT_RESULT(geteuid);
	EXPECT_RESULT(getgid);
	EXPECT_RESULT(getegid);
	EXPECT_RESULT(getpid);
	EXPECT_RESULT(gettid);
	EXPECT_RESULT(getppid);
	end();
}

PROMISE(a_user_above_2_31_is_not_negative)
{
	/* The real user only, so that what follows is still allowed. */
	need(!setresuid(4294967000U, -1, -1));
	begin();
	expect("getuid, res=4294967000");
	call(__NR_getuid);
	end();
}
