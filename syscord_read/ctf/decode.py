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

from syscord_read.ctf.classes import ANSWERED, ID_ANCHOR, ID_DESCRIPTIONS, LONG, SHORT, UNSEEN_FORM, EventHeader
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
    if packet.has_descriptions and trace.layout.anchors:
        _note_anchors(found)
    if wrong:
        trace.report(Problem(str(packet.file.path), packet.offset, wrong))
        found.loss = _loss(packet, trace, packet.header.records - found.records, cause)
    return found


def _note_anchors(chunk: Chunk) -> None:
    """Take in the anchors in the midst of a packet: there are some if the clock was set while it was open."""
    rows = (chunk.ids() == ID_ANCHOR).nonzero()[0].tolist()
    if not rows or rows == [0]:
        return
    times, trace = chunk.times(), chunk.trace
    for row in rows:
        anchor = trace.layout.anchor(chunk.data, chunk.positions[row] * 2)
        if anchor:
            trace.note_anchor(int(times[row]), anchor[1], chunk.packet.file, chunk.packet.offset)


def _loss(packet: Packet, trace: Trace, count: int, cause: str) -> Loss | None:
    """Records that a packet should have, but has not."""
    begin, end = trace.clock.real(packet.header.begin), trace.clock.real(packet.header.end)
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

#: What is missing, and where in the order of events that is.
Placed = tuple[int, Loss]


class Order:
    """What events are put in order by.

    Those of one trace by its own clock, which never goes back; those of several traces by the time of day, as far as
    that leaves those of each trace in order.
    """

    def __init__(self, traces: Sequence[Trace]) -> None:
        self.is_single = len(traces) == 1

    def of(self, trace: Trace, time: int) -> int:
        """Where a time on a trace's clock is in the order."""
        return time if self.is_single else trace.clock.order(time)

    def of_all(self, trace: Trace, times: Ints) -> Ints:
        """The same of many times."""
        return times if self.is_single else trace.clock.orders(times)

    def sort(self, keys: Ints, traces: Ints, times: Ints) -> Ints | slice:
        """Which event comes first, second ...; of those that are at one place, those of the first chunk do."""
        if (keys[1:] > keys[:-1]).all():
            return slice(None)
        if self.is_single:
            return np.argsort(keys, kind="stable")
        return np.lexsort((times, traces, keys))


class Decoder:
    """Makes batches of chunks.  ``registry`` has the classes that were met so far."""

    def __init__(self, traces: Sequence[Trace]) -> None:
        self.registry = Registry(traces)
        self.order = Order(traces)

    def batch(self, chunks: list[Chunk], mask: Mask | None = None, losses: Sequence[Placed] = ()) -> Batch:
        """The events of these chunks in the order of time; only those that ``mask`` wants, of what all events have.

        Chunks of one trace stand together.  The batch has ``losses``, and those of events that are damaged.
        """
        chunks = [chunk for chunk in chunks if chunk.positions]
        if not chunks:
            return replace(empty_batch(self.registry.classes), losses=tuple(loss for _, loss in losses))
        events = _Events(chunks, self.registry, self.order)
        batch, good = events.columns()
        batch = batch.select(good)
        positions, ends = events.positions[good], events.ends[good]
        if mask is not None:
            wanted = mask(batch)
            batch, positions, ends = batch.select(wanted), positions[wanted], ends[wanted]
            good[good] = wanted
        groups, broken = _groups(events.data, self.registry, batch.class_index, positions + events.header.size, ends)
        batch = _with_groups(batch, groups)
        if broken.any():
            events.report(good.nonzero()[0][broken])
            good[good] = ~broken
            batch = batch.select(~broken)
        return replace(batch, losses=_in_place([*losses, *events.losses], events.keys[good]))


def _in_place(losses: list[Placed], keys: Ints) -> tuple[Loss, ...]:
    """Losses with the rows before which they are; ``keys`` are where the rows are in the order."""
    losses = sorted(losses, key=lambda placed: placed[0])
    rows = np.searchsorted(keys, np.array([key for key, _ in losses], np.int64)).tolist() if losses else ()
    return tuple(replace(loss, row=row) for row, (_, loss) in zip(rows, losses, strict=True))


class _Events:
    """What all events of some chunks have, in order; ``keys`` are where they are in that.

    ``losses``: those that are damaged.
    """

    def __init__(self, chunks: list[Chunk], registry: Registry, order: Order) -> None:
        self.losses: list[Placed] = []
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
        times = _unwrap_times(heads["time"].astype(np.uint32), counts, bases)
        ends = np.minimum(positions + heads["size"].astype(np.int64) * 2, np.repeat(starts + lengths, counts))
        whose = np.repeat(np.arange(len(chunks)), counts)
        reals, keys = self._by_trace(times, counts, order)
        first = order.sort(keys, np.array([chunk.trace.index for chunk in chunks])[whose], times)
        self.times, self.keys, self.chunk = reals[first], keys[first], whose[first]
        self.positions, self.ends = positions[first], ends[first]
        self.ids = heads["id"][first].astype(np.int64)
        self.tids = heads["tid"][first].astype(np.int64)

    def _by_trace(self, times: Ints, counts: Ints, order: Order) -> tuple[Ints, Ints]:
        """The time of day of all events, and where they are in the order."""
        reals, keys = [], []
        begin, ends = 0, np.cumsum(counts).tolist()
        for number, (chunk, end) in enumerate(zip(self.chunks, ends, strict=True)):
            if number + 1 < len(ends) and self.chunks[number + 1].trace is chunk.trace:
                continue
            reals.append(chunk.trace.clock.reals(times[begin:end]))
            keys.append(order.of_all(chunk.trace, times[begin:end]))
            begin = end
        return np.concatenate(reals), np.concatenate(keys)

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
                at, key = int(self.times[mine[0]]), int(self.keys[mine[0]])
                self.losses += [(key, replace(loss, time=at))] if loss else []


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
