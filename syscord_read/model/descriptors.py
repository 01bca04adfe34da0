"""What file descriptors stand for (strace's ``-y``), followed through the syscalls that open, copy and close them.

    descriptors = Descriptors(processes.files)
    for call in calls:
        print(descriptors.path(call.event_class.trace, call.pid, 3))     # before the call
        descriptors.apply(call)

A path is what the process asked for, made absolute where the folder is known; the kernel's own view, with symbolic
links followed, is not in a trace.  Sockets, pipes and the like are called as in /proc/PID/fd, with ``?`` for the number
of the inode.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from syscord_read.model.call import Call
from syscord_read.model.layout import MAX_ERROR, EventClass
from syscord_read.model.value import Value

# linux/fcntl.h, asm-generic/fcntl.h, linux/sched.h, linux/close_range.h, asm-generic/ioctls.h.  O_CLOEXEC is also what
# SOCK_CLOEXEC, EFD_CLOEXEC and EPOLL_CLOEXEC are.
AT_FDCWD = -100
O_CLOEXEC = 0o2000000
F_DUPFD, F_SETFD, F_DUPFD_CLOEXEC = 0, 2, 1030
FD_CLOEXEC = 1
CLONE_FS, CLONE_FILES, CLONE_THREAD = 0x200, 0x400, 0x10000
CLOSE_RANGE_CLOEXEC = 4
FIOCLEX, FIONCLEX = 0x5451, 0x5450

PIPE, SOCKET = b"pipe:[?]", b"socket:[?]"


@dataclass
class Table:
    """One process's descriptors: paths by number, those that an exec closes, and the working directory, if known."""

    paths: dict[int, bytes] = field(default_factory=dict)
    cloexec: set[int] = field(default_factory=set)
    cwd: bytes | None = None

    def copy(self) -> Table:
        """The table of a child."""
        return Table(dict(self.paths), set(self.cloexec), self.cwd)

    def put(self, fd: int, path: bytes | None, *, cloexec: bool) -> None:
        """A descriptor is there; None: nobody knows what it stands for."""
        self.remove(fd)
        if path is not None:
            self.paths[fd] = path
            if cloexec:
                self.cloexec.add(fd)

    def remove(self, fd: int) -> None:
        """A descriptor is closed."""
        self.paths.pop(fd, None)
        self.cloexec.discard(fd)


class UnknownTable(Table):
    """The table of a process of which nobody knows what its descriptors stand for; it stays empty."""

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, None if name == "cwd" else value)

    def copy(self) -> Table:
        """The same of a child."""
        return self

    def put(self, fd: int, path: bytes | None, *, cloexec: bool) -> None:
        """What it stands for now may be something else at the next call."""


