// SPDX-License-Identifier: GPL-2.0
/* What the kernel says of a file by its name, and when it was used last. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

#define CWD	AT_FDCWD
#define FILE_	"/tmp/described"
#define LINK	"/tmp/describing"

/* A file of which everything is known, and a symbolic link to it. */
static void make_file_and_link(void)
{
	int fd = open(FILE_, O_CREAT | O_RDWR | O_TRUNC, 0600);

	need(!ftruncate(fd, 4321) && !fchown(fd, 12, 34) && !fchmod(fd, 04751) && !close(fd));
	unlink(LINK);
	need(!symlink(FILE_, LINK));
}

static struct stat stat_of(const char *path)
{
	struct stat known;

	need(!lstat(path, &known));
	return known;
}

/* How a record has it, from what the C library said. */
#define STAT	"stat={dev=0x%lx ino=%lu mode=0%o nlink=%lu uid=%u gid=%u size=%ld rdev=0x%lx}"
#define OF(known)										\
	(known).st_dev, (known).st_ino, (known).st_mode, (unsigned long)(known).st_nlink,	\
	(known).st_uid, (known).st_gid, (known).st_size, (known).st_rdev

PROMISE(newfstatat_has_dir_path_flags_result_and_stat)
{
	struct stat got, known;
	int dir, fd;

	make_file_and_link();
	dir = open("/tmp", O_RDONLY);
	fd = open(FILE_, O_RDONLY);
	known = stat_of(FILE_);
	need(known.st_mode == 0104751 && known.st_uid == 12 && known.st_gid == 34 && known.st_size == 4321);
	begin();
	expect("newfstatat, dir=-100, path=" LINK ", flags=0, res=0, " STAT, OF(known));
	call(__NR_newfstatat, CWD, LINK, &got, 0);
	expect("newfstatat, dir=%d, path=described, flags=0, res=0, " STAT, dir, OF(known));
	call(__NR_newfstatat, dir, "described", &got, 0);
	expect("newfstatat, dir=%d, path=\"\", flags=4096, res=0, " STAT, fd, OF(known));
	call(__NR_newfstatat, fd, "", &got, AT_EMPTY_PATH);
	end();
	known = stat_of(LINK);
	begin();
	expect("newfstatat, dir=-100, path=" LINK ", flags=256, res=0, " STAT, OF(known));
	call(__NR_newfstatat, CWD, LINK, &got, AT_SYMLINK_NOFOLLOW);
	expect("newfstatat, dir=-100, path=/nowhere, flags=0, res=-2");
	call(__NR_newfstatat, CWD, "/nowhere", &got, 0);
	expect("newfstatat, dir=-1, path=<null>, flags=-1, res=-22");
	call(__NR_newfstatat, -1, 0, &got, -1);
	end();
}

#ifdef __NR_stat
PROMISE(stat_has_path_result_and_stat)
{
	struct stat got, known;

	make_file_and_link();
	known = stat_of(FILE_);
	begin();
	expect("stat, path=" LINK ", res=0, " STAT, OF(known));
	call(__NR_stat, LINK, &got);
	expect("stat, path=/nowhere, res=-2");
	call(__NR_stat, "/nowhere", &got);
	end();
}

PROMISE(lstat_has_path_result_and_stat)
{
	struct stat got, known;

	make_file_and_link();
	known = stat_of(LINK);
	begin();
	expect("lstat, path=" LINK ", res=0, " STAT, OF(known));
	call(__NR_lstat, LINK, &got);
	expect("lstat, path=\"\", res=-2");
	call(__NR_lstat, "", &got);
	end();
}
#endif

#ifdef __NR_access
PROMISE(access_has_path_mode_and_result)
{
	begin();
	expect("access, path=/etc/hosts, mode=4, res=0");
	call(__NR_access, "/etc/hosts", R_OK);
	expect("access, path=/nowhere, mode=0, res=-2");
	call(__NR_access, "/nowhere", F_OK);
	expect("access, path=/tmp, mode=-1, res=-22");
	call(__NR_access, "/tmp", -1);
	end();
}
#endif

PROMISE(faccessat_has_dir_path_mode_and_result)
{
	int dir = open("/etc", O_RDONLY);

	begin();
	expect("faccessat, dir=%d, path=hosts, mode=6, res=0", dir);
	call(__NR_faccessat, dir, "hosts", R_OK | W_OK);
	expect("faccessat, dir=-100, path=/etc/hosts, mode=1, res=-13");
	call(__NR_faccessat, CWD, "/etc/hosts", X_OK);
	expect("faccessat, dir=-1, path=x, mode=0, res=-9");
	call(__NR_faccessat, -1, "x", F_OK);
	end();
}

