"""Who the threads are, over time.

A trace says it in events of its own: when it first meets a thread, and whenever something of it changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from syscord_read.model.batch import Batch, Group
from syscord_read.model.call import values_of
from syscord_read.model.columns import threads_of
from syscord_read.model.layout import Kind
from syscord_read.model.value import Missing

#: A field that could not be read where it would have been needed (docs/trace-format.md).
UNREAD = 16

Identities = NDArray[np.int32]


@dataclass(frozen=True)
class Ids:
    """Beside the real user: what a thread may do.

    Users and groups are numbers of the initial user namespace.  ``caps`` has a bit for each effective capability;
    ``user_ns`` is the number of the user namespace's inode.
    """

    euid: int
    gid: int
    egid: int
    caps: int
    user_ns: int


#: The namespaces that an event names, by the number of the inode; 0 where that is not known.
NAMESPACES = ("cgroup_ns", "ipc_ns", "net_ns", "pid_ns", "time_ns", "uts_ns")


class Number(NamedTuple):
    """What a thread is called in a pid namespace below the initial one; ``ns`` is the number of the inode."""

    ns: int
    pid: int
    tid: int


@dataclass(frozen=True)
class Life:
    """What makes a process different from any other, and with whom a thread shares what.

    ``start`` is when the process began, in ns since boot: with its number, that is one process for ever.  ``files`` and
    ``fs`` stand for the tables of descriptors and of folders, ``files_from`` and ``fs_from`` for those that they begin
    as a copy of, at a fork; 0 means none.  ``cgroup`` is the number of an inode, ``namespaces`` has one each.
    ``old_tid`` is the number of the thread that called execve(), which has its process's number afterwards.  ``status``
    is the thread's at its exit, in the form of wait(2); if it is the process's last thread, ``ended`` is true, and
    ``process_status`` is what wait(2) says of the process.  ``numbers`` has a number for
    each pid namespace below the initial one, the task's own last.
    """

    start: int
    files: int
    fs: int
    files_from: int
    fs_from: int
    cgroup: int
    namespaces: Mapping[str, int]
    old_tid: int
    status: int
    ended: bool
    process_status: int
    numbers: tuple[Number, ...]


@dataclass(frozen=True)
class Process:
    """Identity of one thread, from one ``process`` event to the next.

    ``comm`` and ``exe`` are bytes; ``exe`` is empty if it has none (a kernel thread), or that is not known.  ``reason``
    is the event's: "state", "seen", "fork", "exec", "rename", "ids", "parent", "exit".  ``since`` is in ns since the
    epoch.  ``ids`` and ``life`` are None in traces of older modules: those knew the real user alone.
    """

    trace: int
    tid: int
    pid: int
    ppid: int
    uid: int
    comm: bytes
    exe: bytes
    reason: str
    since: int
    ids: Ids | None = None
    life: Life | None = None

    @property
    def has_ended(self) -> bool:
        """Whether the process ends with this: as the kernel says, or, in older traces, as its first thread does."""
        if self.life:
            return self.life.ended
        return self.reason == "exit" and self.tid == self.pid

    @property
    def own_numbers(self) -> dict[str, int]:
        """What the task calls itself, if it is in a pid namespace below the initial one: what calls give and take."""
        numbers = self.life.numbers if self.life else ()
        if not self.life or not numbers or numbers[-1].ns != self.life.namespaces["pid_ns"]:
            return {}
        own = numbers[-1]
        return {"own_pid": own.pid, "own_tid": own.tid, "pid_ns": own.ns}

    @property
    def users(self) -> dict[str, int]:
        """The users and groups that are known: ``uid``, ``euid``, ``gid``, ``egid``."""
        if not self.ids:
            return {"uid": self.uid}
        return {"uid": self.uid, "euid": self.ids.euid, "gid": self.ids.gid, "egid": self.ids.egid}


class Processes:
    """Identities, fed by batches in order.

    ``known`` is about the last batch: the identities that its threads had before it, then those that its events gave.
    ``update`` gives indices into it.  ``changes`` has the identities that events gave, each with its event's row.
    ``files`` is what was said so far of open files: (trace, pid) -> descriptor -> path.  Processes that share their
    descriptors have the same element.
    """

    def __init__(self) -> None:
        self.known: list[Process] = []
        self.changes: list[tuple[int, Process]] = []
        self.files: dict[tuple[int, int], dict[int, bytes]] = {}
        self._now: dict[tuple[int, int], Process] = {}

    def update(self, batch: Batch) -> Identities:
        """For each row the index in ``known`` of its thread's identity, or -1; to be called once a batch."""
        self._forget_ended()
        threads, which = np.unique(threads_of(batch, batch.tid), return_inverse=True)
        before = [self._now.get((key >> 32, key & 0xFFFFFFFF)) for key in threads.tolist()]
        self.known = [process for process in before if process]
        numbers = iter(range(len(self.known)))
        first = np.array([next(numbers) if process else -1 for process in before], np.int32)
        identities: Identities = first[which] if len(threads) else np.empty(0, np.int32)
        self._note_files(batch)
        self._note_processes(batch)
        if self.changes:
            apply_changes(identities, which, [row for row, _ in self.changes], len(self.known))
            self.known += self.described
        # After an execve() its record has the number that the thread had before, which may be another's by now.
        pids = np.array([process.pid for process in self.known] + [-1], np.int64)[identities]
        identities[pids != batch.pid] = -1
        return identities

    @property
    def described(self) -> list[Process]:
        """The identities that the events of the last batch gave, in their order."""
        return [process for _, process in self.changes]

    def now(self, trace: int, tid: int) -> Process | None:
        """Who a thread is after the batches so far; one that ended in the last batch is still known."""
        return self._now.get((trace, tid))

    def _forget_ended(self) -> None:
        """Threads that ended before the last batch did: others may get their numbers."""
        for process in self.described:
            key = process.trace, process.tid
            if process.reason == "exit" and self._now.get(key) is process:
                del self._now[key]

    def _note_files(self, batch: Batch) -> None:
        for _, trace, pid, kind, values in sorted(_file_events(batch), key=lambda event: event[0]):
            match kind, values:
                case Kind.OPEN_FILE, (fd, bytes() as path):
                    self._files_of(trace, pid)[fd] = path
                case Kind.SAME_FILE, (fd, as_pid, as_fd):
                    same = self.files.get((trace, as_pid), {}).get(as_fd)
                    if same is not None:
                        self._files_of(trace, pid)[fd] = same
                case Kind.OPEN_FILES, (as_pid,) if as_pid != pid:
                    self.files[trace, pid] = self._files_of(trace, as_pid)

    def _files_of(self, trace: int, pid: int) -> dict[int, bytes]:
        return self.files.setdefault((trace, pid), {})

    def _note_processes(self, batch: Batch) -> None:
        """Remember who is who now."""
        self.changes = []
        for row, said, exe in sorted(self._events(batch), key=lambda entry: entry[0]):
            process = self._complete(said, exe)
            self.changes.append((row, process))
            self._now[process.trace, process.tid] = process

    def _events(self, batch: Batch) -> Iterator[tuple[int, Process, bytes | None]]:
        """The ``process`` events: row, identity, and the executable, None if that is not known."""
        for group in _groups(batch, Kind.PROCESS):
            trace = group.event_class.trace
            reasons = _labels(group, "reason")
            unread = _marks(group, "exe") & UNREAD
            columns = _values(group, "reason", "ppid", "uid", "comm", "exe")
            ids, lives = _ids(group), _lives(group)
            for place, (reason, ppid, uid, comm, exe) in enumerate(zip(*columns, strict=True)):
                row = int(group.rows[place])
                tid, pid, since = int(batch.tid[row]), int(batch.pid[row]), int(batch.time[row])
                said = b"" if isinstance(exe, Missing) else exe
                why = reasons.get(reason, str(reason))
                who = Process(trace, tid, pid, ppid, uid, comm, said, why, since, ids[place], lives[place])
                yield row, who, None if unread[place] else said

    def _complete(self, process: Process, exe: bytes | None) -> Process:
        """An executable that could not be read (None) is the thread's earlier one, its process's, or its parent's."""
        if exe is not None:
            return process
        # Only a process that was just made is sure to run what its parent runs.
        parent = (process.ppid,) if process.reason == "fork" else ()
        for tid in (process.tid, process.pid, *parent):
            earlier = self.now(process.trace, tid)
            if earlier and not (tid == process.tid and process.reason == "exec"):
                return replace(process, exe=earlier.exe)
        return process


