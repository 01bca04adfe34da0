"""Values that a program can choose: odd sizes, bad addresses, unknown operations, flags of other calls.

Each line was written by strace 6.1 itself.  ``BAD`` is where nothing is mapped, ``EDGE`` eight bytes before it.
"""

from __future__ import annotations

from typing import Any

import pytest

from syscord_read.model.call import Call
from syscord_read.model.value import Cut, Missing
from tests.unit.read.strace_calls import call, written

NULL, FAULT = Missing.NULL, Missing.FAULT
EFAULT, EINVAL, EBADF, ENOSYS = -14, -22, -9, -38
PAGE, BAD = 0x7FC42B48D000, 0x7FC42B48E000
EDGE = BAD - 8
STACK = 0x7FFF9FF5E740
ERRORS = {
    0: "0",
    EFAULT: "-1 EFAULT (Bad address)",
    EINVAL: "-1 EINVAL (Invalid argument)",
    EBADF: "-1 EBADF (Bad file descriptor)",
    ENOSYS: "-1 ENOSYS (Function not implemented)",
}
TIME = {"sec": 0, "nsec": 1}
CLONE = dict.fromkeys(
    (
        *("flags", "exit_signal", "stack", "stack_size", "tls", "pidfd", "child_tid", "parent_tid"),
        *("set_tid", "set_tid_size", "cgroup"),
    ),
    0,
)


def args(**members: int) -> dict[str, int]:
    """What clone3() is asked for."""
    return {**CLONE, **members}


def prctl(ret: int, option: int, *numbers: int) -> Call:
    """prctl(), with up to four arguments."""
    given = [*numbers, 0, 0, 0, 0]
    return call("prctl", ret, option=option, arg2=given[0], arg3=given[1], arg4=given[2], arg5=given[3])


def futex(ret: int, op: int, val3: int = 0xB0000003) -> Call:
    """futex() with numbers that nobody takes for each other."""
    return call("futex", ret, addr=PAGE, op=op, val=2684354562, timeout=BAD, addr2=PAGE + 5, val3=val3)


def ioctl(req: int, argp: int = PAGE) -> Call:
    return call("ioctl", EBADF, fd=99, req=req, argp=argp)


SIZES = [
    (
        "rt_sigprocmask(SIG_BLOCK, [KILL], NULL, 8)",
        call("rt_sigprocmask", 0, how=0, set=0x100, sigsetsize=8, exit={"oldset": NULL}),
    ),
    (
        f"rt_sigprocmask(SIG_BLOCK, {STACK:#x}, 0x7fff00000000, 16)",
        call("rt_sigprocmask", EINVAL, how=0, set=0x100, sigsetsize=16, _registers={1: STACK, 2: 0x7FFF00000000}),
    ),
    (
        f"rt_sigprocmask(SIG_BLOCK, {STACK:#x}, NULL, 4294967304)",
        call("rt_sigprocmask", EINVAL, how=0, set=0x100, sigsetsize=0x100000008, _registers={1: STACK, 2: 0}),
    ),
    ("rt_sigsuspend(0x?, 4)", call("rt_sigsuspend", EINVAL, set=0x100, sigsetsize=4)),
    (
        f"rt_sigaction(SIGUSR1, {{sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}}, {PAGE:#x}, 7)",
        call(
            *("rt_sigaction", EINVAL),
            **{"sig": 10, "sigsetsize": 7, "_registers": {2: PAGE}},
            act={"handler": 0, "mask": 0, "flags": 0, "restorer": 0},
        ),
    ),
    (
        f"ppoll(NULL, 0, {{tv_sec=0, tv_nsec=1}}, {STACK:#x}, 4294967304)",
        call(
            *("ppoll", EINVAL),
            **{"fds": NULL, "nfds": 0, "timeout": TIME, "sigmask": 0x100, "sigsetsize": 0x100000008},
            _registers={3: STACK},
        ),
    ),
    (
        f"epoll_pwait(99, {PAGE:#x}, 3, 0, {STACK:#x}, 4)",
        call(
            *("epoll_pwait", EINVAL),
            **{"epfd": 99, "maxevents": 3, "timeout": 0, "sigmask": 0x100, "sigsetsize": 4},
            _registers={1: PAGE, 4: STACK},
        ),
    ),
    (
        'writev(99, [{iov_base="ab", iov_len=2}, {iov_base="c"..., iov_len=4294967299}], 2)',
        call(
            "writev",
            EBADF,
            fd=99,
            data=b"abc",
            iovcnt=2,
            sizes=({"len": 2}, {"len": 0x100000003}),
            _marks={"data": ["part"]},
        ),
    ),
    (
        'writev(99, [{iov_base="x"..., iov_len=18446744073709551615}], 1)',
        call("writev", EBADF, fd=99, data=b"x", iovcnt=1, sizes=({"len": (1 << 64) - 1},), _marks={"data": ["part"]}),
    ),
    (
        "mmap(NULL, 1, PROT_READ|0x100000000, MAP_PRIVATE, 99, 0x1234)",
        call("mmap", EINVAL, addr=0, length=1, prot=0x100000001, flags=2, fd=99, offset=0x1234),
    ),
]

