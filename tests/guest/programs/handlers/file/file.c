// SPDX-License-Identifier: GPL-2.0
/* Opening, reading, writing and describing files. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "expect.h"

#define CWD	AT_FDCWD

PROMISE(openat_has_dir_path_flags_mode_and_result)
{
	int dir = open("/tmp", O_RDONLY | O_DIRECTORY);
	long res;

	begin();
	res = call(__NR_openat, CWD, "/etc/hosts", O_CLOEXEC, 0);
	expect("openat, dir=-100, path=/etc/hosts, flags=%d, mode=0, res=%ld", O_CLOEXEC, res);
	res = call(__NR_openat, dir, "made", O_CREAT | O_RDWR | O_TRUNC, 0640);
	expect("openat, dir=%d, path=made, flags=%d, mode=416, res=%ld", dir, O_CREAT | O_RDWR | O_TRUNC, res);
	res = call(__NR_openat, CWD, "/tmp", O_DIRECTORY | O_NOFOLLOW, 0);
	expect("openat, dir=-100, path=/tmp, flags=%d, mode=0, res=%ld", O_DIRECTORY | O_NOFOLLOW, res);
	expect("openat, dir=-100, path=/nowhere, flags=0, mode=0, res=-2");
	call(__NR_openat, CWD, "/nowhere", 0, 0);
	expect("openat, dir=-1, path=x, flags=0, mode=4294967295, res=-9");
	call(__NR_openat, -1, "x", 0, -1);
	end();
}

#ifdef __NR_open
PROMISE(open_has_path_flags_mode_and_result)
{
	long res;

	begin();
	res = call(__NR_open, "/tmp/made", O_CREAT | O_APPEND | O_WRONLY, 0600);
	expect("open, path=/tmp/made, flags=%d, mode=384, res=%ld", O_CREAT | O_APPEND | O_WRONLY, res);
	expect("open, path=\"\", flags=0, mode=0, res=-2");
	call(__NR_open, "", 0, 0);
	end();
}
#endif

#ifdef __NR_creat
PROMISE(creat_has_path_mode_and_result)
{
	long res;

	begin();
	res = call(__NR_creat, "/tmp/made", 0755);
	expect("creat, path=/tmp/made, mode=493, res=%ld", res);
	expect("creat, path=/tmp, mode=0, res=-21");
	call(__NR_creat, "/tmp", 0);
	end();
}
#endif

PROMISE(close_has_fd_and_result)
{
	int fd = open("/etc/hosts", O_RDONLY);

	begin();
	expect("close, fd=%d, res=0", fd);
	call(__NR_close, fd);
	expect("close, fd=%d, res=-9", fd);
	call(__NR_close, fd);
	expect("close, fd=-1, res=-9");
	call(__NR_close, -1L);
	/* The kernel takes 32 bits of the register. */
	expect("close, fd=-77, res=-9");
	call(__NR_close, 0x1ffffffb3L);
	end();
}

PROMISE(dup_has_oldfd_and_result)
{
	long res;

	begin();
	res = call(__NR_dup, 1);
	expect("dup, oldfd=1, res=%ld", res);
	expect("dup, oldfd=1000, res=-9");
	call(__NR_dup, 1000);
	end();
}

PROMISE(read_has_fd_size_result_and_data)
{
	int ends[2];
	char buf[16];

	need(!pipe(ends) && write(ends[1], "hello", 5) == 5);
	need(!close(ends[1]));
	begin();
	call(__NR_read, ends[0], buf, sizeof(buf));
	expect("read, fd=%d, size=16, res=5%s", ends[0], data("hello", 5));
	call(__NR_read, ends[0], buf, sizeof(buf));
	expect("read, fd=%d, size=16, res=0%s", ends[0], data("", 0));
	expect("read, fd=-1, size=16, res=-9");
	call(__NR_read, -1, buf, sizeof(buf));
	end();
}

PROMISE(write_has_fd_data_size_and_result)
{
	int ends[2];

	need(!pipe(ends));
	begin();
	call(__NR_write, ends[1], "hello", 5);
	expect("write, fd=%d%s, size=5, res=5", ends[1], data("hello", 5));
	call(__NR_write, ends[1], "", 0);
	expect("write, fd=%d%s, size=0, res=0", ends[1], data("", 0));
	call(__NR_write, -1, "a b", 3);
	expect("write, fd=-1%s, size=3, res=-9", data("a b", 3));
	end();
}

PROMISE(writev_has_fd_gathered_data_iovcnt_and_result)
{
	struct iovec parts[] = { { "one", 3 }, { NULL, 0 }, { "two", 3 }, { "three", 5 } };
	int ends[2];

	need(!pipe(ends));
	begin();
	call(__NR_writev, ends[1], parts, 4);
	expect("writev, fd=%d%s, iovcnt=4, sizes=[{len=3} {len=0} {len=3} {len=5}], res=11", ends[1],
	       data("onetwothree", 11));
	call(__NR_writev, ends[1], parts, 0);
	expect("writev, fd=%d%s, iovcnt=0, sizes=[], res=0", ends[1], data("", 0));
	end();
}