PROMISE(faccessat2_has_dir_path_mode_flags_and_result)
{
	int dir = open("/etc", O_RDONLY);

	begin();
	expect("faccessat2, dir=%d, path=hosts, mode=4, flags=512, res=0", dir);
	call(__NR_faccessat2, dir, "hosts", R_OK, AT_EACCESS);
	expect("faccessat2, dir=-100, path=/nowhere, mode=0, flags=0, res=-2");
	call(__NR_faccessat2, CWD, "/nowhere", F_OK, 0);
	expect("faccessat2, dir=-1, path=x, mode=0, flags=-1, res=-22");
	call(__NR_faccessat2, -1, "x", F_OK, -1);
	end();
}

PROMISE(utimensat_has_dir_path_times_flags_and_result)
{
	struct timespec times[] = { { 1, 2 }, { 3000000000, 999999999 } }, wrong[] = { { -1, -2 }, { 0, 0 } };
	int fd;

	make_file_and_link();
	fd = open(FILE_, O_RDONLY);
	begin();
	expect("utimensat, dir=-100, path=" LINK ", times=[{sec=1 nsec=2} {sec=3000000000 nsec=999999999}], flags=256, "
	       "res=0");
	call(__NR_utimensat, CWD, LINK, times, AT_SYMLINK_NOFOLLOW);
	expect("utimensat, dir=%d, path=<null>, times=<null>, flags=0, res=0", fd);
	call(__NR_utimensat, fd, 0, 0, 0);
	expect("utimensat, dir=-100, path=" FILE_ ", times=[{sec=-1 nsec=-2} {sec=0 nsec=0}], flags=0, res=-22");
	call(__NR_utimensat, CWD, FILE_, wrong, 0);
	end();
}

/* How a record has it, from what the C library said. */
#define BLOCKS	"statfs={type=0x%lx bsize=%ld blocks=%lu bfree=%lu bavail=%lu "
#define FILES	"files=%lu ffree=%lu namelen=%ld frsize=%ld flags=0x%lx fsid0=0x%x fsid1=0x%x}"
#define OF_FS(got)											\
	(got).f_type, (got).f_bsize, (got).f_blocks, (got).f_bfree, (got).f_bavail, (got).f_files,	\
	(got).f_ffree, (got).f_namelen, (got).f_frsize, (got).f_flags, (got).f_fsid.__val[0],		\
	(got).f_fsid.__val[1]

PROMISE(statfs_has_path_where_to_result_and_statfs)
{
	struct statfs got;

	begin();
	call(__NR_statfs, "/proc", &got);
	expect("statfs, path=/proc, at=0x%lx, res=0, " BLOCKS FILES, (long)&got, OF_FS(got));
	expect("statfs, path=/nowhere, at=0x7, res=-2");
	call(__NR_statfs, "/nowhere", 7L);
	end();
	need(got.f_type == 0x9fa0);
}

PROMISE(fstatfs_has_fd_where_to_result_and_statfs)
{
	int fd = open("/proc", O_RDONLY);
	struct statfs got;

	begin();
	call(__NR_fstatfs, fd, &got);
	expect("fstatfs, fd=%d, at=0x%lx, res=0, " BLOCKS FILES, fd, (long)&got, OF_FS(got));
	expect("fstatfs, fd=-1, at=0x0, res=-9");
	call(__NR_fstatfs, -1, 0L);
	end();
}

PROMISE(getdents64_has_fd_where_to_size_and_result)
{
	int dir = open("/etc", O_RDONLY | O_DIRECTORY), again = open("/etc", O_RDONLY), file = open("/etc/hosts", O_RDONLY);
	char buf[4096];
	long res;

	begin();
	res = call(__NR_getdents64, dir, buf, sizeof(buf));
	expect("getdents64, fd=%d, at=0x%lx, size=4096, res=%ld", dir, (long)buf, res);
	expect("getdents64, fd=%d, at=0x0, size=0, res=-22", again);
	call(__NR_getdents64, again, 0L, 0);
	expect("getdents64, fd=%d, at=0x%lx, size=4294967295, res=-20", file, (long)buf);
	call(__NR_getdents64, file, buf, -1);
	end();
	need(res > 100);
}

#ifdef __NR_readlink
PROMISE(readlink_has_path_size_result_and_target)
{
	char buf[64];

	make_file_and_link();
	begin();
	expect("readlink, path=" LINK ", size=64, res=14, target=" FILE_);
	call(__NR_readlink, LINK, buf, sizeof(buf));
	/* The kernel puts no NUL behind it. */
	memset(buf, 'x', sizeof(buf));
	expect("readlink, path=" LINK ", size=4, res=4, target=/tmp");
	call(__NR_readlink, LINK, buf, 4);
	expect("readlink, path=" FILE_ ", size=-1, res=-22");
	call(__NR_readlink, FILE_, buf, -1);
	end();
}
#endif