UNREADABLE = [
    (
        f"write(4, {EDGE:#x}, 20)",
        call("write", EFAULT, fd=4, data=b"xxxxxxxx", size=20, _marks={"data": ["fault"]}, _registers={1: EDGE}),
    ),
    ("write(4, 0x?, 20)", call("write", EFAULT, fd=4, data=b"xxxxxxxx", size=20, _marks={"data": ["fault"]})),
    (f"write(99, {BAD:#x}, 20)", call("write", EBADF, fd=99, data=FAULT, size=20, _registers={1: BAD})),
    ("write(99, NULL, 20)", call("write", EBADF, fd=99, data=NULL, size=20)),
    (
        f'write(99, "{"x" * 32}"..., 100)',
        call("write", EBADF, fd=99, data=b"x" * 33, size=100, _marks={"data": ["fault"]}, _registers={1: BAD - 33}),
    ),
    (
        f"write(99, {BAD - 32:#x}, 100)",
        call("write", EBADF, fd=99, data=b"x" * 32, size=100, _marks={"data": ["fault"]}, _registers={1: BAD - 32}),
    ),
    (f"read(99, {PAGE:#x}, 20)", call("read", EBADF, fd=99, size=20, _registers={1: PAGE})),
    ("read(99, NULL, 20)", call("read", EBADF, fd=99, size=20, _registers={1: 0})),
    (
        f"openat(AT_FDCWD, {EDGE:#x}, O_RDONLY)",
        call(
            "openat",
            EFAULT,
            dir=-100,
            path=b"xxxxxxxx",
            flags=0,
            mode=0,
            _marks={"path": ["fault"]},
            _registers={1: EDGE},
        ),
    ),
    (
        f"openat(AT_FDCWD, {BAD:#x}, O_RDONLY)",
        call("openat", EFAULT, dir=-100, path=FAULT, flags=0, mode=0, _registers={1: BAD}),
    ),
    (
        f'execve("/nope", ["a", 0x?, "{"x" * 32}"..., 0x?, ... /* {PAGE + 32:#x} */], 0x?)',
        call(
            *("execve", EFAULT),
            **{"path": b"/nope", "_marks": {"argv": ["fault"]}, "_registers": {1: PAGE}},
            argv=(b"a", FAULT, Cut(b"x" * 33, fault=True), Cut(b"xxxxxxxx", fault=True)),
        ),
    ),
    (
        f"poll([{{fd=0, events=0}}, ... /* {BAD:#x} */], 2, 0)",
        call(
            *("poll", EFAULT),
            **{"nfds": 2, "timeout": 0, "_marks": {"fds": ["fault"]}, "_registers": {0: BAD - 8}},
            fds=({"fd": 0, "events": 0},),
        ),
    ),
    (
        f'utimensat(AT_FDCWD, "b", {BAD - 16:#x}, 0)',
        call(
            *("utimensat", EFAULT),
            **{"dir": -100, "path": b"b", "flags": 0, "_marks": {"times": ["fault"]}, "_registers": {2: BAD - 16}},
            times=({"sec": 1, "nsec": 0},),
        ),
    ),
    (
        f'writev(4, [{{iov_base="ab", iov_len=2}}, {{iov_base=0x?, iov_len=20}}, ... /* {BAD:#x} */], 3)',
        call(
            *("writev", EFAULT),
            **{"fd": 4, "data": b"abxxxxxxxx", "iovcnt": 3, "sizes": ({"len": 2}, {"len": 20})},
            **{"_marks": {"data": ["fault"], "sizes": ["fault"]}, "_registers": {1: BAD - 32}},
        ),
    ),
    (f"writev(4, {BAD:#x}, 1)", call("writev", EFAULT, fd=4, data=FAULT, iovcnt=1, sizes=FAULT, _registers={1: BAD})),
    (
        f"sendto(99, {BAD - 9:#x}, 50, 0, {EDGE:#x}, 16)",
        call(
            *("sendto", EBADF),
            **{"sockfd": 99, "data": b"x" * 9, "size": 50, "flags": 0, "addr": b"x" * 8, "addrlen": 16},
            **{"_marks": {"data": ["fault"], "addr": ["fault"]}, "_registers": {1: BAD - 9, 4: EDGE}},
        ),
    ),
    (
        f"setsockopt(99, SOL_TCP, TCP_CONGESTION, {BAD - 20:#x}, 50)",
        call(
            *("setsockopt", EBADF),
            **{"sockfd": 99, "level": 6, "optname": 13, "optlen": 50, "optval": b"x" * 20},
            **{"_marks": {"optval": ["fault"]}, "_registers": {3: BAD - 20}},
        ),
    ),
    (
        f"setsockopt(99, SOL_SOCKET, SO_REUSEADDR, {PAGE:#x}, 2)",
        call("setsockopt", EBADF, sockfd=99, level=1, optname=2, optlen=2, optval=b"\0\0", _registers={3: PAGE}),
    ),
    (
        f"prlimit64(0, RLIMIT_STACK, {BAD:#x}, {PAGE:#x})",
        call("prlimit64", EFAULT, pid=0, resource=3, new=FAULT, _registers={2: BAD, 3: PAGE}),
    ),
    (f"wait4(-1, {PAGE:#x}, WNOHANG, NULL)", call("wait4", EFAULT, pid=-1, options=1, usage=0, _registers={1: PAGE})),
    (
        f"epoll_ctl(99, EPOLL_CTL_DEL, 3, {BAD:#x})",
        call("epoll_ctl", EBADF, epfd=99, op=2, fd=3, event=FAULT, _registers={3: BAD}),
    ),
    (f"pipe2({BAD:#x}, 0)", call("pipe2", EFAULT, flags=0, _registers={0: BAD})),
]

