"""Calls as strace writes them.  Each line was written by strace 6.1 itself, in a Debian 12 machine."""

from __future__ import annotations

import pytest

from syscord_read.model.call import Call
from syscord_read.model.value import Cut, Missing
from tests.unit.read.strace_calls import call, written

NULL = Missing.NULL
ENOENT = -2
INET = b"\x02\x00\x00\x50\x7f\x00\x00\x01" + bytes(8)  # 127.0.0.1:80
NSCD = b"\x01\x00/var/run/nscd/socket".ljust(110, b"\0")
THREAD = 0x3D0F00  # what pthread_create() asks clone() for

FILES = [
    (
        'openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3',
        call("openat", 3, dir=-100, path=b"/etc/ld.so.cache", flags=0o2000000, mode=0),
    ),
    (
        'openat(AT_FDCWD, "/nowhere", O_RDONLY) = -1 ENOENT (No such file or directory)',
        call("openat", ENOENT, dir=-100, path=b"/nowhere", flags=0, mode=0),
    ),
    (
        'openat(3, "skel/.bash_logout", O_WRONLY|O_CREAT|O_EXCL, 0644) = 5',
        call("openat", 5, dir=3, path=b"skel/.bash_logout", flags=0o301, mode=0o644),
    ),
    (
        'openat(AT_FDCWD, "usr/share/base-files", O_RDONLY|O_NOFOLLOW|O_CLOEXEC|O_PATH) = 3',
        call("openat", 3, dir=-100, path=b"usr/share/base-files", flags=0o12400000, mode=0),
    ),
    (
        'openat(AT_FDCWD, "/", O_RDONLY|O_NOCTTY|O_NONBLOCK|O_CLOEXEC|O_DIRECTORY) = 4',
        call("openat", 4, dir=-100, path=b"/", flags=0o2204400, mode=0),
    ),
    (
        "openat(AT_FDCWD, NULL, O_RDONLY) = -1 EFAULT (Bad address)",
        call("openat", -14, dir=-100, path=NULL, flags=0, mode=0),
    ),
    ('creat("t.tar", 0666) = 3', call("creat", 3, path=b"t.tar", mode=0o666)),
    ('access("/etc/ld.so.preload", R_OK) = 0', call("access", 0, path=b"/etc/ld.so.preload", mode=4)),
    (
        'access("/etc/selinux/config", F_OK) = -1 ENOENT (No such file or directory)',
        call("access", ENOENT, path=b"/etc/selinux/config", mode=0),
    ),
    (
        'newfstatat(3, "", {st_mode=S_IFREG|0644, st_size=174312, ...}, AT_EMPTY_PATH) = 0',
        call(
            "newfstatat", 0, dir=3, path=b"", flags=0x1000, exit={"stat": {"mode": 0o100644, "size": 174312, "rdev": 0}}
        ),
    ),
    (
        'newfstatat(AT_FDCWD, "/tmp", {st_mode=S_IFDIR|S_ISVTX|0777, st_size=120, ...}, 0) = 0',
        call(
            "newfstatat", 0, dir=-100, path=b"/tmp", flags=0, exit={"stat": {"mode": 0o41777, "size": 120, "rdev": 0}}
        ),
    ),
    (
        "fstat(4, {st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}) = 0",
        call("fstat", 0, fd=4, exit={"stat": {"mode": 0o20666, "size": 0, "rdev": 0x103}}),
    ),
    (
        'statx(AT_FDCWD, "/etc", AT_STATX_SYNC_AS_STAT|AT_SYMLINK_NOFOLLOW|AT_NO_AUTOMOUNT, STATX_MODE|STATX_NLINK|'
        "STATX_UID|STATX_GID|STATX_MTIME|STATX_SIZE, {stx_mask=STATX_BASIC_STATS|STATX_MNT_ID, stx_attributes=0, "
        "stx_mode=S_IFDIR|0755, stx_size=4096, ...}) = 0",
        call(
            *("statx", 0),
            **{"dir": -100, "path": b"/etc", "flags": 0x900, "mask": 0x25E},
            exit={"stat": {"mask": 0x17FF, "mode": 0o40755, "size": 4096, "attributes": 0}},
        ),
    ),
    (
        'read(3, "\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0'
        '\\3\\0>\\0\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"..., 832) = 832',
        call(
            "read",
            832,
            fd=3,
            size=832,
            exit={"data": b"\x7fELF\2\1\1".ljust(16, b"\0") + b"\3\0>\0\1".ljust(816, b"\0")},
        ),
    ),
    ('read(3, "", 1024) = 0', call("read", 0, fd=3, size=1024, exit={"data": b""})),
    ('write(1, "wal\\n", 4) = 4', call("write", 4, fd=1, data=b"wal\n", size=4)),
    (
        'pread64(4, "\\0\\0\\0\\1\\0\\0\\0\\1\\0\\0\\0\\0\\0\\0\\0\\0", 16, 24) = 16',
        call("pread64", 16, fd=4, size=16, offset=24, exit={"data": bytes.fromhex("00000001000000010000000000000000")}),
    ),
    (
        'pwrite64(5, "\\331\\325\\5\\371 \\241c\\327\\0\\0\\0\\0", 12, 0) = 12',
        call("pwrite64", 12, fd=5, data=bytes.fromhex("d9d505f920a163d700000000"), size=12, offset=0),
    ),
    (
        'writev(4, [{iov_base="a", iov_len=1}, {iov_base="bc", iov_len=2}], 2) = 3',
        call("writev", 3, fd=4, data=b"abc", iovcnt=2, sizes=({"len": 1}, {"len": 2})),
    ),
    (
        'readv(3, [{iov_base="m f", iov_len=3}, {iov_base="ile", iov_len=20}], 2) = 6',
        call("readv", 6, fd=3, iovcnt=2, sizes=({"len": 3}, {"len": 20}), exit={"data": b"m file"}),
    ),
    ("lseek(1, -22, SEEK_END) = 1092", call("lseek", 1092, fd=1, offset=-22, whence=2)),
    ("lseek(1, 0, SEEK_CUR) = -1 ESPIPE (Illegal seek)", call("lseek", -29, fd=1, offset=0, whence=1)),
    ('truncate("x", 18446744073709551615) = -1 EINVAL (Invalid argument)', call("truncate", -22, path=b"x", size=-1)),
    ("fadvise64(4, 0, 0, POSIX_FADV_SEQUENTIAL) = 0", call("fadvise64", 0, fd=4, offset=0, length=0, advice=2)),
    ("flock(4, LOCK_EX|LOCK_NB) = -1 EAGAIN (Resource temporarily unavailable)", call("flock", -11, fd=4, op=6)),
    ("fcntl(5, F_SETFD, FD_CLOEXEC) = 0", call("fcntl", 0, fd=5, cmd=2, arg=1)),
    ("fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC)", call("fcntl", 1, fd=3, cmd=1, arg=0)),
    ("fcntl(0, F_GETFD) = 0", call("fcntl", 0, fd=0, cmd=1, arg=0)),
    ("fcntl(4, F_GETFL) = 0x8000 (flags O_RDONLY|O_LARGEFILE)", call("fcntl", 0x8000, fd=4, cmd=3, arg=0)),
    ("fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0", call("fcntl", 0, fd=3, cmd=4, arg=0o4002)),
    ("fcntl(3, F_DUPFD_CLOEXEC, 0) = 4", call("fcntl", 4, fd=3, cmd=1030, arg=0)),
    (
        "ioctl(1, TCGETS, 0x7ffdbe8096f0) = -1 ENOTTY (Inappropriate ioctl for device)",
        call("ioctl", -25, fd=1, req=0x5401, argp=0x7FFDBE8096F0),
    ),
    ("ioctl(3, FIOCLEX) = 0", call("ioctl", 0, fd=3, req=0x5451, argp=0)),
    (
        "ioctl(5, BTRFS_IOC_CLONE or FICLONE, 4) = -1 EXDEV (Invalid cross-device link)",
        call("ioctl", -18, fd=5, req=0x40049409, argp=4),
    ),
    (
        "ioctl(3, _IOC(_IOC_READ|_IOC_WRITE, 0xaa, 0x3f, 0x18), 0x7ffe) = -1 ENOTTY (Inappropriate ioctl for device)",
        call("ioctl", -25, fd=3, req=0xC018AA3F, argp=0x7FFE),
    ),
    (
        "copy_file_range(4, NULL, 5, NULL, 9223372035781033984, 0) = -1 EXDEV (Invalid cross-device link)",
        call("copy_file_range", -18, fd_in=4, off_in=NULL, fd_out=5, off_out=NULL, size=9223372035781033984, flags=0),
    ),
    ("sendfile(4, 3, [2] => [7], 5) = 5", call("sendfile", 5, out_fd=4, in_fd=3, offset=2, size=5)),
    ("sendfile(4, 3, NULL, 4) = 4", call("sendfile", 4, out_fd=4, in_fd=3, offset=NULL, size=4)),
    ("close_range(5, 2147483647, 0) = 0", call("close_range", 0, first=5, last=2147483647, flags=0)),
    ("pipe2([9, 10], O_CLOEXEC) = 0", call("pipe2", 0, flags=0o2000000, exit={"fds": (9, 10)})),
    ('getcwd("/tmp", 4096) = 5', call("getcwd", 5, size=4096, exit={"path": b"/tmp"})),
    (
        'readlink("/etc/mtab", "../proc/self/mounts", 20) = 19',
        call("readlink", 19, path=b"/etc/mtab", size=20, exit={"target": b"../proc/self/mounts"}),
    ),
    (
        "utimensat(4, NULL, [UTIME_OMIT, {tv_sec=1618084800, tv_nsec=0} /* 2021-04-10T20:00:00+0000 */], 0) = 0",
        call(
            *("utimensat", 0),
            **{"dir": 4, "path": NULL, "flags": 0},
            times=({"sec": 0, "nsec": (1 << 30) - 2}, {"sec": 1618084800, "nsec": 0}),
        ),
    ),
    (
        'getxattr("/etc", "system.posix_acl_access", NULL, 0) = -1 ENODATA (No data available)',
        call("getxattr", -61, path=b"/etc", name=b"system.posix_acl_access", at=0, size=0),
    ),
    (
        'lgetxattr("/etc", "security.selinux", 0x55b040fe87d0, 255) = -1 ENODATA (No data available)',
        call("lgetxattr", -61, path=b"/etc", name=b"security.selinux", at=0x55B040FE87D0, size=255),
    ),
    ("fchown(4, -1, 34) = 0", call("fchown", 0, fd=4, uid=0xFFFFFFFF, gid=34)),
    ('mkdirat(AT_FDCWD, "usr", 0755) = 0', call("mkdirat", 0, dir=-100, path=b"usr", mode=0o755)),
    ('unlinkat(AT_FDCWD, "work", AT_REMOVEDIR) = 0', call("unlinkat", 0, dir=-100, path=b"work", flags=0x200)),
    ("umask(000) = 022", call("umask", 0o22, mask=0)),
]

