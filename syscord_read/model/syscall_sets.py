"""Sets of syscalls, as ``-e`` of strace(1) says them: names, classes such as %file, patterns.

The classes have the names of strace's, for 64-bit and 32-bit tables alike; that a trace does not have some is no error.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from syscord_read.errors import UsageError

_STAT, _LSTAT = "stat stat64 oldstat", "lstat lstat64 oldlstat"
_FSTAT = "fstat fstat64 oldfstat fstatat64 newfstatat statx"
_STATFS, _FSTATFS = "statfs statfs64", "fstatfs fstatfs64"
_SIGNALS_SENT = "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal"

CLASSES: Mapping[str, frozenset[str]] = {
    name: frozenset(members.split())
    for name, members in {
        "file": f"""
            access acct chdir chmod chown chown32 chroot creat execve execveat faccessat faccessat2
            fanotify_mark fchmodat fchmodat2 fchownat fspick fstatat64 futimesat getcwd getxattr
            inotify_add_watch lchown lchown32 lgetxattr link linkat listxattr llistxattr lremovexattr
            lsetxattr mkdir mkdirat mknod mknodat mount mount_setattr move_mount name_to_handle_at
            newfstatat open openat openat2 open_tree pivot_root quotactl readlink readlinkat removexattr
            rename renameat renameat2 rmdir setxattr statx swapoff swapon symlink symlinkat truncate
            truncate64 umount umount2 unlink unlinkat uselib utime utimensat utimensat_time64 utimes {_STAT}
            {_LSTAT} {_STATFS}
        """,
        "desc": f"""
            bpf close close_range copy_file_range dup dup2 dup3 epoll_create epoll_create1 epoll_ctl
            epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 execveat faccessat faccessat2 fadvise64
            fadvise64_64 fallocate fanotify_init fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown
            fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr finit_module flistxattr flock fremovexattr
            fsconfig fsetxattr fsmount fsopen fspick fsync ftruncate ftruncate64 futimesat getdents
            getdents64 inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_uring_enter
            io_uring_register io_uring_setup ioctl kexec_file_load linkat llseek _llseek lseek memfd_create
            memfd_secret mkdirat mknodat mmap mmap2 mount_setattr move_mount mq_getsetattr mq_notify mq_open
            mq_timedreceive mq_timedsend name_to_handle_at open openat openat2 open_by_handle_at open_tree
            creat perf_event_open pidfd_getfd pidfd_open pidfd_send_signal pipe pipe2 poll ppoll pread64
            preadv preadv2 pselect6 pwrite64 pwritev pwritev2 quotactl_fd read readahead readlinkat readv
            renameat renameat2 select _newselect sendfile sendfile64 setns signalfd signalfd4 splice
            symlinkat sync_file_range syncfs tee timerfd_create timerfd_gettime timerfd_settime unlinkat
            userfaultfd utimensat utimensat_time64 vmsplice write writev {_FSTAT} {_FSTATFS}
        """,
        "network": """
            accept accept4 bind connect getpeername getpmsg getsockname getsockopt listen putpmsg recv
            recvfrom recvmmsg recvmmsg_time64 recvmsg send sendfile sendfile64 sendmmsg sendmsg sendto
            setsockopt shutdown socket socketcall socketpair
        """,
        "process": f"""
            clone clone3 execve execveat exit exit_group fork vfork wait4 waitid waitpid {_SIGNALS_SENT}
        """,
        "signal": f"""
            pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigtimedwait
            rt_sigtimedwait_time64 sgetmask sigaction sigaltstack signal signalfd signalfd4 sigpending
            sigprocmask sigreturn sigsuspend ssetmask {_SIGNALS_SENT}
        """,
        "ipc": """
            ipc msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl
            shmdt shmget
        """,
        "memory": """
            brk get_mempolicy io_destroy io_setup madvise mbind migrate_pages mincore mlock mlock2 mlockall
            mmap mmap2 move_pages mprotect mremap msync munlock munlockall munmap pkey_mprotect
            process_madvise process_mrelease remap_file_pages set_mempolicy set_mempolicy_home_node shmat
            shmdt
        """,
        "creds": """
            capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32
            getresgid getresgid32 getresuid getresuid32 getuid getuid32 prctl setfsgid setfsgid32 setfsuid
            setfsuid32 setgid setgid32 setgroups setgroups32 setregid setregid32 setresgid setresgid32
            setresuid setresuid32 setreuid setreuid32 setuid setuid32
        """,
        "clock": """
            adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime
            clock_gettime64 clock_settime clock_settime64 gettimeofday settimeofday stime time
        """,
        "stat": _STAT,
        "lstat": _LSTAT,
        "fstat": _FSTAT,
        "%stat": f"{_STAT} {_LSTAT} {_FSTAT}",
        "statfs": _STATFS,
        "fstatfs": _FSTATFS,
        "%statfs": f"{_STATFS} {_FSTATFS} ustat",
    }.items()
}

#: Classes that strace also takes without a percent sign, and that are no syscalls.
_WITHOUT_SIGN = frozenset({"file", "desc", "network", "process", "memory"})

#: Other things that strace's -e can say, and what there is instead.
_ELSEWHERE = {
    "status": "-z selects calls that succeeded, -Z those that failed, --error those with certain errors",
    "signal": "signals are not recorded",
    "signals": "signals are not recorded",
    "decode-fds": "-y says what descriptors stand for",
    "inject": "a record cannot be changed",
    "fault": "a record cannot be changed",
}


@dataclass(frozen=True)
class Syscalls:
    """A set.  ``names`` were named, so there must be such; ``members`` may be there.

    ``patterns`` are regular expressions, each behind what the user wrote.
    """

    names: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    patterns: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.names or self.members or self.patterns)

    def __contains__(self, name: str) -> bool:
        return (
            name in self.names
            or name in self.members
            or any(_compiled(pattern).search(name) for _, pattern in self.patterns)
        )

    def check(self, known: Iterable[str]) -> None:
        """UsageError if it names something that is none of these."""
        names = set(known)
        for name in sorted(self.names - names):
            raise UsageError(f"there is no syscall {name!r}{_similar(name, [*names, *_WITHOUT_SIGN])}")
        for word, pattern in self.patterns:
            if not any(_compiled(pattern).search(name) for name in names):
                raise UsageError(f"no syscall has a name that matches {word}")


EMPTY = Syscalls()


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _similar(word: str, known: Iterable[str], before: str = "") -> str:
    found = difflib.get_close_matches(word, sorted(known), 1)
    return f": did you mean {before}{found[0]}?" if found else ""


def parse_syscalls(values: Iterable[str]) -> tuple[Syscalls, Syscalls]:
    """The syscalls that are wanted, and those that are not.  UsageError if a value makes no sense.

    A value is a list with commas, with ! before it if they are not wanted; ``trace=`` may stand before it.  ``NAME``;
    ``?NAME``: also if there is none; ``%CLASS``; ``/REGEX``, which is searched for in names; ``open*``; ``all``.
    """
    wanted = unwanted = EMPTY
    for value in values:
        words, negated = _words(value)
        found = [_parse(word) for word in words]
        if negated:
            unwanted = _union([unwanted, *found])
        else:
            wanted = _union([wanted, *found])
    return wanted, unwanted


def _words(value: str) -> tuple[list[str], bool]:
    """The words of a value, and whether they are not wanted."""
    key, equals, rest = value.partition("=")
    if equals and key.strip().isidentifier() | (key.strip() in _ELSEWHERE):
        if key.strip() not in ("trace", "t"):
            advice = _ELSEWHERE.get(key.strip(), "-e takes syscalls, as strace's -e trace= does")
            raise UsageError(f"-e {value}: {advice}")
        value = rest
    value = value.strip()
    negated = value.startswith("!")
    words = [word.strip() for word in value.removeprefix("!").split(",")]
    if not all(words):
        raise UsageError(f"-e {value}: a name is missing: write -e openat,close or -e '!openat'")
    return words, negated


def _union(sets: Iterable[Syscalls]) -> Syscalls:
    several = list(sets)
    return Syscalls(
        frozenset().union(*(each.names for each in several)),
        frozenset().union(*(each.members for each in several)),
        tuple(pattern for each in several for pattern in each.patterns),
    )


def _parse(word: str) -> Syscalls:  # noqa: PLR0911 - one return for each form
    """The set of one word."""
    if word.startswith("%"):
        if word[1:] not in CLASSES:
            raise UsageError(f"there is no class {word!r}{_similar(word[1:], CLASSES, '%')} ({_classes()})")
        return Syscalls(members=CLASSES[word[1:]])
    if word in _WITHOUT_SIGN:
        return Syscalls(members=CLASSES[word])
    if word.startswith("/"):
        try:
            _compiled(word[1:])
        except re.error as error:
            raise UsageError(f"{word!r} is no regular expression: {error}") from None
        return Syscalls(patterns=((word, word[1:]),))
    if word == "all":
        return Syscalls(patterns=((word, ""),))
    if word == "none":
        raise UsageError("-e none leaves nothing")
    if any(char in word.removeprefix("?") for char in "*?["):
        return Syscalls(patterns=((word, rf"\A{fnmatch.translate(word)}"),))
    if word.startswith("?"):
        return Syscalls(members=frozenset({word[1:]}))
    return Syscalls(frozenset({word}))


def _classes() -> str:
    return "classes are " + ", ".join(f"%{name}" for name in CLASSES)