SOCKETS = [
    (
        f"getsockname(5, {PAGE:#x}, NULL)",
        call("getsockname", EFAULT, sockfd=5, addrlen=NULL, _registers={1: PAGE, 2: 0}),
    ),
    (
        f"getsockname(5, {PAGE:#x}, {BAD:#x})",
        call("getsockname", EFAULT, sockfd=5, addrlen=FAULT, _registers={1: PAGE, 2: BAD}),
    ),
    ("getsockname(5, NULL, NULL)", call("getsockname", EFAULT, sockfd=5, addrlen=NULL, _registers={1: 0, 2: 0})),
    ("getsockname(5, 0x?, NULL)", call("getsockname", EFAULT, sockfd=5, addrlen=NULL)),
    (
        f"getsockname(5, {PAGE:#x}, [-1])",
        call("getsockname", EINVAL, sockfd=5, addrlen=-1, _registers={1: PAGE, 2: STACK}),
    ),
    (f"accept(5, NULL, {STACK:#x})", call("accept", EINVAL, sockfd=5, addrlen=10, _registers={1: 0, 2: STACK})),
    (
        f"accept4(5, {PAGE:#x}, NULL, SOCK_CLOEXEC)",
        call("accept4", EINVAL, sockfd=5, addrlen=NULL, flags=0o2000000, _registers={1: PAGE, 2: 0}),
    ),
    (
        f"recvfrom(99, {PAGE:#x}, 3, 0, {PAGE:#x}, {BAD:#x})",
        call("recvfrom", EBADF, fd=99, size=3, flags=0, addrlen=FAULT, _registers={1: PAGE, 4: PAGE, 5: BAD}),
    ),
    (f"bind(99, {PAGE:#x}, 1)", call("bind", EBADF, sockfd=99, addr=b"\1", addrlen=1, _registers={1: PAGE})),
    (f"bind(99, {PAGE:#x}, -1)", call("bind", EBADF, sockfd=99, addr=b"\1\0", addrlen=-1, _registers={1: PAGE})),
    (f"recvmsg(7, {BAD:#x}, 0)", call("recvmsg", EFAULT, sockfd=7, flags=0, _registers={1: BAD})),
    ("recvmsg(7, NULL, 0)", call("recvmsg", EFAULT, sockfd=7, flags=0, _registers={1: 0})),
    ("recvmsg(7, 0x?, 0)", call("recvmsg", EFAULT, sockfd=7, flags=0)),
    (
        f"sendmsg(99, {BAD:#x}, 0)",
        call(
            "sendmsg",
            EBADF,
            sockfd=99,
            flags=0,
            addr=FAULT,
            data=FAULT,
            controllen=FAULT,
            msg_flags=FAULT,
            _registers={1: BAD},
        ),
    ),
]

