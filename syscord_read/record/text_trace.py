"""Text records as batches: what ``sink=text`` wrote, as far as text says it.

There are no times (-1), no durations and no CPUs, and nothing has a type: values are bytes as they are written, but for
the members of structs, which are numbers.  A batch keeps its lines, so that they can be printed as they were.
"""

from __future__ import annotations

import glob
import io
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from syscord_read.errors import Problem, ReadError
from syscord_read.live import is_recorded_here
from syscord_read.model.batch import Batch, Column, Group, Ints
from syscord_read.model.layout import FAULT, MARK_NAMES, NULL, PART, EventClass, Field, Integer, Kind, Member, Shape
from syscord_read.model.losses import Loss
from syscord_read.model.value import Cut, Missing, parse_integer
from syscord_read.record.text import BadRecord, Lost, Record, TextValue, parse_line

#: Lines that make a batch, and bytes that a line has at most: some 100 kB of content, each byte four characters.
LINES = 8192
LINE_MAX = 4 << 20

#: Bytes that tell what a file is.
BEGINNING = 6

#: Seconds between two looks at a file that is being written.
POLL_SECONDS = 0.25

_MARKS = {name: mark for mark, name in MARK_NAMES}


#: What stands for the standard input.
STANDARD_INPUT = Path("-")


