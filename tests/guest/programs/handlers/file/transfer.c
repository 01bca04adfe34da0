// SPDX-License-Identifier: GPL-2.0
/* Content at a place in a file, content from one file to another, and how large files are. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "expect.h"

/* A file of so many bytes, which is gone when it is closed. */
static int file_of(const char *bytes, size_t len)
{
	int fd = memfd_create("transfer", 0);

	need(fd >= 0 && write(fd, bytes, len) == (ssize_t)len && !lseek(fd, 0, SEEK_SET));
	return fd;
}

PROMISE(pread64_has_fd_size_offset_result_and_data)
{
	int fd = file_of("0123456789", 10);
	char buf[16];

	begin();
	call(__NR_pread64, fd, buf, 4, 3L);
	expect("pread64, fd=%d, size=4, offset=3, res=4%s", fd, data("3456", 4));
	call(__NR_pread64, fd, buf, sizeof(buf), 8L);
	expect("pread64, fd=%d, size=16, offset=8, res=2%s", fd, data("89", 2));
	call(__NR_pread64, fd, buf, sizeof(buf), 8589934592L);
	expect("pread64, fd=%d, size=16, offset=8589934592, res=0%s", fd, data("", 0));
	expect("pread64, fd=%d, size=16, offset=-1, res=-22", fd);
	call(__NR_pread64, fd, buf, sizeof(buf), -1L);
	expect("pread64, fd=-1, size=18446744073709551615, offset=0, res=-9");
	call(__NR_pread64, -1, buf, -1L, 0L);
	end();
}

PROMISE(pwrite64_has_fd_data_size_offset_and_result)
{
	int fd = file_of("", 0);

	begin();
	call(__NR_pwrite64, fd, "a, b", 4, 8589934592L);
	expect("pwrite64, fd=%d%s, size=4, offset=8589934592, res=4", fd, data("a, b", 4));
	call(__NR_pwrite64, fd, "x", 1, -2L);
	expect("pwrite64, fd=%d%s, size=1, offset=-2, res=-22", fd, data("x", 1));
	call(__NR_pwrite64, -1, "", 0, 0L);
	expect("pwrite64, fd=-1%s, size=0, offset=0, res=-9", data("", 0));
	end();
}

#define THREE	"{len=3} {len=0} {len=20}"

PROMISE(readv_has_fd_iovcnt_result_and_gathered_data)
{
	char first[3], last[20];
	struct iovec parts[] = { { first, 3 }, { NULL, 0 }, { last, 20 } };
	int fd = file_of("from file to parts", 18);

	begin();
	call(__NR_readv, fd, parts, 1);
	expect("readv, fd=%d, iovcnt=1, sizes=[{len=3}], res=3%s", fd, data("fro", 3));
	call(__NR_readv, fd, parts, 3);
	expect("readv, fd=%d, iovcnt=3, sizes=[" THREE "], res=15%s", fd, data("m file to parts", 15));
	call(__NR_readv, fd, parts, 3);
	expect("readv, fd=%d, iovcnt=3, sizes=[" THREE "], res=0%s", fd, data("", 0));
	expect("readv, fd=%d, iovcnt=18446744073709551615, sizes=<null>, res=-22", fd);
	call(__NR_readv, fd, 0L, -1L);
	expect("readv, fd=-1, iovcnt=1, sizes=[{len=3}], res=-9");
	call(__NR_readv, -1, parts, 1);
	end();
}

