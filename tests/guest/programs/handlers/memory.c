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

static long map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	need(memory != MAP_FAILED);
	return (long)memory;
}

PROMISE(mremap_has_all_arguments_and_an_address)
{
	long memory = map(8192), place = map(4096), res;

	begin();
	expect("mremap, addr=0x%lx, old_length=8192, new_length=4096, flags=0, new_addr=0x0, res=0x%lx", memory, memory);
	call(__NR_mremap, memory, 8192L, 4096L, 0L, 0L);
	res = call(__NR_mremap, memory, 4096L, 4096L, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	expect("mremap, addr=0x%lx, old_length=4096, new_length=4096, flags=3, new_addr=0x%lx, res=0x%lx", memory, place,
	       place);
	expect("mremap, addr=0x1, old_length=18446744073709551615, new_length=0, flags=18446744073709551615, "
	       "new_addr=0x2, res=-22");
	call(__NR_mremap, 1L, -1L, 0L, -1L, 2L);
	end();
	need(res == place);
}

PROMISE(mprotect_has_addr_length_prot_and_result)
{
	long memory = map(8192);

	begin();
	expect("mprotect, addr=0x%lx, length=8192, prot=1, res=0", memory);
	call(__NR_mprotect, memory, 8192L, PROT_READ);
	expect("mprotect, addr=0x1, length=4096, prot=0, res=-22");
	call(__NR_mprotect, 1L, 4096L, PROT_NONE);
	expect("mprotect, addr=0x%lx, length=18446744073709551615, prot=18446744073709551615, res=-22", memory);
	call(__NR_mprotect, memory, -1L, -1L);
	end();
}

PROMISE(madvise_has_addr_length_advice_and_result)
{
	long memory = map(8192);

	begin();
	expect("madvise, addr=0x%lx, length=8192, advice=4, res=0", memory);
	call(__NR_madvise, memory, 8192L, MADV_DONTNEED);
	expect("madvise, addr=0x%lx, length=18446744073709551615, advice=-1, res=-22", memory);
	call(__NR_madvise, memory, -1L, -1);
	end();
}

/* It never fails: what it returns says where the end is. */
PROMISE(brk_has_addr_and_where_the_heap_ends)
{
	long heap_end;

	begin();
	heap_end = call(__NR_brk, 0L);
	expect("brk, addr=0x0, res=0x%lx", heap_end);
	expect("brk, addr=0x%lx, res=0x%lx", heap_end + 8192, heap_end + 8192);
	call(__NR_brk, heap_end + 8192);
	expect("brk, addr=0x1, res=0x%lx", heap_end + 8192);
	call(__NR_brk, 1L);
	expect("brk, addr=0x%lx, res=0x%lx", heap_end, heap_end);
	call(__NR_brk, heap_end);
	end();
}
