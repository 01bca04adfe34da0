"""Events of packets, decoded in bulk: numpy and Arrow do the work of each event, and of each byte.

``find_events`` alone loops over events in Python, since only an event says where the next one begins.  From there on,
all events of some packets are handled at once: what all events have, then what each class has.
The bytes stay where they are, and fields are gathered from them by their positions.

Nothing that a trace says is believed before it is checked: an event that does not fit its class is left out, and noted.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from syscord_read.ctf.classes import ANSWERED, ID_DESCRIPTIONS, LONG, SHORT, UNSEEN_FORM, EventHeader
from syscord_read.ctf.gather import gather, gather_structs
from syscord_read.ctf.group import BinaryGroup
from syscord_read.ctf.registry import Registry
from syscord_read.ctf.trace import Packet, Trace
from syscord_read.errors import Problem, ReadError
from syscord_read.model.batch import Batch, Bools, Bytes, Ints
from syscord_read.model.layout import EventClass
from syscord_read.model.losses import Loss

_HEADS = (
    np.dtype([("duration", "<u4"), ("ret", "<i4")]),
    np.dtype([("pid", "<u4"), ("duration", "<u4"), ("ret", "<i4")]),
    np.dtype([("pid", "<u4"), ("duration", "<u8"), ("ret", "<i8")]),
    np.dtype([("pid", "<u4"), ("entry", "<u8"), ("ret", "<i8")]),
    np.dtype([("pid", "<u4"), ("duration", "<u8"), ("ret", "<i8")]),
)
#: Zeros behind the bytes of all packets: who reads beyond the last event finds these, until that is noticed.
_PAD = bytes(64)


@dataclass
class Chunk:
    """Some events of one packet.

    ``positions`` are those of the events in ``data``, in units of 2 bytes.  The time of an event, in ns, is that of the
    one before it (of the first: ``base``), plus what the low 32 bits say.  ``loss`` is what the packet should have, but
    has not.
    """

    trace: Trace
    packet: Packet
    data: bytes
    positions: list[int]
    base: int
    loss: Loss | None = None

    @property
    def first(self) -> int:
        """The time of its first event, on the trace's clock."""
        at = self.positions[0] * 2 + self.trace.layout.header.time
        return self.base + (int.from_bytes(self.data[at : at + 4], "little") - self.base & 0xFFFFFFFF)

    @property
    def records(self) -> int:
        """How many of its events are syscalls."""
        return int((self.ids() < ID_DESCRIPTIONS).sum())

    def ids(self) -> NDArray[np.uint16]:
        """The class of each event."""
        at = np.array(self.positions, np.int64) * 2 + self.trace.layout.header.id
        return gather(np.frombuffer(self.data, np.uint8), "<u2", at) if self.positions else np.empty(0, np.uint16)

    def times(self) -> Ints:
        """The time of each event, on the trace's clock."""
        at = np.array(self.positions, np.int64) * 2 + self.trace.layout.header.time
        low = gather(np.frombuffer(self.data, np.uint8), "<u4", at)
        return _unwrap_times(low, np.array([len(at)]), [self.base])

    def split(self, place: int, times: Ints) -> tuple[Chunk, Chunk]:
        """The events before a place, and those from there on, which must be some."""
        cut = self.positions[place]
        rest = [position - cut for position in self.positions[place:]]
        before = int(times[place - 1]) if place else self.base
        return (
            Chunk(self.trace, self.packet, self.data[: cut * 2], self.positions[:place], self.base),
            Chunk(self.trace, self.packet, self.data[cut * 2 :], rest, before),
        )


def chunk(trace: Trace, packet: Packet) -> Chunk:
    """The events of a packet.  What is wrong with it becomes the trace's problem."""
    content = packet.header.content_bits // 8
    positions: list[int] = []
    data, wrong, cause = b"", "this packet was cut off just now", "cut"
    try:
        data = packet.file.data(packet)
    except OSError as error:
        wrong, cause = f"this packet cannot be read: {error.strerror or error}", "unreadable"
    if len(data) == packet.size:
        data, cause = data[:content] + bytes(content % 2), "damaged"
        positions, wrong = find_events(data, content, trace.layout.header, trace.layout.packet_header)
    found = Chunk(trace, packet, data, positions, packet.header.begin)
    if wrong:
        trace.report(Problem(str(packet.file.path), packet.offset, wrong))
        found.loss = _loss(packet, trace, packet.header.records - found.records, cause)
    return found


def _loss(packet: Packet, trace: Trace, count: int, cause: str) -> Loss | None:
    """Records that a packet should have, but has not."""
    offset = trace.layout.clock_offset
    begin, end = packet.header.begin + offset, packet.header.end + offset
    return Loss(0, begin, count, cause, packet.cpu, trace.index, begin, end) if count > 0 and packet.cpu >= 0 else None