CLONES = [
    (f"clone3({BAD:#x}, 88)", call("clone3", EFAULT, args=FAULT, size=88, _registers={0: BAD})),
    (f"clone3({STACK:#x}, 63)", call("clone3", EINVAL, args=args(), size=63, _registers={0: STACK})),
    (
        "clone3({flags=CLONE_PIDFD|CLONE_PARENT_SETTID|CLONE_CLEAR_SIGHAND|CLONE_INTO_CGROUP, pidfd=0x7fc42b48d000, "
        "parent_tid=0x7fc42b48d000, exit_signal=500, stack=NULL, stack_size=0, set_tid=0x7fc42b48d000, "
        "set_tid_size=40, cgroup=77}, 88)",
        call(
            *("clone3", EINVAL),
            args=args(
                flags=0x300101000,
                pidfd=PAGE,
                parent_tid=PAGE,
                exit_signal=500,
                set_tid=PAGE,
                set_tid_size=40,
                cgroup=77,
            ),
            size=88,
        ),
    ),
    (
        "clone3({flags=CLONE_VM, exit_signal=500, stack=NULL, stack_size=0}, 64)",
        call("clone3", EINVAL, args=args(flags=0x100, exit_signal=500), size=64),
    ),
    (
        "clone3({flags=CLONE_VM, exit_signal=500, stack=NULL, stack_size=0, set_tid=NULL, set_tid_size=2}, 80)",
        call("clone3", EINVAL, args=args(flags=0x100, exit_signal=500, set_tid_size=2), size=80),
    ),
    (
        "clone3({flags=CLONE_VM, exit_signal=500, stack=NULL, stack_size=0, set_tid=NULL, set_tid_size=2, "
        "cgroup=77}, 100)",
        call("clone3", EINVAL, args=args(flags=0x100, exit_signal=500, set_tid_size=2, cgroup=77), size=100),
    ),
    (
        "clone3({flags=CLONE_PARENT_SETTID, parent_tid=NULL, exit_signal=SIGCHLD, stack=NULL, stack_size=0} => "
        "{parent_tid=NULL}, 88)",
        call("clone3", 0, args=args(flags=0x100000, exit_signal=17), size=88),
    ),
]

FUTEXES = [
    (f"futex({PAGE:#x}, FUTEX_WAIT, 2684354562, {BAD:#x})", futex(EFAULT, 0)),
    (f"futex({PAGE:#x}, FUTEX_FD, 2684354562)", futex(ENOSYS, 2)),
    (f"futex({PAGE:#x}, FUTEX_LOCK_PI2_PRIVATE, {BAD:#x})", futex(EFAULT, 0x8D)),
    (f"futex({PAGE:#x}, FUTEX_UNLOCK_PI)", futex(EINVAL, 7)),
    (f"futex({PAGE:#x}, 0xe /* FUTEX_??? */, 2684354562, {BAD:#x}, {PAGE + 5:#x}, 0xb0000003)", futex(ENOSYS, 14)),
    (f"futex({PAGE:#x}, 0x181 /* FUTEX_??? */, 2684354562)", futex(ENOSYS, 0x181)),
    (f"futex({PAGE:#x}, 0x187 /* FUTEX_??? */)", futex(ENOSYS, 0x187)),
    (f"futex({PAGE:#x}, 0x80000001 /* FUTEX_??? */, 2684354562)", futex(ENOSYS, 0x80000001 - (1 << 32))),
    (f"futex({PAGE:#x}, 0x4000 /* FUTEX_??? */, 2684354562, {BAD:#x})", futex(ENOSYS, 0x4000)),
    (
        f"futex({PAGE:#x}, FUTEX_WAKE_OP_PRIVATE, 2684354562, {BAD & 0xFFFFFFFF}, {PAGE + 5:#x}, "
        "FUTEX_OP_OPARG_SHIFT<<28|FUTEX_OP_XOR<<28|0x1<<12|0xf<<24 /* FUTEX_OP_CMP_??? */|0x5)",
        futex(ENOSYS, 0x85, 0xCF001005),
    ),
]

