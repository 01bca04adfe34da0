"""Traces of any length from a short one: its packets again and again, later each time.

What comes out is what a longer recording would have written: times go on, packets are numbered on, counts add up, and
only the last packet of a CPU says that it is the last.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from syscord_read.ctf.classes import ID_ANCHOR
from syscord_read.ctf.trace import open_trace
from syscord_read.errors import ReadError

MAGIC = 0xC1FC1FC1
LAST_PACKET = 1
GAP_NS = 1_000_000  # between the last event of one copy and the first of the next
_HEADER = struct.Struct("<I16sI" + "Q" * 14 + "IIII")
_EVENT_TIME, _EVENT_SIZE, _EVENT_HEADER = 2, 6, 12  # bytes: where in an event, and of its header
# Where a packet's header has, counted in bytes: its times, its number, what it counts, its flags.
_TIMES = struct.Struct("<QQ"), 32
_SEQ = struct.Struct("<Q"), 64
_COUNTS = struct.Struct("<8Q"), 72
_FLAGS = struct.Struct("<I"), 148
_SEEN = struct.Struct("<Q"), _HEADER.size


@dataclass(frozen=True)
class Packet:
    """A packet of a stream's file. ``offset`` and ``size`` are bytes, times ns.

    ``places`` is where in the file the times of its events stand.  ``seen`` is empty in an old trace, which does not
    count the calls that were seen, or has that one number.  ``clocks`` is where anchors say
    what other clocks show.
    """

    offset: int
    size: int
    begin: int
    end: int
    seq: int
    counts: tuple[int, ...]
    seen: tuple[int, ...]
    events: int
    records: int
    flags: int
    places: tuple[int, ...]
    clocks: tuple[int, ...]


@dataclass(frozen=True)
class Stream:
    """One file of a trace, whole in memory."""

    name: str
    data: bytes
    packets: tuple[Packet, ...]

    @property
    def events(self) -> int:
        """Events in all packets."""
        return sum(packet.events for packet in self.packets)

    @property
    def records(self) -> int:
        """Syscalls among them."""
        return sum(packet.records for packet in self.packets)


@dataclass(frozen=True)
class Trace:
    """A short trace, whole in memory, that was not rotated."""

    folder: Path
    cpus: tuple[Stream, ...]
    state: tuple[Stream, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all its streams; the metadata is not one."""
        return sum(len(stream.data) for stream in (*self.cpus, *self.state))

    @property
    def events(self) -> int:
        """Events of all streams."""
        return sum(stream.events for stream in (*self.cpus, *self.state))

    @property
    def records(self) -> int:
        """Syscalls of all streams."""
        return sum(stream.records for stream in self.cpus)

    @property
    def period(self) -> int:
        """Nanoseconds from the beginning of one copy to that of the next."""
        packets = [packet for stream in self.cpus for packet in stream.packets]
        return max(packet.end for packet in packets) - min(packet.begin for packet in packets) + GAP_NS


@dataclass(frozen=True)
class Copies:
    """A trace that was made of copies of another one."""

    folder: Path
    copies: int
    bytes: int
    events: int
    records: int


def read(folder: Path) -> Trace:
    """The trace in a folder.

    Raises BenchError if it has no records, was rotated, lost records, or is not as docs/trace-format.md says.
    """
    files = sorted(path for path in folder.iterdir() if path.name != "metadata")
    if rotated := [path.name for path in files if "." in path.name]:
        raise BenchError(f"{folder}: {rotated[0]}: a trace that was rotated cannot be copied: record without rotate_mb")
    header_size = _header_size(folder)
    streams = [_stream(path, header_size) for path in files]
    trace = Trace(
        folder,
        tuple(stream for stream in streams if stream.name.startswith("cpu")),
        tuple(stream for stream in streams if stream.name == "state"),
    )
    if not trace.records:
        raise BenchError(f"{folder}: there are no records in it")
    return trace


