"""Which files and peers each syscall is about, and how many bytes went there.

Calls that open, copy and close descriptors are followed one after the other; what all others are about is looked up on
the way.  What few calls do, ``Descriptors`` knows; what many do is handled here, since it must be fast.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from syscord_read.model.addresses import parse_address
from syscord_read.model.batch import Batch, Bools, Column, Group, Ints
from syscord_read.model.call import Call, calls_of
from syscord_read.model.columns import (
    column_numbers,
    distinct,
    distinct_texts,
    entry_numbers,
    is_present,
    symbol_value,
    threads_of,
)
from syscord_read.model.descriptors import (
    AT_FDCWD,
    EFFECTS,
    F_DUPFD,
    F_DUPFD_CLOEXEC,
    F_SETFD,
    FIOCLEX,
    FIONCLEX,
    O_CLOEXEC,
    SOCKET,
    Descriptors,
    Table,
)
from syscord_read.model.layout import EventClass, Field, Kind, Shape
from syscord_read.model.value import Value, parse_integer

#: What the names of peers begin with, which no path can.
PEER = b"\0"

#: Ports from here on are given to clients at random (Linux's ip_local_port_range), so they say nothing.
RANDOM_PORTS, ALL_PORTS = 32768, 65536

READING = frozenset({"read", "pread64", "readv", "preadv", "preadv2", "recvfrom", "recvmsg"})
WRITING = frozenset({"write", "pwrite64", "writev", "pwritev", "pwritev2", "sendto", "sendmsg"})
#: Calls that move bytes from one descriptor to another, with the labels of both.
MOVING: Mapping[str, tuple[str, str]] = {
    "sendfile": ("in_fd", "out_fd"),
    "splice": ("fd_in", "fd_out"),
    "copy_file_range": ("fd_in", "fd_out"),
}
OPENING = frozenset({"open", "openat", "creat"})
ACCEPTING = frozenset({"accept", "accept4"})
#: Calls with an address: whether the kernel wrote it.
ADDRESSED: Mapping[str, bool] = {
    "accept": True,
    "accept4": True,
    "connect": False,
    "bind": False,
    "getpeername": True,
    "sendto": False,
    "sendmsg": False,
    "recvfrom": True,
    "recvmsg": True,
}
#: Calls of which only some change what a descriptor is, and how to tell these.
RARE_EFFECTS: Mapping[str, tuple[str, frozenset[int]]] = {
    "fcntl": ("cmd", frozenset({F_DUPFD, F_SETFD, F_DUPFD_CLOEXEC})),
    "ioctl": ("req", frozenset({FIOCLEX, FIONCLEX})),
}
_DONE_HERE = OPENING | ACCEPTING | {"close"}
_EINPROGRESS = 115

#: Fields that are descriptors, or paths, in text records, which have no types.
_FD_LABELS = frozenset({"fd", "sockfd", "epfd", "in_fd", "out_fd", "fd_in", "fd_out", "oldfd"})
_FOLDER_LABELS = frozenset({"dir", "olddir", "newdir"})
_PATH_LABELS = frozenset({"path", "oldpath", "newpath"})

# Steps: what is to be done for a row.  ``a`` is a descriptor, ``b`` a name.  Their order counts.
_USE_FD = 0  # use a; c and d are bytes read and written
_USE_PATH = 1  # use the path b, beginning at a
_OPEN = 2  # the same, and it is now the descriptor c; d: until the next exec
_CLOSE = 3  # use a; if c, it is closed
_USE_PEER = 4  # use b; c and d are bytes
_SET = 5  # a is b from now on; c: until the next exec
_SET_KEEPING_CLOEXEC = 6  # a is b from now on, and closed by an exec as before
_SET_BY_STATE = 7  # a is b, says the trace
_SAME_BY_STATE = 8  # a is what c is of the process b, says the trace
_FORK = 9  # the process has what process a has; b: and shares it (1), or does not (0); -1: nobody says
_EXIT = 10  # there is no such process any more
_CALL = 11  # what Descriptors does at the a-th of the calls
_SHARE_BY_STATE = 12  # the process has the same table as process a, says the trace


@dataclass(frozen=True)
class Uses:
    """What the rows of a batch are about; a row may be about nothing, or about several.

    ``rows`` ascend; ``which`` is for each use its place in ``names``: paths as ``Descriptors`` has them, and peers.
    ``read`` and ``written`` are in bytes.
    """

    names: list[bytes]
    rows: Ints
    which: Ints
    read: Ints
    written: Ints

    def select(self, mask: Bools) -> Uses:
        """Those of the rows where ``mask`` is true; rows keep their numbers."""
        wanted = mask[self.rows]
        columns = {name: getattr(self, name)[wanted] for name in ("rows", "which", "read", "written")}
        return replace(self, **columns)


def is_socket(name: bytes) -> bool:
    """Whether a name is that of a peer, or of a socket whose peer is not known."""
    return name.startswith((PEER, b"socket:["))


def display_name(name: bytes) -> bytes:
    """A name as it is shown."""
    return name.removeprefix(PEER)


class Resources(Descriptors):
    """Follows all batches of a recording, in order; also those rows that nobody asks for."""

    def uses(self, batch: Batch) -> Uses:
        """What the rows of a batch are about."""
        for event_class in batch.classes:
            self.note(event_class)
        steps = _Steps(batch)
        names, which = distinct_texts(pa.array(self._walk(batch, steps), pa.binary()))
        used = which >= 0
        counts = np.isin(steps.step, (_USE_FD, _USE_PEER))[used]
        read, written = (np.where(counts, amounts[used], 0) for amounts in (steps.c, steps.d))
        return Uses(names, steps.rows[used], which[used], read, written)

    def _walk(self, batch: Batch, steps: _Steps) -> list[bytes | None]:
        """Do all steps.  Returns what each of them uses."""
        pids, whose = distinct(threads_of(batch, batch.pid)[steps.rows])
        keys = [(pid >> 32, pid & 0xFFFFFFFF) for pid in pids]
        tables: list[Table | None] = [None] * len(keys)
        names = steps.names
        used: list[bytes | None] = [None] * len(steps.rows)
        columns = [column.tolist() for column in (whose, steps.step, steps.a, steps.b, steps.c, steps.d)]
        for place, (who, step, a, b, c, d) in enumerate(zip(*columns, strict=True)):
            table = tables[who]
            if table is None:
                table = self._look_up(keys[who], step, c)
                tables[who] = None if table is _NOBODY else table
            if step == _USE_FD:
                used[place] = table.paths.get(a)
            elif step <= _OPEN:
                used[place] = name = _absolute(table, a, names[b])
                if step == _OPEN and c >= 0:
                    table.put(c, name, cloexec=d > 0)
            elif step == _CLOSE:
                used[place] = table.paths.get(a)
                if c:
                    table.remove(a)
            elif step == _USE_PEER:
                used[place] = names[b]
            elif step == _SET:
                table.put(a, names[b], cloexec=c > 0)
            elif step <= _SAME_BY_STATE:
                _learn(table, step, a, self.path(keys[who][0], b, c) if step == _SAME_BY_STATE else names[b])
            else:
                # Whose table is whose may be another from now on.
                tables = [None] * len(keys)
                self._follow_step(step, keys[who], a, b, steps)
        return used

    def _look_up(self, key: tuple[int, int], step: int, c: int) -> Table:
        """The table of a process.  If it has none, only a step that changes the table makes one.

        A close that succeeds counts as a change: from then on the process's table is no longer copied from its parent.
        """
        if step == _OPEN:
            makes = c >= 0
        elif step == _CLOSE:
            makes = c > 0
        else:
            makes = _SET <= step <= _SAME_BY_STATE
        if makes or key[0] in self._unknown:
            return self._table(*key)
        return self._tables.get(key, _NOBODY)

    def _follow_step(self, step: int, key: tuple[int, int], a: int, b: int, steps: _Steps) -> None:
        """Steps that change whole tables, or do what only some calls do."""
        if step == _CALL:
            self.apply(steps.calls[a])
        elif step == _FORK and b < 0:
            self.inherit(key[0], a, key[1])
        elif step == _FORK:
            self.fork(key[0], a, key[1], shares=bool(b))
        elif step == _SHARE_BY_STATE:
            self.share(key[0], a, key[1])
        else:
            self._tables.pop(key, None)


#: The table of a process that has none.  It stays empty.
_NOBODY = Table()


def _learn(table: Table, step: int, fd: int, name: bytes | None) -> None:
    """A descriptor that is there already has a name."""
    if name is None:
        return
    if step == _SET_BY_STATE and fd == AT_FDCWD:
        table.cwd = name
    elif step == _SET_KEEPING_CLOEXEC or not (
        name.startswith(b"socket:") and table.paths.get(fd, b"").startswith(PEER)
    ):
        # What a state says of a socket is less than what is known from its calls.
        table.put(fd, name, cloexec=fd in table.cloexec)


def _absolute(table: Table, folder: int, path: bytes) -> bytes | None:
    """The file that a path leads to; an empty one to the folder itself (AT_EMPTY_PATH)."""
    if path[:1] == b"/":
        return _normal(path)
    base = table.cwd if folder == AT_FDCWD else table.paths.get(folder)
    if not path:
        return base
    return path if base is None else _normal(posixpath.join(base, path))


@lru_cache(maxsize=65536)
def _normal(path: bytes) -> bytes:
    return posixpath.normpath(path)


def _calls_with_effects(batch: Batch) -> Iterator[tuple[int, Call]]:
    """Calls that ``Descriptors`` follows, with their rows."""
    wanted = np.zeros(len(batch), np.bool_)
    for group in batch.group_list:
        name = group.event_class.name
        if group.event_class.kind is not Kind.SYSCALL or name in _DONE_HERE or name not in {*EFFECTS, "exit_group"}:
            continue
        chosen = ~batch.failed[group.rows]
        if name in RARE_EFFECTS:
            label, values = RARE_EFFECTS[name]
            chosen &= np.isin(entry_numbers(group, label), list(values))
        wanted[group.rows] = chosen
    if wanted.any():
        yield from zip(wanted.nonzero()[0].tolist(), map(_with_numbers, calls_of(batch.select(wanted))), strict=True)


def _with_numbers(call: Call) -> Call:
    """A call of a text record with numbers for the values that are numbers."""
    if call.event_class.id >= 0:
        return call
    entry: dict[str, Value] = {}
    for label, value in call.entry.items():
        try:
            entry[label] = parse_integer(value) if isinstance(value, bytes) else value
        except ValueError:
            entry[label] = value
    return replace(call, entry=entry)


class _Steps:
    """The steps of a batch, in the order of rows.

    ``names`` and ``calls`` are what their numbers mean.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.failed = batch.failed
        self.names: list[bytes] = []
        self._columns: list[tuple[Ints, ...]] = []
        for group in batch.group_list:
            match group.event_class.kind:
                case Kind.SYSCALL:
                    self._of_calls(group)
                case Kind.PROCESS:
                    self._of_processes(group)
                case Kind.OPEN_FILE:
                    self._of_files(group)
                case Kind.SAME_FILE:
                    fd, pid, other = (entry_numbers(group, label) for label in ("fd", "as_pid", "as_fd"))
                    self._add(_SAME_BY_STATE, group.rows, fd, pid, c=other)
                case Kind.OPEN_FILES:
                    owners = entry_numbers(group, "as_pid")
                    shared = owners != self.batch.pid[group.rows]
                    self._add(_SHARE_BY_STATE, group.rows[shared], owners[shared])
        rare = list(_calls_with_effects(batch))
        self.calls = [call for _, call in rare]
        self._add(_CALL, np.array([row for row, _ in rare], np.int64), np.arange(len(rare)))
        columns = [np.concatenate(column) for column in zip(*self._columns, strict=True)]
        order = np.argsort(columns[0], kind="stable")
        self.rows, self.step, self.a, self.b, self.c, self.d = (column[order] for column in columns)

    def _add(self, step: int, rows: Ints, a: Ints, b: Ints | int = 0, *, c: Ints | int = 0, d: Ints | int = 0) -> None:
        """The same step for these rows."""
        numbers = (np.broadcast_to(np.asarray(each, np.int64), rows.shape) for each in (step, a, b, c, d))
        self._columns.append((rows, *numbers))

    def _of_processes(self, group: Group) -> None:
        """A new process has its parent's descriptors, and is there before its parent's call ends."""
        first = self.batch.tid[group.rows] == self.batch.pid[group.rows]
        reason, parents = entry_numbers(group, "reason"), entry_numbers(group, "ppid")
        forked = first & (reason == symbol_value(group, "reason", "fork"))
        ended = first & (reason == symbol_value(group, "reason", "exit"))
        shares = np.full(len(group.rows), -1)
        if group.labelled("ended") is not None:
            ended = entry_numbers(group, "ended") != 0  # its first thread may have ended long before
            shares = (entry_numbers(group, "files") == entry_numbers(group, "files_from")).astype(np.int64)
        self._add(_FORK, group.rows[forked], parents[forked], shares[forked])
        self._add(_EXIT, group.rows[ended], parents[ended])

    def _of_files(self, group: Group) -> None:
        column = group.labelled("path")
        if column:
            self._add(_SET_BY_STATE, group.rows, entry_numbers(group, "fd"), self._name(column))

    def _of_calls(self, group: Group) -> None:
        name = group.event_class.name
        failed, ret = self.failed[group.rows], self.batch.ret[group.rows]
        if name in OPENING:
            cloexec = entry_numbers(group, "flags", 0) & O_CLOEXEC
            for folder, path in _plan(group.event_class).paths:
                self._use_path(group, folder, path, opened=(np.where(failed, -1, ret), cloexec))
        elif name == "close":
            self._add(_CLOSE, group.rows, entry_numbers(group, "fd"), c=(~failed).astype(np.int64))
        else:
            plan = _plan(group.event_class)
            for folder, path in plan.paths:
                self._use_path(group, folder, path)
            moved = np.where(ret > 0, ret, 0)
            rest = self._use_peers(group, moved)
            for field in plan.fds:
                read, written = _directions(name, field.label)
                fds = column_numbers(group.column(field))
                self._add(_USE_FD, group.rows[rest], fds[rest], c=(moved * read)[rest], d=(moved * written)[rest])

    def _use_path(
        self, group: Group, folder: Field | None, path: Field, *, opened: tuple[Ints, Ints] | None = None
    ) -> None:
        """Use the path, which begins at the folder.  ``opened``: the new descriptor, and whether an exec closes it."""
        column = group.column(path)
        there = is_present(column)
        at = np.full(len(group.rows), AT_FDCWD) if folder is None else column_numbers(group.column(folder))
        fds, cloexec = opened or (at, at)
        names = self._name(column)
        step = _OPEN if opened else _USE_PATH
        self._add(step, group.rows[there], at[there], names[there], c=fds[there], d=cloexec[there])

    def _use_peers(self, group: Group, moved: Ints) -> Bools:
        """Calls with an address.  Returns which of the group are about their descriptors."""
        name = group.event_class.name
        rest = np.ones(len(group.rows), np.bool_)
        column = group.labelled("addr", exit=ADDRESSED[name]) if name in ADDRESSED else None
        if column is None or column.field.shape not in (Shape.ADDRESS, Shape.BYTES):
            return rest
        given = np.asarray(pc.binary_length(column.values)) > 0
        names = self._name(column, _namer(column, name))
        self._name_sockets(group, given, names)
        if name == "bind":
            return rest
        read, written = _directions(name, "")
        bytes_read, bytes_written = (moved * read)[given], (moved * written)[given]
        self._add(_USE_PEER, group.rows[given], names[given], names[given], c=bytes_read, d=bytes_written)
        # An accept is about the socket that listens, too.
        return rest if name in ACCEPTING else ~given

    def _name_sockets(self, group: Group, given: Bools, names: Ints) -> None:
        """What descriptors are from now on."""
        name, rows = group.event_class.name, group.rows
        ret = self.batch.ret[rows]
        if name in ACCEPTING:
            self.names.append(SOCKET)
            good = ~self.failed[rows]
            names = np.where(given, names, len(self.names) - 1)
            self._add(_SET, rows[good], ret[good], names[good], c=(entry_numbers(group, "flags", 0) & O_CLOEXEC)[good])
        elif name in ("connect", "bind", "getpeername"):
            good = given & ((ret == 0) | (ret == -_EINPROGRESS))
            self._add(_SET_KEEPING_CLOEXEC, rows[good], entry_numbers(group, "sockfd")[good], names[good])

    def _name(self, column: Column, meaning: Callable[[bytes], bytes] | None = None) -> Ints:
        """For each row the number of the name that it has in a column."""
        texts, which = distinct_texts(column.values)
        before = len(self.names)
        self.names += [meaning(text) for text in texts] if meaning else texts
        return which + before