ODD = 0x1111111111111112
PRCTLS = [
    (
        "prctl(0 /* PR_??? */, 0x1111111111111112, 0x2222, 0x33333, 0x444)",
        prctl(EINVAL, 0, ODD, 0x2222, 0x33333, 0x444),
    ),
    ("prctl(PR_SET_PDEATHSIG, SIGKILL)", prctl(0, 1, 9, 2, 3, 4)),
    ("prctl(PR_GET_PDEATHSIG, 0x1111111111111112)", prctl(EFAULT, 2, ODD, 2, 3, 4)),
    ("prctl(PR_SET_DUMPABLE, 0x4d /* SUID_DUMP_??? */)", prctl(EINVAL, 4, 77, 2, 3, 4)),
    ("prctl(PR_SET_SECCOMP, 0x4d /* SECCOMP_MODE_??? */, 0x2, 0x3, 0x4)", prctl(EINVAL, 22, 77, 2, 3, 4)),
    ("prctl(PR_CAPBSET_READ, CAP_FOWNER)", prctl(0, 23, 3, 2, 3, 4)),
    ("prctl(PR_GET_SECUREBITS)", prctl(0, 27, 1, 2, 3, 4)),
    (
        "prctl(PR_SET_SECUREBITS, SECBIT_NOROOT_LOCKED|SECBIT_KEEP_CAPS|0x1111111111111100)",
        prctl(EINVAL, 28, ODD, 2, 3, 4),
    ),
    ("prctl(PR_SET_TIMERSLACK, 1229782938247303442)", prctl(0, 29, ODD, 2, 3, 4)),
    ("prctl(PR_SET_NO_NEW_PRIVS, 77, 0x2, 0x3, 0x4)", prctl(EINVAL, 38, 77, 2, 3, 4)),
    (
        "prctl(PR_SET_THP_DISABLE, 1229782938247303442, 0x2222, 0x33333, 0x444)",
        prctl(EINVAL, 41, ODD, 0x2222, 0x33333, 0x444),
    ),
    ("prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_DAC_READ_SEARCH, 0, 0)", prctl(0, 47, 1, 2)),
    ("prctl(PR_SME_GET_VL)", prctl(EINVAL, 64, ODD, 2, 3, 4)),
    ("prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, 0x2, 3, 0x4)", prctl(EINVAL, 0x53564D41, 0, 2, 3, 4)),
    ("prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY)", prctl(EINVAL, 0x59616D61, (1 << 64) - 1, 2, 3, 4)),
]

IOCTLS = [
    (f"ioctl(99, TCGETS, {PAGE:#x})", ioctl(0x5401)),
    ("ioctl(99, SNDCTL_TMR_START or TCSETS, NULL)", ioctl(0x5402, 0)),
    ("ioctl(99, TCSBRK, 5)", ioctl(0x5409, 5)),
    ("ioctl(99, TCXONC, TCOOFF)", ioctl(0x540A, 0)),
    (f"ioctl(99, TCFLSH, {PAGE:#x} /* TC??? */)", ioctl(0x540B)),
    ("ioctl(99, TIOCSBRK)", ioctl(0x5427)),
    ("ioctl(99, FIFREEZE)", ioctl(0xC0045877)),
    ("ioctl(99, BTRFS_IOC_CLONE or FICLONE, -1)", ioctl(0x40049409, (1 << 64) - 1)),
    ("ioctl(99, BTRFS_IOC_CLONE_RANGE or FICLONERANGE, NULL)", ioctl(0x4020940D, 0)),
    ("ioctl(99, _IOC(_IOC_NONE, 0x56, 0x78, 0x1234), 0)", ioctl(0x12345678, 0)),
    ("fcntl(99, F_SETSIG, -144261120)", call("fcntl", EBADF, fd=99, cmd=10, arg=0x7F9AF766C000)),
]


def _mapped(flags: int, **more: Any) -> Call:
    return call("mmap", EINVAL, addr=0, length=1, prot=1, flags=flags, fd=99, offset=0, **more)