#: Fields of the events that say what descriptors stand for.
_FILE_EVENTS = {
    Kind.OPEN_FILE: ("fd", "path"),
    Kind.SAME_FILE: ("fd", "as_pid", "as_fd"),
    Kind.OPEN_FILES: ("as_pid",),
}


def _file_events(batch: Batch) -> Iterator[tuple[int, int, int, Kind, tuple[Any, ...]]]:
    """These events, class by class: row, trace, process, kind, and the values of the fields."""
    for kind, labels in _FILE_EVENTS.items():
        for group in _groups(batch, kind):
            rows, trace = group.rows.tolist(), group.event_class.trace
            values = zip(*_values(group, *labels), strict=True)
            for row, pid, each in zip(rows, batch.pid[group.rows].tolist(), values, strict=True):
                yield row, trace, pid, kind, each


def _groups(batch: Batch, kind: Kind) -> Iterator[Group]:
    return (group for group in batch.group_list if group.event_class.kind is kind)


def _values(group: Group, *labels: str) -> list[list[Any]]:
    """Columns as Python values, one element None for each that the class does not have."""
    columns = [group.labelled(label) for label in labels]
    return [[None] * len(group.rows) if column is None else list(values_of(column)) for column in columns]


def _ids(group: Group) -> Sequence[Ids | None]:
    """What each event says of it, None in traces of older modules."""
    if group.labelled("euid") is None:
        return [None] * len(group.rows)
    columns = _values(group, "euid", "gid", "egid", "caps", "user_ns")
    return [Ids(*values) for values in zip(*columns, strict=True)]


