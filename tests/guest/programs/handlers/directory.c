// SPDX-License-Identifier: GPL-2.0
/* Making, moving and removing what has a name, and whose it is. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "expect.h"

#define CWD	AT_FDCWD

/* An empty directory of this promise's own: it is the working directory, and this an fd of it. */
static int enter_new_directory(void)
{
	char path[] = "/tmp/names-XXXXXX";
	int fd;

	need(mkdtemp(path) && !chdir(path));
	fd = open(".", O_RDONLY | O_DIRECTORY);
	need(fd >= 0);
	umask(0);
	return fd;
}

static int make_file(const char *name)
{
	int fd = open(name, O_CREAT | O_RDWR, 0600);

	need(fd >= 0);
	return fd;
}

#ifdef __NR_mkdir
PROMISE(mkdir_has_path_mode_and_result)
{
	enter_new_directory();
	begin();
	expect("mkdir, path=new, mode=0750, res=0");
	call(__NR_mkdir, "new", 0750);
	expect("mkdir, path=new, mode=0, res=-17");
	call(__NR_mkdir, "new", 0);
	end();
}

PROMISE(rmdir_has_path_and_result)
{
	enter_new_directory();
	need(!mkdir("a, b", 0700));
	begin();
	expect("rmdir, path=\"a, b\", res=0");
	call(__NR_rmdir, "a, b");
	expect("rmdir, path=\"a, b\", res=-2");
	call(__NR_rmdir, "a, b");
	end();
}

PROMISE(unlink_has_path_and_result)
{
	enter_new_directory();
	make_file("file");
	begin();
	expect("unlink, path=file, res=0");
	call(__NR_unlink, "file");
	expect("unlink, path=/tmp, res=-21");
	call(__NR_unlink, "/tmp");
	end();
}

PROMISE(rename_has_oldpath_newpath_and_result)
{
	enter_new_directory();
	make_file("old");
	begin();
	expect("rename, oldpath=old, newpath=new, res=0");
	call(__NR_rename, "old", "new");
	expect("rename, oldpath=old, newpath=\"\", res=-2");
	call(__NR_rename, "old", "");
	end();
}

PROMISE(link_has_oldpath_newpath_and_result)
{
	enter_new_directory();
	make_file("old");
	begin();
	expect("link, oldpath=old, newpath=new, res=0");
	call(__NR_link, "old", "new");
	expect("link, oldpath=new, newpath=old, res=-17");
	call(__NR_link, "new", "old");
	end();
}

PROMISE(symlink_has_target_path_and_result)
{
	enter_new_directory();
	begin();
	expect("symlink, target=/any where, path=new, res=0");
	call(__NR_symlink, "/any where", "new");
	expect("symlink, target=\"\", path=other, res=-2");
	call(__NR_symlink, "", "other");
	end();
}

PROMISE(chmod_has_path_mode_and_result)
{
	enter_new_directory();
	make_file("file");
	begin();
	expect("chmod, path=file, mode=0644, res=0");
	call(__NR_chmod, "file", 0644);
	expect("chmod, path=nothing, mode=04755, res=-2");
	call(__NR_chmod, "nothing", 04755);
	end();
}

PROMISE(chown_and_lchown_have_path_uid_gid_and_result)
{
	enter_new_directory();
	make_file("file");
	begin();
	expect("chown, path=file, uid=12, gid=34, res=0");
	call(__NR_chown, "file", 12, 34);
	expect("chown, path=nothing, uid=4294967295, gid=4294967295, res=-2");
	call(__NR_chown, "nothing", -1, -1);
	expect("lchown, path=file, uid=56, gid=78, res=0");
	call(__NR_lchown, "file", 56, 78);
	expect("lchown, path=nothing, uid=0, gid=4294967295, res=-2");
	call(__NR_lchown, "nothing", 0, -1);
	end();
}
#endif

PROMISE(mkdirat_has_dir_path_mode_and_result)
{
	int dir = enter_new_directory();

	begin();
	expect("mkdirat, dir=-100, path=new, mode=0700, res=0");
	call(__NR_mkdirat, CWD, "new", 0700);
	expect("mkdirat, dir=%d, path=new/newer, mode=01777, res=0", dir);
	call(__NR_mkdirat, dir, "new/newer", 01777);
	expect("mkdirat, dir=-1, path=x, mode=037777777777, res=-9");
	call(__NR_mkdirat, -1, "x", -1);
	end();
}

PROMISE(unlinkat_has_dir_path_flags_and_result)
{
	int dir = enter_new_directory();

	make_file("file");
	need(!mkdir("directory", 0700));
	begin();
	expect("unlinkat, dir=%d, path=file, flags=0, res=0", dir);
	call(__NR_unlinkat, dir, "file", 0);
	expect("unlinkat, dir=-100, path=directory, flags=0, res=-21");
	call(__NR_unlinkat, CWD, "directory", 0);
	expect("unlinkat, dir=-100, path=directory, flags=512, res=0");
	call(__NR_unlinkat, CWD, "directory", AT_REMOVEDIR);
	expect("unlinkat, dir=-1, path=x, flags=-1, res=-22");
	call(__NR_unlinkat, -1, "x", -1);
	end();
}