class Descriptors:
    """The tables of all processes.

    ``files`` is what is known from the beginning (``Processes.files``).  More may become known while calls are applied;
    of a process, that is looked at once, when its table is first needed.
    """

    def __init__(self, files: Mapping[tuple[int, int], Mapping[int, bytes]] | None = None) -> None:
        self._tables: dict[tuple[int, int], Table] = {}
        self._files = {} if files is None else files
        self._looked_at: set[tuple[int, int]] = set()
        self._shared: dict[int, Table] = {}
        self._told: set[int] = set()
        self._unknown: dict[int, Table] = {}

    def note(self, event_class: EventClass) -> None:
        """A class of events is met.  If its trace does not follow descriptors, none has a name from now on."""
        if not event_class.follows:
            self._unknown.setdefault(event_class.trace, UnknownTable())

    def path(self, trace: int, pid: int, fd: int) -> bytes | None:
        """What a descriptor stands for, or None if nobody knows."""
        table = self._known(trace, pid)
        return table.paths.get(fd) if table else None

    def cwd(self, trace: int, pid: int) -> bytes | None:
        """The working directory of a process, or None if nobody knows."""
        table = self._known(trace, pid)
        return table.cwd if table else None

    def inherit(self, trace: int, parent: int, child: int) -> None:
        """A process was made by another.  What is already known of it stays."""
        if not self._known(trace, child):
            self._tables[trace, child] = self._table(trace, parent).copy()

    def fork(self, trace: int, parent: int, child: int, *, shares: bool) -> None:
        """The kernel says that a process was made by another, and whether it shares the other's table.

        Then it is not looked for in calls: they return numbers of the caller's pid namespace.
        """
        self._told.add(trace)
        self._looked_at.add((trace, child))
        table = self._table(trace, parent)
        self._tables[trace, child] = table if shares else table.copy()

    def apply(self, call: Call) -> None:
        """What a call has changed."""
        effect = EFFECTS.get(call.name)
        if effect and not call.compat and call.ret is not None and not -MAX_ERROR <= call.ret < 0:
            effect(SucceededCall(self, self._table(call.event_class.trace, call.pid), call))
        elif call.name == "exit_group":
            self._looked_at.add((call.event_class.trace, call.pid))
            self._tables.pop((call.event_class.trace, call.pid), None)

    def _table(self, trace: int, pid: int) -> Table:
        return self._known(trace, pid) or self._tables.setdefault((trace, pid), Table())

    def _known(self, trace: int, pid: int) -> Table | None:
        """The table of a process, if there is one, or what is known from the beginning."""
        if trace in self._unknown:
            return self._unknown[trace]
        key = trace, pid
        table = self._tables.get(key)
        files = self._files.get(key) if table is None and key not in self._looked_at else None
        if files is None:
            return table
        self._looked_at.add(key)
        # Processes that share their descriptors have the same files.
        table = self._shared.setdefault(id(files), Table({fd: files[fd] for fd in files if fd != AT_FDCWD}))
        table.cwd = table.cwd or files.get(AT_FDCWD)
        return self._tables.setdefault(key, table)

    def unshare(self, trace: int, pid: int) -> Table:
        """A process has a copy of the table that it may have shared. Returns that."""
        self._tables[trace, pid] = self._table(trace, pid).copy()
        return self._tables[trace, pid]

    def tells_forks(self, trace: int) -> bool:
        """Whether the kernel says in a trace who has what at a fork."""
        return trace in self._told

    def share(self, trace: int, parent: int, child: int) -> None:
        """Two processes have the same descriptors from now on, and the same working directory."""
        self._tables[trace, child] = self._table(trace, parent)


@dataclass(frozen=True)
class SucceededCall:
    """A call that succeeded, and the table of its process before it."""

    descriptors: Descriptors
    table: Table
    call: Call

    @property
    def ret(self) -> int:
        """What it returned."""
        return self.call.ret or 0

    def number(self, label: str) -> int:
        """A number that was asked for; 0 if it is not recorded."""
        value = self.call.entry.get(label)
        return value if isinstance(value, int) else 0

    def path(self, label: str = "path", folder: str | None = None) -> bytes | None:
        """A path that was asked for, made absolute where that can be done."""
        value = self.call.entry.get(label)
        if not isinstance(value, bytes):
            return None
        base = self.folder(self.number(folder)) if folder else self.table.cwd
        return _normal(base, value)

    def folder(self, fd: int) -> bytes | None:
        """The path that a path begins at."""
        return self.table.cwd if fd == AT_FDCWD else self.table.paths.get(fd)

    def fds_in(self, value: Value | None) -> tuple[int, ...]:
        """Descriptors that the kernel has written to memory."""
        return tuple(fd for fd in value if isinstance(fd, int)) if isinstance(value, tuple) else ()

    def opened(self, path: bytes | None, flags: str | None = None) -> None:
        """The result is a new descriptor."""
        self.table.put(self.ret, path, cloexec=bool(flags and self.number(flags) & O_CLOEXEC))


def _normal(base: bytes | None, path: bytes) -> bytes:
    """A path without ``.`` and ``..``, absolute if the base is known, or need not be."""
    if not path.startswith(b"/") and base is not None:
        path = posixpath.join(base, path)
    return posixpath.normpath(path) if path.startswith(b"/") else path


def _dup(done: SucceededCall, old: str, *, cloexec: bool) -> None:
    if done.number(old) != done.ret:
        done.table.put(done.ret, done.table.paths.get(done.number(old)), cloexec=cloexec)


def _pipe(done: SucceededCall, label: str = "fds", path: bytes = PIPE, flags: str = "flags") -> None:
    for fd in done.fds_in(done.call.exit.get(label)):
        done.table.put(fd, path, cloexec=bool(done.number(flags) & O_CLOEXEC))