def _directions(name: str, label: str) -> tuple[bool, bool]:
    """Whether a call reads from a descriptor of that label, and whether it writes to it."""
    if name in MOVING:
        return label == MOVING[name][0], label == MOVING[name][1]
    return name in READING, name in WRITING


@dataclass(frozen=True)
class _Plan:
    """Fields of a class: paths, each with where it begins, and descriptors that are used."""

    paths: Sequence[tuple[Field | None, Field]]
    fds: Sequence[Field]


@lru_cache(maxsize=4096)
def _plan(event_class: EventClass) -> _Plan:
    paths: list[tuple[Field | None, Field]] = []
    fds: list[Field] = []
    before: Field | None = None
    for field in event_class.entry:
        if _is_path(field):
            paths.append((before, field))
            before = None
            continue
        if before:
            fds.append(before)
        before = field if _is_fd(field) else None
    if before:
        fds.append(before)
    return _Plan(paths, fds)


def _is_path(field: Field) -> bool:
    """What a symbolic link leads to is no path of its own."""
    if field.type:
        return field.type == "path" and field.shape is Shape.TEXT and field.label != "target"
    return field.shape is Shape.BYTES and field.label in _PATH_LABELS


def _is_fd(field: Field) -> bool:
    if field.type:
        return field.type == "fd" and field.shape is Shape.INTEGER and field.label != "newfd"
    return field.shape is Shape.BYTES and field.label in _FD_LABELS | _FOLDER_LABELS


