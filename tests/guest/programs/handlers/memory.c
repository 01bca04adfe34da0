// SPDX-License-Identifier: GPL-2.0
/* A process's address space. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "expect.h"

#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)

PROMISE(mmap_has_all_arguments_and_an_address)
{
	int fd = open("/etc/hosts", O_RDONLY);
	long res;

	begin();
	res = call(__NR_mmap, 0, 8192, PROT_READ | PROT_WRITE, ANON, -1, 0);
	expect("mmap, addr=0x0, length=8192, prot=3, flags=%d, fd=-1, offset=0, res=0x%lx", ANON, res);
	expect("mmap, addr=0x%lx, length=4096, prot=1, flags=%d, fd=%d, offset=4096, res=0x%lx", res,
	       MAP_SHARED | MAP_FIXED, fd, res);
	call(__NR_mmap, res, 4096, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 4096);
	expect("mmap, addr=0x0, length=0, prot=0, flags=%d, fd=-1, offset=0, res=-22", ANON);
	call(__NR_mmap, 0, 0, 0, ANON, -1, 0);
	expect("munmap, addr=0x%lx, length=8192, res=0", res);
	call(__NR_munmap, res, 8192);
	end();
}

PROMISE(munmap_has_addr_length_and_result)
{
	begin();
	expect("munmap, addr=0x1, length=18446744073709551615, res=-22");
	call(__NR_munmap, 1L, -1L);
	end();
}