def copies_for(trace: Trace, *, records: int = 0, size: int = 0) -> int:
    """How many copies of a trace have at least so many records, and streams of so many bytes."""
    state = sum(len(stream.data) for stream in trace.state)
    return max(1, -(-records // trace.records), -(-(size - state) // (trace.bytes - state)))


def replicate(trace: Trace, folder: Path, copies: int) -> Copies:
    """Write a trace of so many copies to FOLDER, which must not be there yet."""
    folder.mkdir(parents=True)
    shutil.copyfile(trace.folder / "metadata", folder / "metadata")
    for stream in trace.state:
        (folder / stream.name).write_bytes(stream.data)
    for stream in trace.cpus:
        with (folder / stream.name).open("wb") as file:
            for data in _copies(stream, trace.period, copies):
                file.write(data)
    state_events = sum(stream.events for stream in trace.state)
    return Copies(
        folder,
        copies,
        sum(path.stat().st_size for path in folder.iterdir() if path.name != "metadata"),
        (trace.events - state_events) * copies + state_events,
        trace.records * copies,
    )


def add_to(data: NDArray[np.uint8], places: NDArray[np.int64], original: NDArray[np.uint8], amount: int) -> None:
    """Write ORIGINAL's numbers plus AMOUNT, wrapping around, to PLACES (bytes, wherever they lie) in DATA.

    ORIGINAL has a row of bytes for each number, the lowest first: 4 or 8 of them.
    """
    width = original.shape[1]
    kind = np.dtype(f"<u{width}")
    later = original.view(kind) + kind.type(amount % (1 << 8 * width))
    data[places[:, None] + np.arange(width)] = later.view(np.uint8)


def bytes_at(data: NDArray[np.uint8], places: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """The WIDTH bytes that stand at each of PLACES in DATA, a row for each."""
    return np.ascontiguousarray(data[places[:, None] + np.arange(width)])


def _copies(stream: Stream, period: int, copies: int) -> Iterator[bytearray]:
    """The bytes of each copy of a stream."""
    copy = bytearray(stream.data)
    data = np.frombuffer(copy, np.uint8)
    places = np.array([place for packet in stream.packets for place in packet.places], np.int64)
    times = bytes_at(data, places, 4)
    clocks = np.array([place for packet in stream.packets for place in packet.clocks], np.int64)
    readings = bytes_at(data, clocks, 8)
    for number in range(copies):
        add_to(data, places, times, number * period)
        for packet in stream.packets:
            _rewrite_header(copy, packet, stream, number, number * period, last=number == copies - 1)
        add_to(data, clocks, readings, number * period)
        yield copy


def _rewrite_header(data: bytearray, packet: Packet, stream: Stream, number: int, later: int, *, last: bool) -> None:
    """Make a packet of copy NUMBER, which is LATER by so many ns, out of the one that was recorded."""
    final = stream.packets[-1]
    values = (
        (_TIMES, (packet.begin + later, packet.end + later)),
        (_SEQ, (packet.seq + number * len(stream.packets),)),
        (_COUNTS, _counted_on(packet.counts, final.counts, number)),
        (_FLAGS, (packet.flags if last else packet.flags & ~LAST_PACKET,)),
        *([(_SEEN, _counted_on(packet.seen, final.seen, number))] if packet.seen else []),
    )
    for (layout, offset), numbers in values:
        layout.pack_into(data, packet.offset + offset, *numbers)


def _counted_on(counts: Sequence[int], whole: Sequence[int], number: int) -> list[int]:
    """A packet's counts in copy NUMBER: before it, each copy has counted the WHOLE."""
    return [count + number * each for count, each in zip(counts, whole, strict=True)]


def _header_size(folder: Path) -> int:
    """Bytes with which each packet begins: the trace's metadata says it."""
    try:
        return open_trace(folder).layout.packet_header
    except ReadError as error:
        raise BenchError(str(error)) from None


def _stream(path: Path, header_size: int) -> Stream:
    data = path.read_bytes()
    packets = []
    offset = 0
    while offset < len(data):
        packets.append(_packet(path, data, offset, header_size))
        offset += packets[-1].size
    return Stream(path.name, data, tuple(packets))


def _packet(path: Path, data: bytes, offset: int, header_size: int) -> Packet:
    if len(data) - offset < header_size:
        raise BenchError(f"{path}, byte {offset}: the last packet is cut off")
    magic, *_, events, records, flags = header = _HEADER.unpack_from(data, offset)
    begin, end, content, size, seq, *counts = header[4:17]
    if magic != MAGIC or content != size or size % 8 or not header_size <= size // 8 <= len(data) - offset:
        raise BenchError(f"{path}, byte {offset}: no whole packet begins here")
    places = tuple(_event_times(path, data, offset + header_size, offset + size // 8))
    layout, place = _SEEN
    seen = layout.unpack_from(data, offset + place) if header_size > _HEADER.size else ()
    if len(places) != events:
        raise BenchError(f"{path}, byte {offset}: the packet has {len(places)} events, and says {events}")
    clocks = tuple(_anchored_clocks(data, places))
    return Packet(offset, size // 8, begin, end, seq, tuple(counts), seen, events, records, flags, places, clocks)


def _anchored_clocks(data: bytes, places: Sequence[int]) -> Iterator[int]:
    """Where anchors say what other clocks show: behind their header and the number of a process, two of 8 bytes."""
    for place in places:
        begin = place - _EVENT_TIME
        if int.from_bytes(data[begin : begin + 2], "little") == ID_ANCHOR:
            yield from (begin + _EVENT_HEADER + 4, begin + _EVENT_HEADER + 12)


def _event_times(path: Path, data: bytes, offset: int, end: int) -> Iterator[int]:
    """Where the times of a packet's events stand. The last event's size counts a byte that need not be there."""
    while offset < end:
        size = int.from_bytes(data[offset + _EVENT_SIZE : offset + _EVENT_SIZE + 2], "little") * 2
        if not _EVENT_HEADER <= size <= end - offset + 1:
            raise BenchError(f"{path}, byte {offset}: no event begins here")
        yield offset + _EVENT_TIME
        offset += size
