"""Calls as the reader makes them, for the tests of strace's way of writing: from the handlers, without a trace.

What a handler has not, a test gives as a field of its own: ``extra``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from syscord_build import source
from syscord_gen.model import Argument, Direction, Member, Syscall
from syscord_gen.types import MEMORY, SCALARS
from syscord_read.model import layout
from syscord_read.model.call import Call
from syscord_read.model.layout import ArgumentField, Base, EventClass, Field, Integer, Kind, Prototype, Shape, Symbols
from syscord_read.model.processes import Process
from syscord_read.write.strace.options import Options
from syscord_read.write.strace.output import lines
from syscord_read.write.strace.view import Names
from tests.unit.specs import HANDLERS

#: Values that a trace of x86_64 carries for names that the tests meet, from the headers that handlers/symbols tells.
VALUES: Mapping[str, int] = {
    **{"AT_FDCWD": -100, "AT_SYMLINK_NOFOLLOW": 0x100, "AT_REMOVEDIR": 0x200, "AT_EACCESS": 0x200},
    **{"AT_NO_AUTOMOUNT": 0x800, "AT_EMPTY_PATH": 0x1000, "AT_STATX_SYNC_AS_STAT": 0, "AT_STATX_FORCE_SYNC": 0x2000},
    **{"O_WRONLY": 1, "O_RDWR": 2, "O_CREAT": 0o100, "O_EXCL": 0o200, "O_NOCTTY": 0o400, "O_TRUNC": 0o1000},
    **{"O_APPEND": 0o2000, "O_NONBLOCK": 0o4000, "O_SYNC": 0o4010000, "__O_SYNC": 0o4000000, "O_DSYNC": 0o10000},
    **{"O_LARGEFILE": 0o100000, "O_DIRECTORY": 0o200000, "O_NOFOLLOW": 0o400000, "O_CLOEXEC": 0o2000000},
    **{"O_PATH": 0o10000000, "O_TMPFILE": 0o20200000, "__O_TMPFILE": 0o20000000},
    **{"F_DUPFD": 0, "F_GETFD": 1, "F_SETFD": 2, "F_GETFL": 3, "F_SETFL": 4, "F_GETLK": 5, "F_SETLK": 6},
    **{"F_DUPFD_CLOEXEC": 1030, "F_GETPIPE_SZ": 1032, "F_SETSIG": 10, "F_GETSIG": 11},
    **{
        "SEEK_SET": 0,
        "SEEK_CUR": 1,
        "SEEK_END": 2,
        "POSIX_FADV_SEQUENTIAL": 2,
        "LOCK_SH": 1,
        "LOCK_EX": 2,
        "LOCK_NB": 4,
    },
    **{"TCGETS": 0x5401, "TIOCGWINSZ": 0x5413, "FIOCLEX": 0x5451, "BTRFS_IOC_CLONE": 0x40049409, "FICLONE": 0x40049409},
    **{"PROT_NONE": 0, "PROT_READ": 1, "PROT_WRITE": 2, "PROT_EXEC": 4, "MAP_SHARED": 1, "MAP_PRIVATE": 2},
    **{"MAP_SHARED_VALIDATE": 3, "MAP_FIXED": 0x10, "MAP_ANONYMOUS": 0x20, "MAP_DENYWRITE": 0x800},
    **{"MAP_STACK": 0x20000, "MAP_NORESERVE": 0x4000, "MAP_HUGETLB": 0x40000, "MREMAP_MAYMOVE": 1, "MREMAP_FIXED": 2},
    **{"MADV_DONTNEED": 4, "POLLIN": 1, "POLLPRI": 2, "POLLOUT": 4, "POLLNVAL": 0x20, "POLLRDNORM": 0x40},
    **{"POLLRDBAND": 0x80, "EPOLLIN": 1, "EPOLLOUT": 4, "EPOLLET": 1 << 31, "EPOLL_CTL_ADD": 1, "EPOLL_CTL_DEL": 2},
    **{"AT_SYMLINK_FOLLOW": 0x400, "AT_RECURSIVE": 0x8000, "FUTEX_FD": 2, "FUTEX_REQUEUE": 3, "FUTEX_LOCK_PI": 6},
    **{"FUTEX_UNLOCK_PI": 7, "FUTEX_WAKE_BITSET": 10, "FUTEX_WAIT_REQUEUE_PI": 11, "FUTEX_CMP_REQUEUE_PI": 12},
    **{"TCSETS": 0x5402, "TCSBRK": 0x5409, "TCXONC": 0x540A, "TCFLSH": 0x540B, "TIOCSBRK": 0x5427, "TIOCPKT": 0x5420},
    **{"FIFREEZE": 0xC0045877, "BTRFS_IOC_CLONE_RANGE": 0x4020940D, "FICLONERANGE": 0x4020940D},
    **{
        "PR_SET_PDEATHSIG": 1,
        "PR_GET_PDEATHSIG": 2,
        "PR_SET_DUMPABLE": 4,
        "PR_SET_TIMERSLACK": 29,
        "PR_CAP_AMBIENT": 47,
    },
    **{"PR_SET_SECCOMP": 22, "PR_CAPBSET_READ": 23, "PR_GET_SECUREBITS": 27, "PR_SET_SECUREBITS": 28},
    **{"PR_SET_THP_DISABLE": 41, "PR_SET_SPECULATION_CTRL": 53, "PR_MCE_KILL_GET": 34, "PR_SET_PTRACER": 0x59616D61},
    **{"EPOLL_CLOEXEC": 0o2000000, "FUTEX_WAIT": 0, "FUTEX_WAKE": 1, "FUTEX_CMP_REQUEUE": 4, "FUTEX_WAKE_OP": 5},
    **{
        "FUTEX_WAIT_BITSET": 9,
        "CLONE_VM": 0x100,
        "CLONE_PIDFD": 0x1000,
        "CLONE_FS": 0x200,
        "CLONE_FILES": 0x400,
        "CLONE_SIGHAND": 0x800,
    },
    **{"CLONE_VFORK": 0x4000, "CLONE_THREAD": 0x10000, "CLONE_SYSVSEM": 0x40000, "CLONE_SETTLS": 0x80000},
    **{"CLONE_PARENT_SETTID": 0x100000, "CLONE_CHILD_CLEARTID": 0x200000, "CLONE_CHILD_SETTID": 0x1000000},
    **{"SIGCHLD": 17, "SIGUSR1": 10, "SIGKILL": 9, "WNOHANG": 1, "WUNTRACED": 2, "WCONTINUED": 8, "RLIMIT_STACK": 3},
    **{"PR_SET_NAME": 15, "PR_GET_DUMPABLE": 3, "PR_SET_NO_NEW_PRIVS": 38, "SIG_BLOCK": 0, "SIG_SETMASK": 2},
    **{"SA_RESTORER": 0x04000000, "SA_ONSTACK": 0x08000000, "SA_RESTART": 0x10000000, "SA_SIGINFO": 4, "SS_DISABLE": 2},
    **{"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16, "SOCK_STREAM": 1, "SOCK_DGRAM": 2},
    **{"SOCK_CLOEXEC": 0o2000000, "SOCK_NONBLOCK": 0o4000, "IPPROTO_IP": 0, "IPPROTO_TCP": 6, "SOL_IP": 0},
    **{"SOL_SOCKET": 1, "SOL_TCP": 6, "MSG_OOB": 1, "MSG_PEEK": 2, "MSG_TRUNC": 0x20, "MSG_NOSIGNAL": 0x4000},
    **{"SHUT_RD": 0, "SHUT_WR": 1, "GRND_NONBLOCK": 1, "CLOCK_REALTIME": 0, "CLOCK_MONOTONIC": 1, "TIMER_ABSTIME": 1},
    **{
        "STATX_BASIC_STATS": 0x7FF,
        "STATX_TYPE": 1,
        "STATX_MODE": 2,
        "STATX_NLINK": 4,
        "STATX_UID": 8,
        "STATX_GID": 0x10,
    },
    **{"STATX_MTIME": 0x40, "STATX_SIZE": 0x200, "STATX_MNT_ID": 0x1000, "STATX_ATTR_MOUNT_ROOT": 0x2000},
    **{"EXT2_SUPER_MAGIC": 0xEF53, "CLOSE_RANGE_CLOEXEC": 4, "XATTR_CREATE": 1, "FASYNC": 0o20000},
}

#: The number of a call says on which architecture it was.
NUMBERS = {"x86_64": {"clone": 56, "mmap": 9}, "arm64": {"clone": 220, "mmap": 222}}

MODEL = source.checked_model(HANDLERS)
SYSCALLS = {syscall.name: syscall for syscall in MODEL.syscalls}
STRUCTS = {struct.name: struct for struct in MODEL.structs}
SETS = {symbols.name: symbols for symbols in MODEL.symbols}
SHAPES = {
    **{"path": Shape.TEXT, "string": Shape.TEXT, "bytes": Shape.BYTES, "iovec": Shape.BYTES},
    **{"sockaddr": Shape.ADDRESS, "strings": Shape.STRINGS},
}


@cache
def _symbols(name: str) -> Symbols:
    declared = SETS[name]
    return Symbols(name, declared.kind, {label: VALUES[label] for label in declared.names if label in VALUES})


def _integer(item: Argument | Member) -> Integer:
    scalar = SCALARS[item.type]
    base = Base((item.format or scalar.format).value)
    return Integer(scalar.bits, scalar.signed, base, _symbols(item.symbols) if item.symbols else None)


def _fields(arg: Argument, *, exit: bool) -> list[Field]:
    """The fields of one view of an argument."""
    if arg.direction is None:
        return [Field(arg.label, Shape.INTEGER, arg.type, False, _integer(arg))]
    if arg.type == "msghdr":
        return [
            Field("addr", Shape.ADDRESS, "sockaddr", exit),
            Field("data", Shape.BYTES, "bytes", exit),
            *(Field(label, Shape.NUMBER, "u64", exit, Integer(64, False)) for label in ("controllen", "msg_flags")),
        ]
    if arg.type in MEMORY:
        return [Field(arg.label, SHAPES.get(arg.type, Shape.NUMBER), arg.type, exit)]
    if arg.type not in STRUCTS:
        return [Field(arg.label, Shape.NUMBERS if arg.length else Shape.NUMBER, arg.type, exit, _integer(arg))]
    struct = STRUCTS[arg.type]
    chosen = [member for member in struct.members if not arg.members or member.name in arg.members]
    name = "_".join((arg.type, *(member.label for member in chosen))) if arg.members else arg.type
    members = tuple(layout.Member(member.label, member.type, _integer(member)) for member in chosen)
    return [Field(arg.label, Shape.STRUCTS if arg.length else Shape.STRUCT, name, exit, None, members)]


def _views(syscall: Syscall) -> list[Argument]:
    return [arg for arg in (*syscall.args, *syscall.also) if not arg.skip]


def _parts(arg: Argument) -> Iterable[bool]:
    """Whether a view is in the entry's part (False), in the exit's (True), or in both."""
    return [
        exit for exit in (False, True) if arg.direction is Direction.INOUT or (arg.direction is Direction.OUT) == exit
    ]


@cache
def event_class(name: str, *, failed: bool, arch: str = "x86_64") -> EventClass:
    """The class of a call that has a handler, or has none."""
    if name not in SYSCALLS:
        return EventClass(1, Kind.SYSCALL, name)
    syscall = SYSCALLS[name]
    fields = [
        field
        for exit in (False, True)
        for arg in _views(syscall)
        if exit in _parts(arg)
        for field in _fields(arg, exit=exit)
    ]
    arguments = tuple(
        tuple(
            ArgumentField(field.label, exit, field.shape in (Shape.STRUCT, Shape.NUMBER))
            for view in _views(syscall)
            if view.name == arg.name
            for exit in _parts(view)
            for field in _fields(view, exit=exit)
        )
        for arg in syscall.args
    )
    return EventClass(
        2 + failed,
        Kind.SYSCALL,
        name,
        tuple(field for field in fields if not (failed and field.exit)),
        nr=NUMBERS[arch].get(name),
        ret_type=syscall.ret,
        prototype=Prototype(syscall.ret, arguments),
    )


def call(name: str, ret: int | None, /, *, exit: Any = None, **entry: Any) -> Call:
    """A call: what was asked for by label, and ``exit``, what the kernel wrote.

    ``_time``, ``_took``: when it ended and how long it took, in ns.  ``_tid``, ``_pid``: whose it is.  ``_arch``.
    ``_marks``, ``_exit_marks``: of the entry's fields, and of the exit's.  ``_registers``: arguments by place.
    """
    own = {key: entry.pop(key) for key in list(entry) if key.startswith("_")}
    failed = ret is not None and -4095 <= ret < 0
    tid = own.get("_tid", 7)
    kind = event_class(name, failed=failed, arch=own.get("_arch", "x86_64"))
    pid = own.get("_pid", tid)
    marks, exit_marks = (
        {label: frozenset(marks) for label, marks in own.get(part, {}).items()} for part in ("_marks", "_exit_marks")
    )
    time, took, registers = own.get("_time", 1_000_000), own.get("_took", 1000), own.get("_registers", {})
    return Call(
        *(time, took, 0, pid, tid, name, kind.nr, ret, False, False, entry, exit or {}, kind, marks, exit_marks),
        registers,
    )


#: What a trace's metadata has.
NAMES = Names({0: {name: _symbols(name) for name in SETS}})


def written(*calls: Call | Process, **options: Any) -> list[str]:
    """What is written of some calls, and of what happened to processes between them."""
    return list(lines(calls, Options(**options), names=NAMES))