MEMORY = [
    ("brk(NULL) = 0x55b040fe0000", call("brk", 0x55B040FE0000, addr=0)),
    (
        "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f02198c0000",
        call("mmap", 0x7F02198C0000, addr=0, length=8192, prot=3, flags=0x22, fd=-1, offset=0),
    ),
    (
        "mmap(0x7f0219899000, 110592, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3, 0x7000) "
        "= 0x7f0219899000",
        call("mmap", 0x7F0219899000, addr=0x7F0219899000, length=110592, prot=5, flags=0x812, fd=3, offset=0x7000),
    ),
    (
        "mmap(NULL, 8392704, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0) = -1 ENOMEM "
        "(Cannot allocate memory)",
        call("mmap", -12, addr=0, length=8392704, prot=0, flags=0x20022, fd=-1, offset=0),
    ),
    (
        "mmap(NULL, 2097152, PROT_READ, MAP_SHARED|MAP_HUGETLB|21<<MAP_HUGE_SHIFT, 3, 0) = 0x7f0000000000",
        call("mmap", 0x7F0000000000, addr=0, length=2097152, prot=1, flags=0x40001 | 21 << 26, fd=3, offset=0),
    ),
    ("mprotect(0x7f021987f000, 16384, PROT_READ) = 0", call("mprotect", 0, addr=0x7F021987F000, length=16384, prot=1)),
    (
        "mremap(0x7f37e2981000, 155648, 176128, MREMAP_MAYMOVE) = 0x7f37e2956000",
        call(
            *("mremap", 0x7F37E2956000),
            **{"addr": 0x7F37E2981000, "old_length": 155648, "new_length": 176128, "flags": 1, "new_addr": 0},
        ),
    ),
    (
        "madvise(0x7f37e201d000, 8368128, MADV_DONTNEED) = 0",
        call("madvise", 0, addr=0x7F37E201D000, length=8368128, advice=4),
    ),
]