class _Pipe(io.RawIOBase):
    """A file that can be read once: its beginning was read already, to see what it is."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self.fd = fd
        self.beginning = b""

    def look(self, size: int) -> bytes:
        """The first bytes, fewer if there are no more."""
        while len(self.beginning) < size and (more := os.read(self.fd, LINE_MAX)):
            self.beginning += more
        return self.beginning[:size]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        data = self.beginning[: len(view)] or os.read(self.fd, len(view))
        self.beginning = self.beginning[len(view) :]
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed and self.fd > 0:
            os.close(self.fd)
        super().close()


@dataclass
class TextTrace:
    """A text record.  While reading, ``problems`` and ``records`` grow.  ``size`` is in bytes.

    ``index`` counts what is read together.  ``pipe``: it is no plain file, and can be read once.
    """

    path: Path
    problems: list[Problem] = field(default_factory=list)
    index: int = 0
    records: int = 0
    pipe: _Pipe | None = None
    classes: list[EventClass] = field(default_factory=list)
    _class_numbers: dict[EventClass, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def batches(self, progress: Callable[[int], None] | None = None) -> Iterator[Batch]:
        """All records."""
        for lines in _in_chunks(self._lines(), progress):
            yield self.batch(lines)

    def follow(self, pause: Callable[[float], None] = time.sleep) -> Iterator[Batch]:
        """All records that there are and will be, also if the file is rotated or emptied; it ends only when closed.

        A pipe ends when its writers are gone.
        """
        try:
            yield from self._follow_pipe(self.pipe) if self.pipe else self._follow_files(pause)
        except OSError as error:
            raise ReadError(self.path, f"it cannot be read: {error.strerror}") from None

    def _follow_files(self, pause: Callable[[float], None]) -> Iterator[Batch]:
        waiting = [self.path.stat().st_ino]
        while True:
            inode = waiting.pop(0)
            older = {each.inode for each in self._numbered()}
            file = self._open(inode)
            if file:
                with file:
                    yield from self._follow_file(file.fileno(), inode, pause, is_last=not waiting)
            waiting = waiting or self._newer(inode, older, pause)

    def _open(self, inode: int) -> BinaryIO | None:
        """The file with that inode, whatever it is called now; None, and a problem, if there is none."""
        for path in (self.path, *(each.path for each in self._numbered())):
            if _inode(path) == inode:
                file = path.open("rb")
                if os.fstat(file.fileno()).st_ino == inode:
                    return file
                file.close()
        self._removed("a file of it was removed before it was read, by rotation or by somebody")
        return None

    def _removed(self, what: str) -> None:
        self.problems.append(Problem(str(self.path), -1, what))

    def _follow_file(self, fd: int, inode: int, pause: Callable[[float], None], *, is_last: bool) -> Iterator[Batch]:
        """Until the path leads to another file, or this one was emptied."""
        rest, offset = b"", 0
        while True:
            # This is asked before the file is read: so what is read then is all that it will ever have.
            has_follower = not is_last or _inode(self.path) not in (inode, None)
            data = os.pread(fd, LINE_MAX, offset)
            if data:
                *whole, rest = (rest + data).split(b"\n")
                offset += len(data)
                yield from self._batches_of(whole, offset - len(rest))
                continue
            if has_follower and rest:
                yield self.batch([(offset - len(rest), rest)])
            if has_follower or os.fstat(fd).st_size < offset:
                return
            pause(POLL_SECONDS)

    def _follow_pipe(self, pipe: _Pipe) -> Iterator[Batch]:
        rest, offset = b"", 0
        while data := pipe.read(LINE_MAX):
            *whole, rest = (rest + data).split(b"\n")
            offset += len(data)
            yield from self._batches_of(whole, offset - len(rest))
        if rest:
            yield self.batch([(offset - len(rest), rest)])

    def _batches_of(self, lines: list[bytes], end: int) -> Iterator[Batch]:
        """Batches of whole lines, without their newlines; ``end`` is the offset behind the last."""
        offsets = end - np.cumsum([len(line) + 1 for line in lines[::-1]])[::-1]
        placed = [(offset, line + b"\n") for offset, line in zip(offsets.tolist(), lines, strict=True)]
        for start in range(0, len(placed), LINES):
            yield self.batch(placed[start : start + LINES])

    def _newer(self, inode: int, older: set[int], pause: Callable[[float], None]) -> list[int]:
        """The files that were begun since the one with that inode, in their order: it may have been rotated twice.

        ``older`` are those that were there when it was opened.
        """
        while (now := _inode(self.path)) is None:
            pause(POLL_SECONDS)
        if now == inode:
            return [now]
        files = sorted(self._numbered(), reverse=True)
        number = next((each.number for each in files if each.inode == inode), None)
        if number is None:
            self._removed(
                "it was removed, by rotation or by somebody: if files were begun in between, they are missing"
            )
            files = [each for each in files if each.inode not in older]
        else:
            files = [each for each in files if each.number < number]
        return [*(each.inode for each in files if each.inode != now), now]

    def _numbered(self) -> list[_Numbered]:
        """The files that were rotated out."""
        found = []
        for path in self.path.parent.glob(f"{glob.escape(self.path.name)}.*"):
            number, inode = path.name.removeprefix(f"{self.path.name}."), _inode(path)
            if number.isdecimal() and inode is not None:
                found.append(_Numbered(int(number), path, inode))
        return found

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Each line with its offset; the last one may have no end."""
        offset = 0
        try:
            with io.BufferedReader(self.pipe) if self.pipe else self.path.open("rb") as file:
                while line := file.readline(LINE_MAX):
                    if not line.endswith(b"\n") and len(line) < LINE_MAX and is_recorded_here(self.path):
                        return  # its rest is being written
                    yield offset, line
                    offset += len(line)
        except OSError as error:
            raise ReadError(self.path, f"it cannot be read: {error.strerror}") from None

    def batch(self, lines: Sequence[tuple[int, bytes]]) -> Batch:
        """These lines, each with its offset in the file.  A line that is no record becomes a problem."""
        records: list[tuple[bytes, Record]] = []
        losses: list[Loss] = []
        for offset, line in lines:
            parsed = self._parse(offset, line)
            if isinstance(parsed, Record):
                records.append((line, parsed))
            else:
                losses.append(Loss(len(records), -1, parsed.count, parsed.cause, parsed.cpu, self.index))
        self.records += len(records)
        return self._batch(records, tuple(losses))

    def _parse(self, offset: int, line: bytes) -> Record | Lost:
        try:
            if not line.endswith(b"\n"):
                raise BadRecord(1, len(line) + 1, "the line has no end: it was cut off")
            return parse_line(line.decode("ascii"))
        except UnicodeDecodeError as error:
            what = f"byte {error.start} of the line is not ASCII"
        except BadRecord as error:
            what = str(error).removeprefix("line 1, ")
        self.problems.append(Problem(str(self.path), offset, what))
        return Lost(1, "damaged", -1)

    def _batch(self, records: list[tuple[bytes, Record]], losses: tuple[Loss, ...]) -> Batch:
        indices = np.array([self._class(record) for _, record in records], np.int64)
        plain = [record for _, record in records]
        unknown = np.full(len(plain), -1, np.int64)
        has_ret = np.array([record.res is not None for record in plain], np.bool_)
        return Batch(
            classes=self.classes,
            time=unknown,
            cpu=unknown,
            class_index=indices,
            pid=np.array([record.pid for record in plain], np.int64),
            tid=np.array([record.tid for record in plain], np.int64),
            duration=unknown,
            ret=np.array([_register(record.res or 0) for record in plain], np.int64),
            has_ret=has_ret,
            unseen=np.array([record.unseen for record in plain], np.bool_),
            nr=np.array([-1 if record.nr is None else record.nr for record in plain], np.int64),
            group_list=tuple(self._groups(plain, indices)),
            losses=losses,
            lines=pa.array([line for line, _ in records], pa.binary()),
        )

    def _groups(self, records: list[Record], indices: Ints) -> Iterator[TextGroup]:
        for number in np.unique(indices):
            rows = (indices == number).nonzero()[0]
            yield TextGroup(self.classes[number], rows, [records[row] for row in rows])

    def _class(self, record: Record) -> int:
        """The number of a record's class: those of the same fields share one."""
        found = _class_of(record)
        if found not in self._class_numbers:
            self._class_numbers[found] = len(self.classes)
            self.classes.append(found)
        return self._class_numbers[found]