def _fcntl(done: SucceededCall) -> None:
    command = done.number("cmd")
    if command in (F_DUPFD, F_DUPFD_CLOEXEC):
        _dup(done, "fd", cloexec=command == F_DUPFD_CLOEXEC)
    elif command == F_SETFD:
        _set_cloexec(done.table, done.number("fd"), cloexec=bool(done.number("arg") & FD_CLOEXEC))


def _ioctl(done: SucceededCall) -> None:
    if (request := done.number("req")) in (FIOCLEX, FIONCLEX):
        _set_cloexec(done.table, done.number("fd"), cloexec=request == FIOCLEX)


def _set_cloexec(table: Table, fd: int, *, cloexec: bool) -> None:
    if cloexec and fd in table.paths:
        table.cloexec.add(fd)
    else:
        table.cloexec.discard(fd)


def _close_range(done: SucceededCall) -> None:
    first, last = done.number("first"), done.number("last")
    for fd in [fd for fd in done.table.paths if first <= fd <= last]:
        if done.number("flags") & CLOSE_RANGE_CLOEXEC:
            done.table.cloexec.add(fd)
        else:
            done.table.remove(fd)


def _clone(done: SucceededCall) -> None:
    """A child has a copy of the table, or the table itself; a thread is of the same process."""
    args = done.call.entry.get("args")
    wanted = args.get("flags", 0) if isinstance(args, Mapping) else done.number("flags")
    trace, parent = done.call.event_class.trace, done.call.pid
    if done.ret <= 0 or wanted & CLONE_THREAD or done.descriptors.tells_forks(trace):
        return
    if wanted & CLONE_FILES and wanted & CLONE_FS:
        done.descriptors.share(trace, parent, done.ret)
    else:
        done.descriptors.inherit(trace, parent, done.ret)


def _exec(done: SucceededCall) -> None:
    """The process has a table of its own, and in it closes what is to be closed (begin_new_exec in fs/exec.c)."""
    table = done.descriptors.unshare(done.call.event_class.trace, done.call.pid)
    for fd in list(table.cloexec):
        table.remove(fd)


def _chdir(done: SucceededCall) -> None:
    folder = done.path()
    done.table.cwd = folder if folder and folder.startswith(b"/") else None


def _fchdir(done: SucceededCall) -> None:
    done.table.cwd = done.table.paths.get(done.number("fd"))


def _getcwd(done: SucceededCall) -> None:
    folder = done.call.exit.get("path")
    if isinstance(folder, bytes) and folder.startswith(b"/"):
        done.table.cwd = folder


#: What each syscall does to the table, if it succeeds.
EFFECTS: Mapping[str, Callable[[SucceededCall], None]] = {
    "open": lambda done: done.opened(done.path(), "flags"),
    "creat": lambda done: done.opened(done.path()),
    "openat": lambda done: done.opened(done.path(folder="dir"), "flags"),
    "close": lambda done: done.table.remove(done.number("fd")),
    "close_range": _close_range,
    "dup": lambda done: _dup(done, "oldfd", cloexec=False),
    "dup2": lambda done: _dup(done, "oldfd", cloexec=False),
    "dup3": lambda done: _dup(done, "oldfd", cloexec=bool(done.number("flags") & O_CLOEXEC)),
    "fcntl": _fcntl,
    "ioctl": _ioctl,
    "pipe": _pipe,
    "pipe2": _pipe,
    "socket": lambda done: done.opened(SOCKET, "type"),
    "socketpair": lambda done: _pipe(done, path=SOCKET, flags="type"),
    "accept": lambda done: done.opened(SOCKET),
    "accept4": lambda done: done.opened(SOCKET, "flags"),
    "eventfd": lambda done: done.opened(b"anon_inode:[eventfd]"),
    "eventfd2": lambda done: done.opened(b"anon_inode:[eventfd]", "flags"),
    "epoll_create": lambda done: done.opened(b"anon_inode:[eventpoll]"),
    "epoll_create1": lambda done: done.opened(b"anon_inode:[eventpoll]", "flags"),
    "clone": _clone,
    "clone3": _clone,
    "fork": _clone,
    "vfork": _clone,
    "execve": _exec,
    "execveat": _exec,
    "chdir": _chdir,
    "fchdir": _fchdir,
    "getcwd": _getcwd,
}