PROCESSES = [
    (
        "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7ffb30d08090) "
        "= 328",
        call("clone", 328, flags=0x1200011, stack=0, parent_tid=0, arg4=0x7FFB30D08090, arg5=0),
    ),
    (
        "clone(child_stack=0xffffacf2ba60, flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|"
        "CLONE_SYSVSEM|CLONE_SETTLS|CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID, parent_tid=[403], tls=0xffffacf2c8e0, "
        "child_tidptr=0xffffacf2c270) = 403",
        call(
            *("clone", 403),
            **{"flags": THREAD, "stack": 0xFFFFACF2BA60, "parent_tid": 0xFFFFACF2C270, "arg4": 0xFFFFACF2C8E0},
            **{"arg5": 0xFFFFACF2C270, "_arch": "arm64"},
        ),
    ),
    (
        "clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM|CLONE_SETTLS|"
        "CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID, child_tid=0x7f37e281d990, parent_tid=0x7f37e281d990, exit_signal=0, "
        "stack=0x7f37e201d000, stack_size=0x7fff80, tls=0x7f37e281d6c0} => {parent_tid=[406]}, 88) = 406",
        call(
            *("clone3", 406),
            args={
                **{"flags": THREAD, "exit_signal": 0, "stack": 0x7F37E201D000, "stack_size": 0x7FFF80},
                **{"tls": 0x7F37E281D6C0, "pidfd": 0, "child_tid": 0x7F37E281D990, "parent_tid": 0x7F37E281D990},
                **{"set_tid": 0, "set_tid_size": 0, "cgroup": 0},
            },
            size=88,
        ),
    ),
    ("vfork() = 407", call("vfork", 407)),
    (
        "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 423",
        call("wait4", 423, pid=-1, options=0, usage=0, exit={"status": 0x300}),
    ),
    (
        "wait4(5, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], WNOHANG|WSTOPPED, NULL) = 5",
        call("wait4", 5, pid=5, options=3, usage=0, exit={"status": 9}),
    ),
    (
        "prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0",
        call("prlimit64", 0, pid=0, resource=3, new=NULL, exit={"old": {"cur": 8 << 20, "max": (1 << 64) - 1}}),
    ),
    ("arch_prctl(ARCH_SET_FS, 0x7f0219613800) = 0", call("arch_prctl", 0, option=0x1002, arg=0x7F0219613800)),
    ("prctl(PR_GET_DUMPABLE) = 1 (SUID_DUMP_USER)", call("prctl", 1, option=3, arg2=0, arg3=0, arg4=0, arg5=0)),
    ("prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0", call("prctl", 0, option=38, arg2=1, arg3=0, arg4=0, arg5=0)),
    (
        "prctl(0xffffffff /* PR_??? */, 0xffffffffffffffff, 0, 0, 0x1) = -1 EINVAL (Invalid argument)",
        call("prctl", -22, option=-1, arg2=(1 << 64) - 1, arg3=0, arg4=0, arg5=1),
    ),
    ("set_robust_list(0x7f0219613ae0, 24) = 0", call("set_robust_list", 0, addr=0x7F0219613AE0, size=24)),
    (
        "rseq(0x7f0219614120, 0x20, 0, 0x53053053) = 0",
        call("rseq", 0, addr=0x7F0219614120, size=32, flags=0, sig=0x53053053),
    ),
    ("kill(405, SIGUSR1) = 0", call("kill", 0, pid=405, sig=10)),
    ("tgkill(-1, -2, SIGRT_32) = -1 EINVAL (Invalid argument)", call("tgkill", -22, tgid=-1, tid=-2, sig=64)),
    (
        "rt_sigprocmask(SIG_SETMASK, [], ~[KILL STOP RTMIN RT_1], 8) = 0",
        call("rt_sigprocmask", 0, how=2, set=0, exit={"oldset": 0xFFFFFFFE7FFBFEFF}),
    ),
    (
        "rt_sigprocmask(SIG_BLOCK, ~[RTMIN RT_1], NULL, 8) = 0",
        call("rt_sigprocmask", 0, how=0, set=0xFFFFFFFE7FFFFFFF, exit={"oldset": NULL}),
    ),
    (
        "sigaltstack(NULL, {ss_sp=NULL, ss_flags=SS_DISABLE, ss_size=0}) = 0",
        call("sigaltstack", 0, stack=NULL, exit={"oldstack": {"sp": 0, "flags": 2, "size": 0}}),
    ),
    (
        "rt_sigsuspend([RT_3], 8) = ? ERESTARTNOHAND (To be restarted if no handler)",
        call("rt_sigsuspend", -514, set=1 << 34),
    ),
]