@dataclass(frozen=True, order=True)
class _Numbered:
    """A file of a record that is rotated: the larger the number, the older it is."""

    number: int
    path: Path
    inode: int


def open_text(path: Path) -> TextTrace:
    """A text record: a file, a pipe, or ``-`` for the standard input.  ReadError if it is none."""
    name = "standard input" if path == STANDARD_INPUT else str(path)
    try:
        fd = 0 if path == STANDARD_INPUT else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        pipe = _Pipe(fd)
        beginning = pipe.look(BEGINNING)
        is_plain = fd > 0 and stat.S_ISREG(os.fstat(fd).st_mode)
    except OSError as error:
        raise ReadError(name, f"it cannot be read: {error.strerror}") from None
    if path.name == "metadata" and beginning.startswith(b"/* CTF"):
        raise ReadError(path, "this is a trace's metadata", f"give its directory, {path.parent}")
    if beginning and not beginning.startswith((b"pid=", b"lost=")):
        raise ReadError(name, "this is neither a trace nor a text record", "give what record= said")
    if is_plain:
        pipe.close()
    return TextTrace(path, pipe=None if is_plain else pipe)


def _register(res: int) -> int:
    """A result as the register's 64 bits with a sign; text has large addresses without."""
    return (res + (1 << 63)) % (1 << 64) - (1 << 63)


def _inode(path: Path) -> int | None:
    """None if there is no such file just now."""
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _in_chunks(
    lines: Iterator[tuple[int, bytes]], progress: Callable[[int], None] | None
) -> Iterator[list[tuple[int, bytes]]]:
    """Lines, some at a time."""
    chunk: list[tuple[int, bytes]] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += len(line[1])
        if len(chunk) == LINES or size > LINE_MAX:
            if progress:
                progress(size)
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _class_of(record: Record) -> EventClass:
    kind = Kind.COMPAT if record.compat else Kind.UNKNOWN if record.name == "unknown" else Kind.SYSCALL
    entry = [_field(label, value, record.fields) for label, value in record.fields.items()]
    exit = [_field(label, value, record.fields, exit=True) for label, value in record.after.items()]
    return EventClass(
        -1,
        kind,
        record.name,
        (*entry, *exit),
        ret=_ANY,
        unseen=record.unseen,
        answered=record.answered,
        no_result=record.res is None,
    )