def _namer(column: Column, name: str) -> Callable[[bytes], bytes]:
    """The function that makes a name of an address in this column, for calls of this name."""
    before, ports = (b"bound to ", ALL_PORTS) if name == "bind" else (b"", RANDOM_PORTS)
    address = _address if column.field.shape is Shape.ADDRESS else _written_address
    return lambda value: PEER + before + address(value, ports)


def _written_address(value: bytes, ports: int) -> bytes:
    """An address as a text record has it; with its port, if that is less than ``ports``."""
    address, colon, port = value.rpartition(b":")
    return address.strip(b"[]") if colon and port.isdigit() and int(port) >= ports else value


def _address(value: bytes, ports: int) -> bytes:
    """The same of an address as it is in memory."""
    match parse_address(value):
        case {"family": "inet" | "inet6" as family, "address": str(address), "port": int(port)}:
            if port < ports:
                address = f"[{address}]:{port}" if family == "inet6" else f"{address}:{port}"
            return address.encode()
        case {"family": "unix", "path": bytes(path)}:
            return b"unix:" + path
        case {"family": "unix", **rest}:
            abstract = rest.get("abstract")
            return b"unix:@" + abstract if isinstance(abstract, bytes) else b"unix"
        case {"family": int(family)}:
            return f"address family {family}".encode()
    return b"an address of no family"