WAITING = [
    (
        "poll([{fd=4, events=POLLIN}], 1, 0) = 0 (Timeout)",
        call("poll", 0, fds=({"fd": 4, "events": 1},), nfds=1, timeout=0, exit={"ready": ({"fd": 4, "revents": 0},)}),
    ),
    (
        "poll([{fd=5, events=POLLIN|POLLPRI|POLLRDNORM|POLLRDBAND}, {fd=-1}], 2, 186) = 1 "
        "([{fd=5, revents=POLLIN|POLLRDNORM}])",
        call(
            *("poll", 1),
            **{"fds": ({"fd": 5, "events": 0xC3}, {"fd": -1, "events": 1}), "nfds": 2, "timeout": 186},
            exit={"ready": ({"fd": 5, "revents": 0x41}, {"fd": -1, "revents": 0})},
        ),
    ),
    (
        "ppoll([{fd=4, events=POLLIN}], 1, {tv_sec=0, tv_nsec=100000000}, NULL, 0) = 1 ([{fd=4, revents=POLLIN}], "
        "left {tv_sec=0, tv_nsec=99934800})",
        call(
            *("ppoll", 1),
            **{"fds": ({"fd": 4, "events": 1},), "nfds": 1, "timeout": {"sec": 0, "nsec": 100000000}},
            **{"sigmask": NULL, "sigsetsize": 0},
            exit={"ready": ({"fd": 4, "revents": 1},), "left": {"sec": 0, "nsec": 99934800}},
        ),
    ),
    (
        "epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, data={u32=4, u64=139874199928836}}) = 0",
        call("epoll_ctl", 0, epfd=5, op=1, fd=4, event={"events": 1, "data": 139874199928836}),
    ),
    ("epoll_ctl(5, EPOLL_CTL_DEL, 4, NULL) = 0", call("epoll_ctl", 0, epfd=5, op=2, fd=4, event=NULL)),
    (
        "epoll_pwait(5, [{events=EPOLLIN, data={u32=4, u64=4}}], 1023, 0, NULL, 8) = 1",
        call(
            *("epoll_pwait", 1),
            **{"epfd": 5, "maxevents": 1023, "timeout": 0, "sigmask": NULL, "sigsetsize": 8},
            exit={"events": ({"events": 1, "data": 4},)},
        ),
    ),
    (
        "futex(0x7f0219884a4c, FUTEX_WAKE_PRIVATE, 2147483647) = 0",
        call("futex", 0, addr=0x7F0219884A4C, op=129, val=2147483647, timeout=0, addr2=0, val3=0),
    ),
    (
        "futex(0x191a9560, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, NULL, FUTEX_BITSET_MATCH_ANY) = -1 "
        "EAGAIN (Resource temporarily unavailable)",
        call("futex", -11, addr=0x191A9560, op=0x189, val=0, timeout=0, addr2=0, val3=0xFFFFFFFF),
    ),
    (
        "futex(0x7ffe, FUTEX_CMP_REQUEUE, 0, 7, 0x8000, 99) = -1 EAGAIN (Resource temporarily unavailable)",
        call("futex", -11, addr=0x7FFE, op=4, val=0, timeout=7, addr2=0x8000, val3=99),
    ),
    (
        "clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, {tv_sec=23, tv_nsec=74244214}, NULL) = 0",
        call("clock_nanosleep", 0, clock=1, flags=1, interval={"sec": 23, "nsec": 74244214}, rem=0),
    ),
]