PROMISE(writev_of_more_parts_than_are_read_is_marked)
{
	struct iovec parts[65];
	char bytes[65], sizes[64 * 8];
	int i, ends[2];

	for (i = 0; i < 65; i++) {
		bytes[i] = 'A' + i % 26;
		parts[i] = (struct iovec){ &bytes[i], 1 };
	}
	for (i = 0; i < 64; i++)
		strcpy(sizes + i * 8, i < 63 ? "{len=1} " : "{len=1}");
	need(!pipe(ends));
	begin();
	call(__NR_writev, ends[1], parts, 64);
	expect("writev, fd=%d%s, iovcnt=64, sizes=[%s], res=64", ends[1], data(bytes, 64), sizes);
	call(__NR_writev, ends[1], parts, 65);
	expect("writev, fd=%d%s, iovcnt=65, sizes(part)=[%s], res=65", ends[1], marked_data("(part)", bytes, 64), sizes);
	end();
}

PROMISE(lseek_has_fd_offset_whence_and_result)
{
	int fd = open("/tmp/made", O_CREAT | O_RDWR, 0600);

	begin();
	expect("lseek, fd=%d, offset=8589934592, whence=0, res=8589934592", fd);
	call(__NR_lseek, fd, 8589934592L, SEEK_SET);
	expect("lseek, fd=%d, offset=-2, whence=1, res=8589934590", fd);
	call(__NR_lseek, fd, -2L, SEEK_CUR);
	expect("lseek, fd=%d, offset=-1, whence=0, res=-22", fd);
	call(__NR_lseek, fd, -1L, SEEK_SET);
	expect("lseek, fd=%d, offset=0, whence=99, res=-22", fd);
	call(__NR_lseek, fd, 0L, 99);
	end();
}

PROMISE(ioctl_has_fd_req_argp_and_result)
{
	int ends[2], waiting;

	need(!pipe(ends));
	begin();
	expect("ioctl, fd=%d, req=%u, argp=0x%lx, res=0", ends[0], (unsigned int)FIONREAD, (long)&waiting);
	call(__NR_ioctl, ends[0], FIONREAD, &waiting);
	expect("ioctl, fd=%d, req=4294967295, argp=0x0, res=-25", ends[0]);
	call(__NR_ioctl, ends[0], -1L, 0);
	end();
}

PROMISE(fstat_has_fd_result_and_stat)
{
	int fd = open("/etc/hosts", O_RDONLY), device = open("/dev/null", O_RDONLY);
	struct stat got, known, null;

	need(!fstat(fd, &known) && !fstat(device, &null));
	begin();
	call(__NR_fstat, fd, &got);
	expect("fstat, fd=%d, res=0, stat={dev=0x%lx ino=%lu mode=0%o nlink=%lu uid=%u gid=%u size=%ld rdev=0x0}", fd,
	       known.st_dev, known.st_ino, known.st_mode, (unsigned long)known.st_nlink, known.st_uid, known.st_gid,
	       known.st_size);
	call(__NR_fstat, device, &got);
	expect("fstat, fd=%d, res=0, stat={dev=0x%lx ino=%lu mode=0%o nlink=%lu uid=0 gid=0 size=0 rdev=0x103}", device,
	       null.st_dev, null.st_ino, null.st_mode, (unsigned long)null.st_nlink);
	expect("fstat, fd=-1, res=-9");
	call(__NR_fstat, -1, &got);
	end();
}

PROMISE(getcwd_has_size_result_and_path)
{
	char buf[PATH_MAX];

	need(!mkdir("/tmp/a, b", 0700) || !access("/tmp/a, b", X_OK));
	need(!chdir("/tmp"));
	begin();
	expect("getcwd, size=4096, res=5, path=/tmp");
	call(__NR_getcwd, buf, sizeof(buf));
	expect("getcwd, size=4, res=-34");
	call(__NR_getcwd, buf, 4);
	expect("chdir, path=\"a, b\", res=0");
	call(__NR_chdir, "a, b");
	expect("getcwd, size=4096, res=10, path=\"/tmp/a, b\"");
	call(__NR_getcwd, buf, sizeof(buf));
	end();
}

PROMISE(readlinkat_has_dir_path_size_result_and_target)
{
	int dir = open("/tmp", O_RDONLY);
	char buf[64];

	unlink("/tmp/link");
	need(!symlink("/etc/hosts", "/tmp/link"));
	begin();
	expect("readlinkat, dir=-100, path=/tmp/link, size=64, res=10, target=/etc/hosts");
	call(__NR_readlinkat, CWD, "/tmp/link", buf, sizeof(buf));
	/* The kernel puts no NUL behind it. */
	memset(buf, 'x', sizeof(buf));
	expect("readlinkat, dir=%d, path=link, size=4, res=4, target=/etc", dir);
	call(__NR_readlinkat, dir, "link", buf, 4);
	expect("readlinkat, dir=-100, path=/tmp, size=64, res=-22");
	call(__NR_readlinkat, CWD, "/tmp", buf, sizeof(buf));
	end();
}