def find_events(data: bytes, content: int, header: EventHeader, begin: int) -> tuple[list[int], str]:
    """Where the events of a packet begin, in units of 2 bytes; and what is wrong with the packet, or "".

    ``begin``: bytes of the packet's own header.
    """
    words = _words(data)
    at, last = begin // 2, (content - header.size) // 2
    least, length = header.size // 2, header.length // 2
    positions: list[int] = []
    append = positions.append
    while at <= last:
        size = words[at + length]
        if size < least:
            break
        append(at)
        at += size
    if at * 2 > content + 1:
        positions.pop()
        return positions, "the last event of this packet goes beyond its end"
    if at * 2 < content:
        return positions, f"{content - at * 2} bytes at the end of this packet are no event"
    return positions, ""


def _words(data: bytes) -> memoryview | Sequence[int]:
    if sys.byteorder == "little":
        return memoryview(data).cast("H")
    words: list[int] = np.frombuffer(data, "<u2").tolist()
    return words


def _unwrap_times(low: NDArray[np.uint32], counts: Ints, bases: list[int]) -> Ints:
    """Times of 64 bits of the events of several packets, from their low 32 bits, and from when each packet begins."""
    firsts = np.cumsum(counts) - counts
    base = np.array(bases, np.int64)
    steps = np.empty(len(low), np.uint32)
    steps[1:] = low[1:] - low[:-1]
    steps[firsts] = low[firsts] - base.astype(np.uint32)
    times: Ints = np.cumsum(steps, dtype=np.int64)
    times += np.repeat(base - (times[firsts] - steps[firsts]), counts)
    return times


#: No duration is longer than this, in ns.
_LONGEST = np.uint64(1 << 62)

Mask = Callable[[Batch], Bools]


class Decoder:
    """Makes batches of chunks.  ``registry`` has the classes that were met so far."""

    def __init__(self, traces: Sequence[Trace]) -> None:
        self.registry = Registry(traces)

    def batch(self, chunks: list[Chunk], mask: Mask | None = None) -> Batch:
        """The events of these chunks in the order of time; only those that ``mask`` wants, of what all events have.

        Its losses are those of events that are damaged; nobody has looked for their rows yet.
        """
        chunks = [chunk for chunk in chunks if chunk.positions]
        if not chunks:
            return empty_batch(self.registry.classes)
        events = _Events(chunks, self.registry)
        batch, good = events.columns()
        batch = batch.select(good)
        positions, ends = events.positions[good], events.ends[good]
        if mask is not None:
            wanted = mask(batch)
            batch, positions, ends = batch.select(wanted), positions[wanted], ends[wanted]
            good[good] = wanted
        groups, broken = _groups(events.data, self.registry, batch.class_index, positions + events.header.size, ends)
        if not broken.any():
            return replace(_with_groups(batch, groups), losses=tuple(events.losses))
        events.report(good.nonzero()[0][broken])
        return replace(_with_groups(batch, groups).select(~broken), losses=tuple(events.losses))