SOCKETS = [
    (
        "socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0) = 3",
        call("socket", 3, domain=1, type=0o2004001, protocol=0),
    ),
    ("socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5", call("socket", 5, domain=2, type=1, protocol=6)),
    (
        "socketpair(AF_UNIX, SOCK_STREAM, 0, [3, 4]) = 0",
        call("socketpair", 0, domain=1, type=1, protocol=0, exit={"fds": (3, 4)}),
    ),
    (
        'connect(3, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT (No such file or directory)',
        call("connect", ENOENT, sockfd=3, addr=NSCD, addrlen=110),
    ),
    (
        'connect(5, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EINPROGRESS '
        "(Operation now in progress)",
        call("connect", -115, sockfd=5, addr=INET, addrlen=16),
    ),
    (
        'bind(3, {sa_family=AF_UNIX, sun_path=@"name"}, 7) = 0',
        call("bind", 0, sockfd=3, addr=b"\x01\0\0name", addrlen=7),
    ),
    (
        "connect(4, {sa_family=AF_INET6, sin6_port=htons(65535), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "
        '"::ffff:1.2.3.4", &sin6_addr), sin6_scope_id=0}, 28) = 0',
        call(
            *("connect", 0),
            **{"sockfd": 4, "addrlen": 28},
            addr=bytes.fromhex("0a00ffff00000000 00000000000000000000ffff01020304 00000000"),
        ),
    ),
    (
        "bind(3, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=0x000011}, 12) = 0",
        call("bind", 0, sockfd=3, addr=bytes.fromhex("100000000000000011000000"), addrlen=12),
    ),
    (
        'accept4(6, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, [16], SOCK_CLOEXEC) = 8',
        call("accept4", 8, sockfd=6, flags=0o2000000, addrlen=16, exit={"addr": INET}),
    ),
    ("accept4(6, NULL, NULL, 0) = 8", call("accept4", 8, sockfd=6, flags=0, addrlen=NULL, exit={"addr": NULL})),
    (
        "getpeername(4, {sa_family=AF_UNIX}, [110 => 2]) = 0",
        call("getpeername", 0, sockfd=4, addrlen=110, exit={"addr": b"\x01\0"}),
    ),
    (
        'recvfrom(4, "hello\\n", 100, 0, NULL, NULL) = 6',
        call("recvfrom", 6, fd=4, size=100, flags=0, addrlen=NULL, exit={"data": b"hello\n", "addr": NULL}),
    ),
    (
        'sendto(3, "x", 1, MSG_NOSIGNAL, NULL, 0) = 1',
        call("sendto", 1, sockfd=3, data=b"x", size=1, flags=0x4000, addr=NULL, addrlen=0),
    ),
    (
        "setsockopt(5, SOL_TCP, TCP_NODELAY, [1], 4) = 0",
        call("setsockopt", 0, sockfd=5, level=6, optname=1, optval=b"\1\0\0\0", optlen=4),
    ),
    (
        'setsockopt(3, SOL_TCP, TCP_CONGESTION, "cubic", 5) = 0',
        call("setsockopt", 0, sockfd=3, level=6, optname=13, optval=b"cubic", optlen=5),
    ),
    ("shutdown(3, SHUT_WR) = 0", call("shutdown", 0, sockfd=3, how=1)),
    (
        'getrandom("\\xdb\\xd1\\x4c\\x53", 4, GRND_NONBLOCK) = 4',
        call("getrandom", 4, size=4, flags=1, exit={"data": b"\xdb\xd1LS"}),
    ),
]


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine in which strace wrote these lines had no zone of its own."""
    monkeypatch.setenv("TZ", "UTC")


@pytest.mark.parametrize(
    ("line", "of"), FILES + MEMORY + PROCESSES + WAITING + SOCKETS, ids=lambda value: str(value)[:40]
)
def test_a_call_is_written_as_strace_writes_it(line: str, of: Call) -> None:
    """But for the column of the equals sign, of which test_strace_output has a word to say."""
    assert [" = ".join(part.rstrip() for part in text.rsplit(" = ", 1)) for text in written(of)] == [line]


@pytest.mark.parametrize(
    ("begins", "of"),
    [
        ('execve("/usr/bin/ls", ["ls", "-l"], ', call("execve", 0, path=b"/usr/bin/ls", argv=(b"ls", b"-l"))),
        (
            'execve("/x", ["aaaa"..., "b", 0x?], ',
            call("execve", -2, path=b"/x", argv=(Cut(b"aaaa"), b"b", Missing.FAULT)),
        ),
        ('execve("/x", NULL, ', call("execve", -2, path=b"/x", argv=NULL)),
    ],
    ids=["short", "cut", "null"],
)
def test_arguments_of_a_program(begins: str, of: Call) -> None:
    assert written(of)[0].startswith(begins)


def test_what_a_trace_does_not_hold_is_said_to_be_missing() -> None:
    """strace always has it, so it has no way of writing that."""
    assert written(call("newfstatat", ENOENT, dir=-100, path=b"/x", flags=0)) == [
        'newfstatat(AT_FDCWD, "/x", 0x?, 0)      = -1 ENOENT (No such file or directory)'
    ]
    assert written(call("mlockall", 0)) == ["mlockall(...)                           = 0"]


def test_lists_and_strings_are_cut_as_the_user_wants() -> None:
    argv = tuple(b"%d" % number for number in range(5))
    assert written(call("execve", 0, path=b"/long/path", argv=argv), strings=3)[0].startswith(
        'execve("/long/path", ["0", "1", "2", ...], '
    )
    assert written(call("write", 8, fd=1, data=b"longtext", size=8), strings=4) == [
        'write(1, "long"..., 8)                  = 8'
    ]
    assert written(call("write", 9, fd=1, data=b"cut", size=9, _marks={"data": ["part"]}), strings=4) == [
        'write(1, "cut"..., 9)                   = 9'
    ]