def _linked(flags: int) -> Call:
    return call("linkat", EINVAL, olddir=-100, oldpath=b"a", newdir=-100, newpath=b"b", flags=flags)


FLAGS = [
    ("mmap(NULL, 1, PROT_READ, MAP_FILE, 99, 0)", _mapped(0)),
    ("mmap(NULL, 1, PROT_READ, MAP_FILE|MAP_FIXED|MAP_ANONYMOUS, 99, 0)", _mapped(0x30)),
    ("mmap(NULL, 1, PROT_READ, 0x4 /* MAP_??? */, 99, 0)", _mapped(4)),
    ("mmap(NULL, 1, PROT_READ, MAP_PRIVATE|MAP_32BIT, 99, 0)", _mapped(0x42)),
    ("mmap(NULL, 1, PROT_READ, MAP_PRIVATE|0x40, 99, 0)", _mapped(0x42, _arch="arm64")),
    ('linkat(AT_FDCWD, "a", AT_FDCWD, "b", AT_REMOVEDIR)', _linked(0x200)),
    ('linkat(AT_FDCWD, "a", AT_FDCWD, "b", AT_SYMLINK_FOLLOW|AT_EMPTY_PATH)', _linked(0x1400)),
    ('linkat(AT_FDCWD, "a", AT_FDCWD, "b", AT_EMPTY_PATH|AT_RECURSIVE|0xffff6000)', _linked(0xFFFFF000 - (1 << 32))),
    (
        'utimensat(AT_FDCWD, "b", NULL, AT_RECURSIVE)',
        call("utimensat", EINVAL, dir=-100, path=b"b", times=NULL, flags=0x8000),
    ),
    (
        'utimensat(AT_FDCWD, "b", NULL, 0x2000 /* AT_??? */)',
        call("utimensat", EINVAL, dir=-100, path=b"b", times=NULL, flags=0x2000),
    ),
    ('unlinkat(AT_FDCWD, "b", AT_SYMLINK_NOFOLLOW)', call("unlinkat", EINVAL, dir=-100, path=b"b", flags=0x100)),
]


@pytest.mark.parametrize(
    ("line", "of"),
    SIZES + UNREADABLE + SOCKETS + CLONES + FUTEXES + PRCTLS + IOCTLS + FLAGS,
    ids=lambda value: str(value)[:60],
)
def test_what_a_program_chose_is_written_as_strace_writes_it(line: str, of: Call) -> None:
    assert of.ret is not None
    shown, _, result = written(of)[0].rpartition(" = ")
    assert shown.rstrip() == line
    assert result == ERRORS[of.ret]


@pytest.mark.parametrize(
    ("line", "of"),
    [
        # The size of a set of signals: the kernel takes one only.
        ("rt_sigsuspend([KILL], 8)", call("rt_sigsuspend", -514, set=0x100)),
        ("rt_sigsuspend(0x?, ?)", call("rt_sigsuspend", EINVAL, set=0x100)),
        # clone3() had no set_tid and no cgroup, and there may be more behind the struct.
        (
            "clone3({flags=CLONE_VM, exit_signal=0, stack=NULL, stack_size=0, ...}, 88)",
            call(
                "clone3",
                EINVAL,
                size=88,
                args={label: CLONE[label] | (label == "flags") << 8 for label in list(CLONE)[:8]},
            ),
        ),
        (
            "clone3({flags=0, exit_signal=0, stack=NULL, stack_size=0, ...}, 100)",
            call("clone3", -7, args=args(), size=100),
        ),
        # Nobody knows a length that is not behind an address.
        (
            'recvmsg(7, {msg_name=NULL, msg_namelen=?, msg_iov=[{iov_base="ghab", iov_len=?}], msg_iovlen=?, '
            "msg_controllen=0, msg_flags=0}, 0)",
            call(
                "recvmsg", 4, sockfd=7, flags=0, exit={"addr": NULL, "data": b"ghab", "controllen": 0, "msg_flags": 0}
            ),
        ),
        # The kernel has read the message, so strace could, too.
        ("recvmsg(7, {msg_namelen=?}, 0)", call("recvmsg", -11, sockfd=7, flags=0)),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_a_trace_does_not_hold_is_not_made_up(line: str, of: Call) -> None:
    assert written(of)[0].rpartition(" = ")[0].rstrip() == line
