// SPDX-License-Identifier: GPL-2.0
/* Extended attributes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "expect.h"

/* On the root file system: the one in memory has no attributes of users. */
#define FILE_	"/root/attributed"
#define LINK	"/root/attributing"

/* A file with the attribute user.a, "alpha", and a symbolic link to it with trusted.l, "lambda". */
static int make_file_and_link(void)
{
	int fd = open(FILE_, O_CREAT | O_RDWR | O_TRUNC, 0600);

	unlink(LINK);
	need(fd >= 0 && !symlink(FILE_, LINK));
	need(!fsetxattr(fd, "user.a", "alpha", 5, 0) && !lsetxattr(LINK, "trusted.l", "lambda", 6, 0));
	return fd;
}

PROMISE(setxattr_has_path_name_data_size_flags_and_result)
{
	make_file_and_link();
	begin();
	call(__NR_setxattr, LINK, "user.b", "a, b", 4L, XATTR_CREATE);
	expect("setxattr, path=" LINK ", name=user.b%s, size=4, flags=1, res=0", data("a, b", 4));
	call(__NR_setxattr, "/nowhere", "user.b", "", 0L, 0);
	expect("setxattr, path=/nowhere, name=user.b%s, size=0, flags=0, res=-2", data("", 0));
	call(__NR_lsetxattr, LINK, "trusted.l", "more", 4L, XATTR_REPLACE);
	expect("lsetxattr, path=" LINK ", name=trusted.l%s, size=4, flags=2, res=0", data("more", 4));
	call(__NR_lsetxattr, LINK, "", "x", 1L, -1);
	expect("lsetxattr, path=" LINK ", name=\"\"%s, size=1, flags=-1, res=-22", data("x", 1));
	call(__NR_fsetxattr, -1, "user.b", "x", 1L, 0);
	expect("fsetxattr, fd=-1, name=user.b%s, size=1, flags=0, res=-9", data("x", 1));
	end();
}

PROMISE(getxattr_has_path_name_where_to_size_result_and_data)
{
	int fd = make_file_and_link();
	char buf[20];

	begin();
	call(__NR_getxattr, LINK, "user.a", buf, sizeof(buf));
	expect("getxattr, path=" LINK ", name=user.a, at=0x%lx, size=20, res=5%s", (long)buf, data("alpha", 5));
	expect("getxattr, path=" LINK ", name=user.none, at=0x0, size=0, res=-61");
	call(__NR_getxattr, LINK, "user.none", 0L, 0L);
	call(__NR_lgetxattr, LINK, "trusted.l", buf, sizeof(buf));
	expect("lgetxattr, path=" LINK ", name=trusted.l, at=0x%lx, size=20, res=6%s", (long)buf, data("lambda", 6));
	expect("lgetxattr, path=/nowhere, name=user.a, at=0x%lx, size=20, res=-2", (long)buf);
	call(__NR_lgetxattr, "/nowhere", "user.a", buf, sizeof(buf));
	call(__NR_fgetxattr, fd, "user.a", buf, sizeof(buf));
	expect("fgetxattr, fd=%d, name=user.a, at=0x%lx, size=20, res=5%s", fd, (long)buf, data("alpha", 5));
	expect("fgetxattr, fd=%d, name=user.a, at=0x%lx, size=4, res=-34", fd, (long)buf);
	call(__NR_fgetxattr, fd, "user.a", buf, 4L);
	end();
}

PROMISE(listxattr_has_path_where_to_size_result_and_data)
{
	int fd = make_file_and_link();
	char buf[20];

	begin();
	call(__NR_listxattr, LINK, buf, sizeof(buf));
	expect("listxattr, path=" LINK ", at=0x%lx, size=20, res=7%s", (long)buf, data("user.a", 7));
	expect("listxattr, path=/nowhere, at=0x0, size=0, res=-2");
	call(__NR_listxattr, "/nowhere", 0L, 0L);
	call(__NR_llistxattr, LINK, buf, sizeof(buf));
	expect("llistxattr, path=" LINK ", at=0x%lx, size=20, res=10%s", (long)buf, data("trusted.l", 10));
	expect("llistxattr, path=\"\", at=0x%lx, size=20, res=-2", (long)buf);
	call(__NR_llistxattr, "", buf, sizeof(buf));
	call(__NR_flistxattr, fd, buf, sizeof(buf));
	expect("flistxattr, fd=%d, at=0x%lx, size=20, res=7%s", fd, (long)buf, data("user.a", 7));
	expect("flistxattr, fd=%d, at=0x%lx, size=6, res=-34", fd, (long)buf);
	call(__NR_flistxattr, fd, buf, 6L);
	end();
}

PROMISE(removexattr_has_path_name_and_result)
{
	int fd = make_file_and_link();

	begin();
	expect("removexattr, path=" LINK ", name=user.a, res=0");
	call(__NR_removexattr, LINK, "user.a");
	expect("removexattr, path=" LINK ", name=user.a, res=-61");
	call(__NR_removexattr, LINK, "user.a");
	expect("lremovexattr, path=" LINK ", name=trusted.l, res=0");
	call(__NR_lremovexattr, LINK, "trusted.l");
	expect("lremovexattr, path=/nowhere, name=trusted.l, res=-2");
	call(__NR_lremovexattr, "/nowhere", "trusted.l");
	expect("fremovexattr, fd=%d, name=user.a, res=-61", fd);
	call(__NR_fremovexattr, fd, "user.a");
	end();
}