_ANY = Integer(64, True)


def _field(label: str, value: TextValue, entry: Mapping[str, TextValue], *, exit: bool = False) -> Field:
    """What a field must be, that has this value."""
    key = f"{label}_out" if exit and label in entry else label
    match value:
        case tuple() if any(isinstance(each, Mapping) for each in value):
            first = next(each for each in value if isinstance(each, Mapping))
            return Field(label, Shape.STRUCTS, "", exit, None, _members(first), key)
        case tuple():
            return Field(label, Shape.STRINGS, "", exit, key=key)
        case Mapping():
            return Field(label, Shape.STRUCT, "", exit, None, _members(value), key)
        case _:
            return Field(label, Shape.BYTES, "", exit, key=key)


def _members(struct: Mapping[str, TextValue]) -> tuple[Member, ...]:
    return tuple(Member(label, "", _ANY) for label in struct)


class TextGroup(Group):
    """Records of one class."""

    def __init__(self, event_class: EventClass, rows: Ints, records: list[Record]) -> None:
        self.event_class = event_class
        self.rows = rows
        self.records = records

    def select(self, places: Ints, rows: Ints) -> TextGroup:
        return TextGroup(self.event_class, rows, [self.records[place] for place in places])

    def column(self, field: Field) -> Column:
        if field not in self.event_class.fields:
            raise KeyError(field.key)
        values = [(record.after if field.exit else record.fields)[field.label] for record in self.records]
        pairs = zip(self.records, values, strict=True)
        shown = [_marks(record, field.label) | _marks_of(value) for record, value in pairs]
        strings = [each for value in values if isinstance(value, tuple) for each in value]
        items = [_marks_of(each) for each in strings] if field.shape is Shape.STRINGS else []
        return Column(field, _array(field, values), np.array(shown, np.uint8), np.array(items, np.uint8))


def _marks(record: Record, label: str) -> int:
    return sum(_MARKS[name] for name in record.marks.get(label, ()))


def _marks_of(value: TextValue) -> int:
    match value:
        case Missing.NULL:
            return NULL
        case Missing.FAULT:
            return FAULT
        case Cut():
            return PART
    return 0


def _array(field: Field, values: Sequence[TextValue]) -> pa.Array:
    """A column, whose type is that of the field, whatever the values are."""
    match field.shape:
        case Shape.STRINGS:
            lists = [[_bytes(each) for each in value] if isinstance(value, tuple) else [] for value in values]
            return pa.array(lists, pa.list_(pa.binary()))
        case Shape.STRUCTS:
            several = [[*map(_numbers, value)] if isinstance(value, tuple) else [] for value in values]
            return pa.array(several, pa.list_(_struct_type(field)))
        case Shape.STRUCT:
            return pa.array([_numbers(value) for value in values], _struct_type(field))
        case _:
            return pa.array([_bytes(value) for value in values], pa.binary())


#: Text does not say whether a number has a sign.  This has room for all of 64 bits, with a sign or without.
_NUMBER = pa.decimal128(20, 0)


def _struct_type(field: Field) -> pa.DataType:
    return pa.struct([(member.label, _NUMBER) for member in field.members])


def _bytes(value: TextValue) -> bytes:
    return value.beginning if isinstance(value, Cut) else value if isinstance(value, bytes) else b""


def _numbers(struct: TextValue) -> dict[str, Any] | None:
    return {label: parse_integer(value) for label, value in struct.items()} if isinstance(struct, Mapping) else None
