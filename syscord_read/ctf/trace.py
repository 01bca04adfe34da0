"""A trace's files: which there are, their packets, and what is wrong with them.

Packets are met one after the other, and no more of them is known than the next one's header, so a trace of any length
takes the same memory.  Files are read with ``pread``, not mapped: a mapped file that another process cuts off kills the
reader, and mapped pages would count as its memory.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from syscord_read import live
from syscord_read.ctf.classes import PACKET_HEADER, REAL_MAX, STREAM_CPU, STREAM_STATE, Layout
from syscord_read.ctf.tsdl import parse
from syscord_read.errors import Problem, ReadError
from syscord_read.model.clock import Clock

MAGIC = 0xC1FC1FC1

#: Bytes.  The module's largest packet is some 256 KiB, and its metadata some 200 KiB: more than this is neither.
PACKET_MAX = 4 << 20
METADATA_MAX = 16 << 20

#: Times from here on (ns) are none; so sums of them fit in 64 bits.
TIME_MAX = 1 << 61

LAST_PACKET = 1

#: Bytes of a packet's header, and of an anchor behind it.
HEAD_MAX = 192

#: Bytes that are searched at once for the next packet, behind something that is none.
RESYNC_LEAST, RESYNC_MOST = 4096, 1 << 20

#: Problems of a trace that are told one by one.
PROBLEMS_MAX = 1000


class Header(NamedTuple):
    """What a packet begins with; docs/trace-format.md explains each."""

    magic: int
    uuid: bytes
    stream: int
    instance: int
    begin: int
    end: int
    content_bits: int
    packet_bits: int
    seq: int
    discarded: int
    recorded: int
    filtered: int
    overwritten: int
    dropped_ring: int
    dropped_sink: int
    dropped_threads: int
    dropped_cpu: int
    cpu: int
    events: int
    records: int
    flags: int
    seen: int = -1  # the trace is of a version that does not count them

    @property
    def dropped(self) -> dict[str, int]:
        """Records dropped so far, by cause."""
        counts = (self.dropped_ring, self.dropped_sink, self.dropped_threads, self.dropped_cpu)
        return dict(zip(("ring", "sink", "threads", "cpu"), counts, strict=True))


_HEADER = struct.Struct("<I16sI" + "Q" * 14 + "IIII")
_SEEN = struct.Struct("<Q")
_BEGIN = slice(32, 40)
assert _HEADER.size == PACKET_HEADER


def _header(head: bytes) -> Header:
    """A packet's header, of any version."""
    seen = _SEEN.unpack(head[PACKET_HEADER:]) if len(head) > PACKET_HEADER else ()
    return Header(*_HEADER.unpack(head[:PACKET_HEADER]), *seen)


@dataclass(frozen=True)
class Packet:
    """A packet that is complete.

    ``offset`` and ``size`` are bytes: where in ``file``, and how many there are.  ``cpu`` is the stream's, -1 if it is
    of the state.  ``has_anchor``: its first event says what the time of day was.
    """

    file: StreamFile
    offset: int
    size: int
    header: Header
    cpu: int
    has_anchor: bool = False

    @property
    def has_descriptions(self) -> bool:
        """Whether there may be something in it beside records: more than its anchor."""
        return self.header.events > self.header.records + self.has_anchor

    @property
    def is_old(self) -> bool:
        """Whether it was there already when the sizes were last updated."""
        return self.offset + self.size <= self.file.previous_size


class NotAPacket(Enum):
    """What a stream finds, if not a packet."""

    GARBAGE = "garbage"  # it was skipped
    END = "end"  # there is nothing, or nothing complete yet