PROMISE(sendfile_has_both_files_offset_size_and_result)
{
	int from = file_of("0123456789", 10), ends[2];
	off_t offset = 2;

	need(!pipe(ends));
	begin();
	/* Where it came to is written over where it began. */
	expect("sendfile, out_fd=%d, in_fd=%d, offset=2, size=5, res=5", ends[1], from);
	call(__NR_sendfile, ends[1], from, &offset, 5);
	expect("sendfile, out_fd=%d, in_fd=%d, offset=7, size=5, res=3", ends[1], from);
	call(__NR_sendfile, ends[1], from, &offset, 5);
	expect("sendfile, out_fd=%d, in_fd=%d, offset=<null>, size=4, res=4", ends[1], from);
	call(__NR_sendfile, ends[1], from, 0, 4);
	offset = -3;
	expect("sendfile, out_fd=%d, in_fd=%d, offset=-3, size=8589934592, res=-22", ends[1], from);
	call(__NR_sendfile, ends[1], from, &offset, 8589934592L);
	expect("sendfile, out_fd=-1, in_fd=-2, offset=<null>, size=0, res=-9");
	call(__NR_sendfile, -1, -2, 0, 0);
	end();
}

PROMISE(copy_file_range_has_both_files_and_offsets_size_flags_and_result)
{
	int from = file_of("0123456789", 10), to = file_of("", 0);
	off_t in = 2, out = 1;

	begin();
	expect("copy_file_range, fd_in=%d, off_in=2, fd_out=%d, off_out=1, size=5, flags=0, res=5", from, to);
	call(__NR_copy_file_range, from, &in, to, &out, 5L, 0);
	expect("copy_file_range, fd_in=%d, off_in=<null>, fd_out=%d, off_out=<null>, size=8589934592, flags=4294967295, "
	       "res=-22", from, to);
	call(__NR_copy_file_range, from, 0L, to, 0L, 8589934592L, -1);
	end();
}

PROMISE(truncate_has_path_size_and_result)
{
	need(close(open("/tmp/sized", O_CREAT | O_WRONLY, 0600)) == 0);
	begin();
	expect("truncate, path=/tmp/sized, size=8589934592, res=0");
	call(__NR_truncate, "/tmp/sized", 8589934592L);
	expect("truncate, path=/tmp/sized, size=-1, res=-22");
	call(__NR_truncate, "/tmp/sized", -1L);
	expect("truncate, path=/nowhere, size=0, res=-2");
	call(__NR_truncate, "/nowhere", 0L);
	end();
	unlink("/tmp/sized");
}

PROMISE(ftruncate_has_fd_size_and_result)
{
	int fd = file_of("much", 4);

	begin();
	expect("ftruncate, fd=%d, size=1, res=0", fd);
	call(__NR_ftruncate, fd, 1L);
	expect("ftruncate, fd=%d, size=-1, res=-22", fd);
	call(__NR_ftruncate, fd, -1L);
	expect("ftruncate, fd=-1, size=8589934592, res=-9");
	call(__NR_ftruncate, -1, 8589934592L);
	end();
}

PROMISE(fsync_and_fdatasync_have_fd_and_result)
{
	int fd = file_of("dirty", 5), ends[2];

	need(!pipe(ends));
	begin();
	expect("fsync, fd=%d, res=0", fd);
	call(__NR_fsync, fd);
	expect("fsync, fd=%d, res=-22", ends[0]);
	call(__NR_fsync, ends[0]);
	expect("fdatasync, fd=%d, res=0", fd);
	call(__NR_fdatasync, fd);
	expect("fdatasync, fd=-1, res=-9");
	call(__NR_fdatasync, -1);
	end();
}

PROMISE(fadvise64_has_fd_offset_length_advice_and_result)
{
	int fd = open("/etc/hosts", O_RDONLY), ends[2];

	need(fd >= 0 && !pipe(ends));
	begin();
	expect("fadvise64, fd=%d, offset=1, length=8589934592, advice=2, res=0", fd);
	call(__NR_fadvise64, fd, 1L, 8589934592L, POSIX_FADV_SEQUENTIAL);
	expect("fadvise64, fd=%d, offset=-1, length=0, advice=-1, res=-22", fd);
	call(__NR_fadvise64, fd, -1L, 0L, -1);
	expect("fadvise64, fd=%d, offset=0, length=0, advice=0, res=-29", ends[0]);
	call(__NR_fadvise64, ends[0], 0L, 0L, POSIX_FADV_NORMAL);
	end();
}