#ifdef __NR_renameat
PROMISE(renameat_has_both_dirs_both_paths_and_result)
{
	int dir = enter_new_directory();

	make_file("old");
	begin();
	expect("renameat, olddir=%d, oldpath=old, newdir=-100, newpath=new, res=0", dir);
	call(__NR_renameat, dir, "old", CWD, "new");
	expect("renameat, olddir=-1, oldpath=a, newdir=-2, newpath=b, res=-9");
	call(__NR_renameat, -1, "a", -2, "b");
	end();
}
#endif

PROMISE(renameat2_has_both_dirs_both_paths_flags_and_result)
{
	int dir = enter_new_directory();

	make_file("old");
	begin();
	expect("renameat2, olddir=-100, oldpath=old, newdir=%d, newpath=new, flags=1, res=0", dir);
	call(__NR_renameat2, CWD, "old", dir, "new", RENAME_NOREPLACE);
	expect("renameat2, olddir=-100, oldpath=new, newdir=-100, newpath=new, flags=1, res=-17");
	call(__NR_renameat2, CWD, "new", CWD, "new", RENAME_NOREPLACE);
	expect("renameat2, olddir=-1, oldpath=a, newdir=-2, newpath=b, flags=4294967295, res=-22");
	call(__NR_renameat2, -1, "a", -2, "b", -1);
	end();
}

PROMISE(linkat_has_both_dirs_both_paths_flags_and_result)
{
	int dir = enter_new_directory();

	make_file("old");
	begin();
	expect("linkat, olddir=%d, oldpath=old, newdir=-100, newpath=new, flags=0, res=0", dir);
	call(__NR_linkat, dir, "old", CWD, "new", 0);
	expect("linkat, olddir=-100, oldpath=old, newdir=%d, newpath=new, flags=1024, res=-17", dir);
	call(__NR_linkat, CWD, "old", dir, "new", AT_SYMLINK_FOLLOW);
	expect("linkat, olddir=-1, oldpath=a, newdir=-2, newpath=b, flags=-1, res=-22");
	call(__NR_linkat, -1, "a", -2, "b", -1);
	end();
}

PROMISE(symlinkat_has_target_dir_path_and_result)
{
	int dir = enter_new_directory();

	begin();
	expect("symlinkat, target=nothing, dir=%d, path=new, res=0", dir);
	call(__NR_symlinkat, "nothing", dir, "new");
	expect("symlinkat, target=nothing, dir=-100, path=new, res=-17");
	call(__NR_symlinkat, "nothing", CWD, "new");
	end();
}

PROMISE(chdir_and_fchdir_have_where_to_and_result)
{
	int dir = enter_new_directory();

	begin();
	expect("chdir, path=/tmp, res=0");
	call(__NR_chdir, "/tmp");
	expect("chdir, path=/etc/hosts, res=-20");
	call(__NR_chdir, "/etc/hosts");
	expect("fchdir, fd=%d, res=0", dir);
	call(__NR_fchdir, dir);
	expect("fchdir, fd=-1, res=-9");
	call(__NR_fchdir, -1);
	end();
}

PROMISE(fchmod_has_fd_mode_and_result)
{
	int fd;

	enter_new_directory();
	fd = make_file("file");
	begin();
	expect("fchmod, fd=%d, mode=02640, res=0", fd);
	call(__NR_fchmod, fd, 02640);
	expect("fchmod, fd=-1, mode=0, res=-9");
	call(__NR_fchmod, -1, 0);
	end();
}

PROMISE(fchmodat_has_dir_path_mode_and_result)
{
	int dir = enter_new_directory();

	make_file("file");
	begin();
	expect("fchmodat, dir=%d, path=file, mode=0400, res=0", dir);
	call(__NR_fchmodat, dir, "file", 0400);
	expect("fchmodat, dir=-100, path=nothing, mode=0777, res=-2");
	call(__NR_fchmodat, CWD, "nothing", 0777);
	end();
}

PROMISE(fchown_has_fd_uid_gid_and_result)
{
	int fd;

	enter_new_directory();
	fd = make_file("file");
	begin();
	expect("fchown, fd=%d, uid=4294967294, gid=12, res=0", fd);
	call(__NR_fchown, fd, -2, 12);
	expect("fchown, fd=-1, uid=0, gid=4294967295, res=-9");
	call(__NR_fchown, -1, 0, -1);
	end();
}

PROMISE(fchownat_has_dir_path_uid_gid_flags_and_result)
{
	int dir = enter_new_directory();

	make_file("file");
	begin();
	expect("fchownat, dir=%d, path=file, uid=12, gid=34, flags=256, res=0", dir);
	call(__NR_fchownat, dir, "file", 12, 34, AT_SYMLINK_NOFOLLOW);
	expect("fchownat, dir=-100, path=file, uid=4294967295, gid=0, flags=-1, res=-22");
	call(__NR_fchownat, CWD, "file", -1, 0, -1);
	end();
}

PROMISE(umask_has_mask_and_the_mask_before)
{
	umask(022);
	begin();
	expect("umask, mask=077, res=022");
	call(__NR_umask, 077);
	expect("umask, mask=0, res=077");
	call(__NR_umask, 0);
	expect("umask, mask=037777777777, res=0");
	call(__NR_umask, -1);
	end();
}