class StreamFile:
    """One file of a stream.  It is opened when its first packet is wanted, and closed behind the last one.

    Rotation renames files, so a file is known by its number in the file system, ``inode``, and by how it begins.
    ``head`` is what it began with when it was found, up to ``HEAD_MAX`` bytes.
    ``previous_size`` is how many bytes it had when ``update_sizes`` was called last but one.  ``error`` is why it could
    not be read when it was found, or "".
    """

    def __init__(self, path: Path, inode: int, head: bytes, error: str = "") -> None:
        self.path = path
        self.inode = inode
        self.head = head
        self.beginning = head[:PACKET_HEADER]
        self.error = error
        self.previous_size = self._current_size = 0
        self._fd = -1

    @property
    def order(self) -> int:
        """When its first packet begins, on the trace's clock; a file without a packet comes after all others."""
        return int.from_bytes(self.beginning[_BEGIN], "little") if len(self.beginning) == PACKET_HEADER else TIME_MAX

    @property
    def first_header(self) -> Header | None:
        """What its first packet began with when it was found, if it had one."""
        return _header(self.beginning) if len(self.beginning) == PACKET_HEADER else None

    def open(self) -> None:
        """RemovedError if it is there under no name; another OSError if it cannot be read."""
        if self._fd >= 0:
            return
        failed: OSError | None = None
        for path in (self.path, *self.path.parent.glob(f"{self.path.name.partition('.')[0]}*")):
            try:
                self._fd = _open_plain(path)
                is_same = bool(self.error) or self.read(0, PACKET_HEADER) == self.beginning
                if is_same and os.fstat(self._fd).st_ino == self.inode:
                    self.path = path
                    return
            except OSError as error:
                failed = error if path == self.path and _is_there(path) else failed
            self.close()
        if failed:
            raise OSError(failed.errno, f"it cannot be read: {_reason(failed)}")
        raise RemovedError(errno.ENOENT, "it is not there any more: removed, by rotation or by somebody")

    def close(self) -> None:
        """Also if it is not open."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def update_sizes(self) -> None:
        """Look how large the file is now; what was found last time is the previous size."""
        self.previous_size, self._current_size = self._current_size, _size(self.path)

    @property
    def size(self) -> int:
        """Bytes that there are now."""
        return os.fstat(self._fd).st_size

    def read(self, offset: int, size: int) -> bytes:
        """Bytes, fewer at the file's end."""
        return os.pread(self._fd, size, offset)

    def data(self, packet: Packet) -> bytes:
        """A packet's bytes, its header among them; fewer if the file was cut off meanwhile.  OSError as of ``open``."""
        self.open()
        return self.read(packet.offset, packet.size)


class RemovedError(OSError):
    """A file that was found is there no more."""


class Stream:
    """The packets of one CPU, or of the state, through all its files.

    ``path`` is that of the file that was read last.  ``passed_over`` is the first header of the first file that could
    not be opened, if that is known.  ``trouble`` is what befell the stream's bytes since the last packet: one of the
    causes of a ``Loss``, or "".  ``tail`` is what is wrong with the stream's end, and how many bytes that are: somebody
    may be writing them just now.
    """

    def __init__(self, trace: Trace, name: str) -> None:
        self.trace = trace
        self.name = name
        self.kind = STREAM_STATE if name == "state" else STREAM_CPU
        self.cpu = -1 if name == "state" else int(name.removeprefix("cpu"))
        self.files: list[StreamFile] = []  # the first is being read, at
        self.offset = 0
        self.path = trace.path / name
        self.passed_over: Header | None = None
        self.trouble = ""
        self.tail: tuple[Problem, int] | None = None

    def next(self, *, live: bool = False) -> Packet | None:
        """The next packet, or None if there is none yet.

        ``live``: the trace is still being written, so a packet that is not complete may become so.
        """
        while self._open():
            growing = live and len(self.files) == 1
            found = self._find(growing)
            if isinstance(found, Packet):
                self.offset = found.offset + found.size
                return found
            if found is NotAPacket.END and growing:
                return None
            if found is NotAPacket.END:
                self._next_file()
        return None

    def report_tail(self) -> None:
        """Nobody is writing the stream's end: so it is cut off."""
        if self.tail:
            problem, size = self.tail
            self.trouble, self.tail = "cut", None
            self.trace.report(problem)
            self.trace.unread += size

    def close(self) -> None:
        """Close the file that is open."""
        for file in self.files:
            file.close()

    def add(self, file: StreamFile) -> None:
        """A file more; it is read behind those that begin earlier."""
        self.files.append(file)
        first = 1 if self.offset else 0
        self.files[first:] = sorted(self.files[first:], key=lambda each: each.order)

    def _next_file(self) -> None:
        self.files.pop(0).close()
        self.offset = 0

    def _open(self) -> bool:
        """Open the file that is next; false if there is none."""
        while self.files:
            self.path = self.files[0].path
            try:
                self.files[0].open()
            except OSError as error:
                self._problem("gap" if isinstance(error, RemovedError) else "unreadable", -1, _reason(error))
                self.passed_over = self.passed_over or self.files[0].first_header
                self._next_file()
                continue
            self.path = self.files[0].path
            return True
        return False

    def _problem(self, trouble: str, offset: int, what: str) -> None:
        """What is wrong with the file that is being read."""
        self.trouble = trouble
        self.trace.report(Problem(str(self.files[0].path), offset, what))

    def _find(self, growing: bool) -> Packet | NotAPacket:
        """What stands where the reading is."""
        file, offset = self.files[0], self.offset
        left = file.size - offset
        try:
            head = file.read(offset, self.trace.layout.head_size) if left > 0 else b""
        except OSError as error:
            self._skip("unreadable", left, f"the rest cannot be read: {_reason(error)}")
            head = b""
        if not head:
            return NotAPacket.END
        if len(head) < self.trace.layout.packet_header:
            size = self.trace.layout.packet_header
        else:
            header = _header(head[: self.trace.layout.packet_header])
            if wrong := self._header_error(header):
                try:
                    self._resync(left, wrong)
                except OSError as error:
                    self._skip("unreadable", left, f"{wrong}, and the rest cannot be read: {_reason(error)}")
                return NotAPacket.GARBAGE
            size = header.packet_bits // 8
            if size <= left:
                return Packet(file, offset, size, header, self.cpu, self._note_anchor(head, header, size))
        if not growing:
            what = f"the last packet is cut off: it has {size} bytes or more, of which {left} are there"
            if len(self.files) == 1:
                self.tail = Problem(str(file.path), offset, what), left
                self.offset += left
            else:
                self._skip("cut", left, what)
        return NotAPacket.END

    def _note_anchor(self, head: bytes, header: Header, size: int) -> bool:
        """Take in the anchor with which a packet begins.  False if it begins otherwise."""
        layout = self.trace.layout
        found = layout.anchor(head, layout.packet_header) if size >= layout.head_size else None
        if found:
            low, real = found
            self.trace.note_anchor(header.begin + (low - header.begin & 0xFFFFFFFF), real, self.files[0], self.offset)
        return bool(found)

    def _header_error(self, header: Header) -> str:
        """What a header says that cannot be."""
        if header.magic != MAGIC:
            return "no packet begins here"
        if header.uuid != self.trace.layout.uuid:
            return "a packet of another trace begins here"
        if header.stream != self.kind:
            return f"a packet of stream {header.stream} begins here"
        sizes = self.trace.layout.packet_header * 8, header.content_bits, header.packet_bits, PACKET_MAX * 8
        if list(sizes) != sorted(sizes) or any(bits % 8 for bits in sizes):
            return f"a packet of {header.packet_bits} bits, with {header.content_bits} of content, begins here"
        if not header.begin <= header.end < TIME_MAX:
            return f"a packet begins here that lasts from {header.begin} to {header.end} ns"
        return ""

    def _skip(self, trouble: str, size: int, what: str) -> None:
        """Pass over bytes that cannot be read."""
        self._problem(trouble, self.offset, what)
        self.trace.unread += size
        self.offset += size

    def _resync(self, left: int, wrong: str) -> None:
        """Go from what is no packet to where the next one seems to begin."""
        file, start, end = self.files[0], self.offset, self.offset + left
        mark = struct.pack("<I", MAGIC) + self.trace.layout.uuid
        at, size = start + 1, RESYNC_LEAST
        while at < end:
            chunk = file.read(at, size)
            found = chunk.find(mark)
            if found >= 0:
                at += found
                break
            at += max(len(chunk) - len(mark) + 1, 1)
            size = min(size * 2, RESYNC_MOST)
        skipped = min(at, end) - start
        self._skip("damaged", skipped, f"{wrong}: {skipped} bytes were passed over")


