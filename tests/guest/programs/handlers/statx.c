// SPDX-License-Identifier: GPL-2.0
/* The extended status of files. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "expect.h"

PROMISE(statx_has_dir_path_flags_mask_result_and_stat)
{
	struct statx got;
	struct stat known;
	int fd = open("/tmp/owned", O_CREAT | O_RDWR, 0640);

	need(!ftruncate(fd, 4321) && !fchown(fd, 12, 34) && !fstat(fd, &known));
	begin();
	call(__NR_statx, AT_FDCWD, "/tmp/owned", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &got);
	expect("statx, dir=-100, path=/tmp/owned, flags=256, mask=0x7ff, res=0, "
	       "stat={mask=0x%x mode=0%o uid=12 gid=34 ino=%lu size=4321 attributes=0x%llx}",
	       got.stx_mask, known.st_mode, known.st_ino, got.stx_attributes);
	expect("statx, dir=-100, path=/nowhere, flags=0, mask=0x0, res=-2");
	call(__NR_statx, AT_FDCWD, "/nowhere", 0, 0, &got);
	end();
}
