// SPDX-License-Identifier: GPL-2.0
/* What the kernel has for everyone. */
#define _GNU_SOURCE
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "expect.h"

PROMISE(getrandom_has_size_flags_result_and_data)
{
	char buf[300];

	begin();
	call(__NR_getrandom, buf, 16L, GRND_NONBLOCK);
	expect("getrandom, size=16, flags=1, res=16%s", data(buf, 16));
	call(__NR_getrandom, buf, sizeof(buf), 0);
	expect("getrandom, size=300, flags=0, res=300%s", data(buf, 300));
	expect("getrandom, size=18446744073709551615, flags=4294967295, res=-22");
	call(__NR_getrandom, buf, -1L, -1);
	end();
}

PROMISE(sysinfo_has_result_and_info)
{
	void *bad = inaccessible();
	struct sysinfo got;

	begin();
	call(__NR_sysinfo, &got);
	expect("sysinfo, res=0, "
	       "info={uptime=%ld totalram=%lu freeram=%lu totalswap=%lu procs=%u mem_unit=%u sharedram=%lu "
	       "bufferram=%lu freeswap=%lu totalhigh=%lu freehigh=%lu "
	       "load1=%lu load5=%lu load15=%lu}",
	       got.uptime, got.totalram, got.freeram, got.totalswap, got.procs, got.mem_unit, got.sharedram,
	       got.bufferram, got.freeswap, got.totalhigh, got.freehigh, got.loads[0], got.loads[1], got.loads[2]);
	expect("sysinfo, res=-14");
	call(__NR_sysinfo, bad);
	end();
}