@dataclass
class Trace:
    """A binary trace.

    ``index`` counts those that are read together.  While reading, these grow: ``problems``,
    ``unreported`` (how many more there are), ``unread`` (bytes).
    """

    path: Path
    layout: Layout
    index: int = 0
    problems: list[Problem] = field(default_factory=list)
    unread: int = 0
    unreported: int = 0
    streams: dict[str, Stream] = field(default_factory=dict)
    clock: Clock = field(default_factory=lambda: Clock(0))
    _sizes: live.Sizes = field(default_factory=dict)
    _seen: set[tuple[int, bytes]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._sizes = live.sizes(self.path)
        self.clock = Clock(self.layout.clock_offset)

    @property
    def is_being_written(self) -> bool:
        """Whether a module writes it on this machine, or its files have grown since it was opened."""
        return live.is_recorded_here(self.path) or live.has_grown(self._sizes, live.sizes(self.path))

    @property
    def size(self) -> int:
        """Bytes of all streams that have not been left yet."""
        return sum(_size(file.path) for stream in self.streams.values() for file in stream.files)

    def note_anchor(self, at: int, real: int, file: StreamFile, offset: int) -> None:
        """An anchor says what the time of day was at a time on the trace's clock."""
        if at < TIME_MAX and real < REAL_MAX:
            self.clock.add(at, real)
        else:
            self.report(Problem(str(file.path), offset, f"an anchor of this packet says that it was {real} ns at {at}"))

    def begin_time(self) -> int | None:
        """When the first packet begins, on the trace's clock; of the files that are not read yet."""
        files = [file for stream in self.streams.values() for file in stream.files if file.order < TIME_MAX]
        first = min(files, key=lambda file: file.order, default=None)
        if not first:
            return None
        anchor = self.layout.anchor(first.head, self.layout.packet_header)
        if anchor:
            self.note_anchor(first.order + (anchor[0] - first.order & 0xFFFFFFFF), anchor[1], first, 0)
        return first.order

    @cached_property
    def end_time(self) -> int | None:
        """When the last packet ends that there was when this was first asked, on the trace's clock.

        The heads of all packets are read for that, and so all that their anchors say is known.
        """
        again = Trace(self.path, self.layout, self.index)
        again.clock = self.clock
        again.scan_files()
        every = (packet for stream in again.streams.values() for packet in iter(stream.next, None))
        return max((packet.header.end for packet in every if packet.cpu >= 0), default=None)

    def report(self, problem: Problem) -> None:
        """Note a problem.  From ``PROBLEMS_MAX`` on, problems are only counted."""
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(problem)
        else:
            self.unreported += 1

    def scan_files(self, *, live: bool = False) -> list[Stream]:
        """Find files that were not there before.  Returns the streams that are new.

        ``live``: the trace is still being written, so a file that is too short for a packet can wait.
        """
        known = set(self.streams)
        for name, inode in self._names():
            found = _STREAM_FILE.fullmatch(name)
            file = _look(self.path / name, inode) if found else None
            if not found or not file or (file.inode, file.beginning) in self._seen:
                continue
            if live and not file.error and len(file.beginning) < PACKET_HEADER:
                continue
            self._seen.add((file.inode, file.beginning))
            self.streams.setdefault(found.group(1), Stream(self, found.group(1))).add(file)
        return [stream for name, stream in self.streams.items() if name not in known]

    def _names(self) -> list[tuple[str, int]]:
        """Names and inodes of what is in the folder, in the order of the names; a problem if it cannot be read."""
        try:
            with os.scandir(self.path) as entries:
                return sorted((entry.name, entry.inode()) for entry in entries)
        except OSError as error:
            problem = Problem(str(self.path), -1, f"the folder cannot be read: {_reason(error)}")
            if problem not in self.problems:
                self.report(problem)
            return []

    def update_sizes(self) -> None:
        """As ``StreamFile.update_sizes``, of all files."""
        for stream in self.streams.values():
            for file in stream.files:
                file.update_sizes()

    def close(self) -> None:
        """Close all files."""
        for stream in self.streams.values():
            stream.close()


_STREAM_FILE = re.compile(r"(state|cpu(?:0|[1-9][0-9]{0,4}))(?:\.[1-9][0-9]{0,8})?")


def _reason(error: OSError) -> str:
    """What an error says, without a number and a name."""
    return error.strerror or str(error)


def _open_plain(path: Path) -> int:
    """A file's descriptor.  OSError if it is no plain file; nothing else is waited for, or touched."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(fd).st_mode
    if not stat.S_ISREG(mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "it is a folder" if stat.S_ISDIR(mode) else "it is no plain file")
    return fd


def _is_there(path: Path) -> bool:
    """Whether there is something of that name, be it a link that leads nowhere."""
    return os.path.lexists(path)


def _look(path: Path, inode: int) -> StreamFile | None:
    """A file with the bytes with which it begins; None if it was removed just now."""
    try:
        fd = _open_plain(path)
    except OSError as error:
        return StreamFile(path, inode, b"", _reason(error)) if _is_there(path) else None
    try:
        return StreamFile(path, os.fstat(fd).st_ino, os.pread(fd, HEAD_MAX, 0))
    except OSError as error:
        return StreamFile(path, inode, b"", _reason(error))
    finally:
        os.close(fd)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def open_trace(path: Path, index: int = 0, *, live: bool = False) -> Trace:
    """The trace in a directory; ``live``: it is still being written.  ReadError if its metadata cannot be used."""
    where = path / "metadata"
    try:
        with where.open("rb") as file:
            data = file.read(METADATA_MAX + 1)
    except OSError as error:
        raise ReadError(where, f"it cannot be read: {error.strerror}") from None
    if len(data) > METADATA_MAX:
        raise ReadError(where, f"it has more than {METADATA_MAX >> 20} MiB, which no metadata has")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ReadError(where, f"byte {error.start} is no text", "copy the trace anew") from None
    trace = Trace(path, Layout(parse(text, str(where)), index), index)
    trace.scan_files(live=live)
    return trace


def find_traces(path: Path, problems: list[Problem] | None = None) -> Sequence[Path]:
    """The traces at a path: the directory itself, or directories below it that have ``metadata``; sorted.

    ``problems`` gets the folders that cannot be read.
    """
    if (path / "metadata").is_file():
        return (path,)

    def note(error: OSError) -> None:
        if problems is not None:
            problems.append(Problem(str(error.filename), -1, f"the folder cannot be read: {_reason(error)}"))

    return tuple(sorted(Path(folder) for folder, _, files in os.walk(path, onerror=note) if "metadata" in files))