class _Events:
    """What all events of some chunks have, in the order of time.  ``losses``: those that are damaged."""

    def __init__(self, chunks: list[Chunk], registry: Registry) -> None:
        self.losses: list[Loss] = []
        self.chunks = chunks
        self.registry = registry
        lengths = np.array([len(chunk.data) for chunk in chunks], np.int64)
        counts = np.array([len(chunk.positions) for chunk in chunks], np.int64)
        starts = np.cumsum(lengths) - lengths
        self.data: Bytes = np.frombuffer(b"".join([*(chunk.data for chunk in chunks), _PAD]), np.uint8)
        flat = chain.from_iterable(chunk.positions for chunk in chunks)
        positions = np.fromiter(flat, np.int64, int(counts.sum())) * 2 + np.repeat(starts, counts)
        headers = {chunk.trace.layout.header for chunk in chunks}
        if len(headers) > 1:
            raise ReadError(chunks[0].trace.path, "these traces are of different formats", "read one at a time")
        self.header = headers.pop()
        heads = gather_structs(self.data, _header_type(self.header), positions)
        bases = [chunk.base for chunk in chunks]
        offsets = np.array([chunk.trace.layout.clock_offset for chunk in chunks], np.int64)
        times = _unwrap_times(heads["time"].astype(np.uint32), counts, bases) + np.repeat(offsets, counts)
        ends = np.minimum(positions + heads["size"].astype(np.int64) * 2, np.repeat(starts + lengths, counts))
        whose = np.repeat(np.arange(len(chunks)), counts)
        order = slice(None) if (times[1:] >= times[:-1]).all() else np.argsort(times, kind="stable")
        self.times, self.positions, self.ends, self.chunk = times[order], positions[order], ends[order], whose[order]
        self.ids = heads["id"][order].astype(np.int64)
        self.tids = heads["tid"][order].astype(np.int64)

    def columns(self) -> tuple[Batch, Bools]:
        """The columns of all events, and which of these are sound; of others, the columns have nonsense."""
        registry = self.registry
        tables = np.array([registry.table(chunk.trace.index, chunk.packet.header.stream) for chunk in self.chunks])
        keys = tables[self.chunk] * 65536 + self.ids
        index = registry.lookup(keys)
        traits = registry.traits()
        good = (index >= 0) & (self.positions + self.header.size + traits.least[index] <= self.ends)
        self.report((~good).nonzero()[0])
        batch = self._columns(index, good)
        return batch, good

    def _columns(self, index: Ints, good: Bools) -> Batch:
        registry, size = self.registry, len(index)
        traits = registry.traits()
        pid, ret, nr = self.tids.copy(), np.zeros(size, np.int64), traits.nr[index]
        duration = np.full(size, -1, np.int64)
        answered = np.empty(0, np.int64)
        forms = np.where(good, traits.form[index], -1)
        for form, type in enumerate(_HEADS):
            rows = (forms == form).nonzero()[0]
            if not len(rows):
                continue
            head = gather_structs(self.data, type, self.positions[rows] + self.header.size)
            ret[rows] = head["ret"]
            if form != SHORT:
                pid[rows] = head["pid"]
            if form == UNSEEN_FORM:
                answered = rows[head["entry"] == ANSWERED]
            else:
                duration[rows] = np.minimum(head["duration"], _LONGEST) if form >= LONG else head["duration"]
        rows = (forms == Registry.NO_CALL).nonzero()[0]
        pid[rows] = gather(self.data, "<u4", self.positions[rows] + self.header.size)
        rows = (good & traits.numbered[index]).nonzero()[0]
        nr[rows] = gather(self.data, "<i4", self.positions[rows] + self.header.size + _HEADS[LONG].itemsize)
        index = registry.answered(registry.by_number(index, nr, rows), answered)
        traits = registry.traits()
        has_ret = traits.has_ret[index]
        # A call that never returns is recorded when it begins.
        duration[~has_ret & (duration == 0)] = -1
        return Batch(
            classes=registry.classes,
            time=self.times,
            cpu=np.array([chunk.packet.cpu for chunk in self.chunks])[self.chunk],
            class_index=index,
            pid=pid,
            tid=self.tids,
            duration=duration,
            ret=np.where(has_ret, ret, 0),
            has_ret=has_ret,
            unseen=traits.unseen[index],
            nr=nr,
            group_list=(),
        )

    def report(self, rows: Ints) -> None:
        """These events are not sound: note it, packet by packet."""
        for number, count in enumerate(np.bincount(self.chunk[rows], minlength=len(self.chunks))):
            if count:
                chunk = self.chunks[number]
                what = f"{count} events of this packet do not fit what the metadata says of them"
                chunk.trace.report(Problem(str(chunk.packet.file.path), chunk.packet.offset, what))
                mine = rows[self.chunk[rows] == number]
                records = int((self.ids[mine] < ID_DESCRIPTIONS).sum())
                loss = _loss(chunk.packet, chunk.trace, records, "damaged")
                self.losses += [replace(loss, time=int(self.times[mine[0]]))] if loss else []


def empty_batch(classes: Sequence[EventClass]) -> Batch:
    """A batch without events."""
    none, no = np.empty(0, np.int64), np.empty(0, np.bool_)
    return Batch(classes, none, none, none, none, none, none, none, no, no, none, ())


def _with_groups(batch: Batch, groups: list[BinaryGroup]) -> Batch:
    fields = {name: getattr(batch, name) for name in Batch.__dataclass_fields__}
    return Batch(**{**fields, "group_list": tuple(groups)})


def _groups(
    data: Bytes, registry: Registry, index: Ints, positions: Ints, ends: Ints
) -> tuple[list[BinaryGroup], Bools]:
    """The events class by class, and which of them do not fit their class; ``positions`` are behind their headers."""
    broken = np.zeros(len(index), np.bool_)
    order = np.argsort(index.astype(np.uint16) if len(registry.classes) < 65536 else index, kind="stable")
    ordered = index[order]
    firsts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    groups = []
    for rows in np.split(order, firsts) if len(order) else ():
        encoding = registry.encodings[index[rows[0]]]
        group = BinaryGroup(encoding, data, rows, positions[rows] + encoding.head, ends[rows])
        broken[rows] = group.broken
        groups.append(group)
    return groups, broken


def _header_type(header: EventHeader) -> np.dtype[np.void]:
    names = ["id", "size", "time", "tid"]
    offsets = [header.id, header.length, header.time, header.tid]
    formats = ["<u2", "<u2", "<u4", "<u4"]
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": header.size})