def _lives(group: Group) -> Sequence[Life | None]:
    """The same of lives."""
    if group.labelled("start") is None:
        return [None] * len(group.rows)
    plain = ("start", "files", "fs", "files_from", "fs_from", "cgroup", "old_tid", "status", "process_status")
    known = (dict(zip(plain, values, strict=True)) for values in zip(*_values(group, *plain), strict=True))
    namespaces = (
        dict(zip(NAMESPACES, values, strict=True)) for values in zip(*_values(group, *NAMESPACES), strict=True)
    )
    ended, numbers = _values(group, "ended", "numbers")
    return [
        Life(**each, namespaces=inodes, ended=bool(last), numbers=tuple(Number(**number) for number in of_task))
        for each, inodes, last, of_task in zip(known, namespaces, ended, numbers, strict=True)
    ]


def _marks(group: Group, label: str) -> NDArray[np.uint8]:
    column = group.labelled(label)
    return np.zeros(len(group.rows), np.uint8) if column is None else column.marks


def _labels(group: Group, label: str) -> Mapping[Any, str]:
    """Names of the values of an enumeration."""
    column = group.labelled(label)
    symbols = column.field.integer.symbols if column and column.field.integer else None
    return symbols.labels if symbols else {}


def apply_changes(found: NDArray[Any], which: NDArray[np.int64], rows: list[int], first: int) -> None:
    """Let what changes at each of these rows hold from there on, up to the next change of the same thread.

    ``which`` is the thread of each row.  The changes are numbered from ``first`` on, in ``found``.
    """
    changed = np.isin(which, which[rows]).nonzero()[0]
    order = changed[np.argsort(which[changed], kind="stable")]
    begins = np.full(len(which), -1, np.int64)
    begins[rows] = first + np.arange(len(rows))
    events = begins[order]
    threads = which[order]
    # The last event at or before each row, if it is of the same thread.
    last = np.maximum.accumulate(np.where(events >= 0, np.arange(len(order)), -1))
    sound = (last >= 0) & (threads[last] == threads)
    found[order[sound]] = events[last[sound]]
