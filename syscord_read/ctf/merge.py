"""The streams of all CPUs, merged into batches in the order of time.

Packets are loaded in the order in which they begin.  No packet that is not loaded yet has an event from before it
begins.  So all events from before the next packet begins are decoded, and are a batch; the others of the packets that
are loaded wait for the next batch.  It takes the memory of one batch, and of one packet a CPU.

The time of day may go back, as the clock is set; a trace's own clock does not.  So events of one trace are in the
order of its clock.  Several traces are merged by the time of day, as sorted files are: the next event is that of the
trace whose next event has the earliest time, but for a trace whose time has gone back, which goes on until it is later
again than it ever was.  What packets of a trace's earlier times say of the time of day is known by then.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np

from syscord_read.ctf.decode import Chunk, Decoder, Mask, chunk
from syscord_read.ctf.ledger import Ledger
from syscord_read.ctf.trace import TIME_MAX, Packet, Stream, Trace
from syscord_read.errors import ReadError
from syscord_read.model.batch import Batch
from syscord_read.model.losses import Loss

#: Bytes of packets that make a batch; and what a batch can have at most, since positions in it are 32 bits.
BUDGET = 4 << 20
BATCH_MAX = 1 << 30

#: Bytes of packets that are open at a time, from which on the order of time is given up.
OPEN_MAX = 512 << 20

#: Seconds between two looks at what is being written.  The module writes at least every flush_ms=100.
POLL_SECONDS = 0.25


@dataclass(frozen=True, order=True)
class Place:
    """Where something is in a trace: the time on the trace's clock, then CPU, packet."""

    time: int
    cpu: int
    seq: int


@dataclass(frozen=True, order=True)
class Key:
    """Where something stands in the order of all traces, which ``Order`` says: then trace, and place in that."""

    order: int
    trace: int
    place: Place


#: Behind all there is, and behind all of a trace that is of one time.
_END = Key(3 * TIME_MAX, -1, Place(0, 0, 0))
_CPU_MAX = 1 << 32


@dataclass(order=True)
class Head:
    """The next packet of a stream, not loaded yet."""

    place: Place
    packet: Packet = field(compare=False)
    stream: Stream = field(compare=False)


class TimeRange:
    """The time of which events are wanted: from ``since`` to ``until``, in ns since the epoch."""

    def __init__(self, since: int = 0, until: int = 3 * TIME_MAX) -> None:
        self.since, self.until = since, until

    def skips(self, trace: Trace, packet: Packet) -> bool:
        """Whether a packet need not be read.  One from before ``since`` must, if it says who the processes are."""
        begin, end = trace.clock.bounds(packet.header.begin, packet.header.end)
        return begin > self.until or (end < self.since and not packet.has_descriptions)

    @property
    def is_limited(self) -> bool:
        """Whether events of some times are not wanted."""
        return self.since > 0 or self.until < 3 * TIME_MAX

    def touches(self, loss: Loss) -> bool:
        """Whether some of what was lost may be of this time."""
        last = loss.until if loss.until >= 0 else loss.time
        return last >= self.since and (loss.since if loss.since >= 0 else last) <= self.until


class Merger:
    """Reads traces as batches.

    ``mask`` says which events are wanted, by the columns that all events have; ``progress`` is told how many more bytes
    were read.
    """

    def __init__(
        self,
        traces: Sequence[Trace],
        mask: Mask | None = None,
        time_range: TimeRange | None = None,
        progress: Callable[[int], None] | None = None,
        budget: int = BUDGET,
    ) -> None:
        self.traces = traces
        self.decoder = Decoder(traces)
        self.mask, self.time_range, self.progress, self.budget = mask, time_range or TimeRange(), progress, budget
        self.order = self.decoder.order
        self.heads: dict[int, list[Head]] = {}  # of each trace that has any, the first in order
        self.fronts: dict[int, Key] = {}  # where these are
        self.open: list[Chunk] = []
        self.losses: list[tuple[Trace, Place, Loss]] = []
        self.ledgers = {trace.index: Ledger(trace) for trace in traces}
        self.waiting = [(trace, stream) for trace in traces for stream in trace.streams.values()]
        self.live = False
        self.horizon: Key | None = None
        self.packets = 0

    def batches(self) -> Iterator[Batch]:
        """Everything that there is, to the end."""
        if self.time_range.is_limited:
            for trace in self.traces:
                # Which packets are of that time is known once all anchors are.
                _ = trace.end_time
        self._find_heads(live=False)
        yield from self._rest()

    def _rest(self) -> Iterator[Batch]:
        """All that is left, now that nothing comes any more."""
        while self.fronts or self.open:
            yield self._batch(_END)
        for ledger in self.ledgers.values():
            for loss in ledger.end():
                self._note(loss, ledger.trace, Place(TIME_MAX, loss.cpu, 0))
        if self.losses:
            yield self._decode([], _END)

    def follow(self, pause: Callable[[float], None] = time.sleep) -> Iterator[Batch]:
        """All events, and those that are still to be written; it ends when the recording has.

        A CPU's packets may be written later than those of other CPUs, by up to the module's flush_ms=.  So events are
        given only up to the end of the packets that were there already when it last looked: the horizon.
        """
        while True:
            for trace in self.traces:
                trace.update_sizes()
            for head in chain.from_iterable(self.heads.values()):
                self._note_horizon(head.stream.trace, head.packet)
            met = self.packets
            self._find_heads(live=True)
            while self._is_ready():
                yield self._batch(self.horizon or _END)
            if self.packets == met and self._is_finished():
                break
            pause(POLL_SECONDS)
        yield from self._rest()

    def _is_finished(self) -> bool:
        """Whether nothing can come any more: the last packet of each CPU was met."""
        return bool(self.ledgers) and all(ledger.is_finished for ledger in self.ledgers.values())

    def _is_ready(self) -> bool:
        """Whether there is something up to the horizon."""
        keys = [*self.fronts.values(), *(self._key(each.trace, _place(each)) for each in self.open)]
        return self.horizon is not None and bool(keys) and min(keys) <= self.horizon

    def _key(self, trace: Trace, place: Place) -> Key:
        return Key(self.order.of(trace, place.time), trace.index, place)

    def _note_horizon(self, trace: Trace, packet: Packet) -> None:
        if packet.is_old:
            end = self._key(trace, Place(packet.header.end, _CPU_MAX, 0))
            self.horizon = max(self.horizon or end, end)

    def _find_heads(self, *, live: bool) -> None:
        """Ask each stream that had no packet for one."""
        self.live = live
        if live:
            for trace in self.traces:
                self.waiting += [(trace, stream) for stream in trace.scan_files(live=True)]
        waiting, self.waiting = self.waiting, []
        for trace, stream in waiting:
            self._advance(trace, stream)

    def _advance(self, trace: Trace, stream: Stream) -> None:
        """Take the next packet of a stream that is wanted."""
        while packet := stream.next(live=self.live):
            self._count(trace, stream, packet)
            if not self.time_range.skips(trace, packet):
                self._note_horizon(trace, packet)
                heapq.heappush(self.heads.setdefault(trace.index, []), Head(_begin(packet), packet, stream))
                self._note_front(trace)
                return
            self._report_progress(packet.size)
        self.waiting.append((trace, stream))

    def _note_front(self, trace: Trace) -> None:
        """Where the trace's next packet is, now that it has another one."""
        heads = self.heads.get(trace.index)
        if heads:
            self.fronts[trace.index] = self._key(trace, heads[0].place)
        else:
            self.fronts.pop(trace.index, None)

    def _front(self) -> Key:
        """Where the next packet of all traces is."""
        return min(self.fronts.values(), default=_END)

    def _report_progress(self, size: int) -> None:
        if self.progress:
            self.progress(size)

    def _batch(self, limit: Key) -> Batch:
        """Load packets, and decode what is earlier than all others, and than the limit."""
        goal = self.budget
        while True:
            self._load(goal, limit)
            cut = min(self._front(), limit)
            last = cut == limit
            if last or sum(self._share(each, cut) for each in self.open) >= self.budget // 2:
                done = self._take(cut)
                if done or last:
                    break
            if goal > OPEN_MAX:
                # Packets that begin long before their first event: nothing can be said of the order.
                done = self._take(_END)
                break
            goal += self.budget
        done.sort(key=lambda each: (each.trace.index, each.packet.cpu, each.packet.header.seq))
        return self._decode(done, cut)

    def _load(self, goal: int, limit: Key) -> None:
        """Load packets that begin before the limit, until so many bytes are open."""
        size = sum(len(each.data) for each in self.open)
        while size < goal and (front := self._front()) < limit:
            head = heapq.heappop(self.heads[front.trace])
            self._note_front(head.stream.trace)
            loaded = chunk(head.stream.trace, head.packet)
            if loaded.loss:
                self._note(loaded.loss, head.stream.trace, head.place)
            if loaded.positions:
                self.open.append(loaded)
                size += len(loaded.data)
            self._report_progress(head.packet.size)
            self._advance(head.stream.trace, head.stream)

    def _take(self, cut: Key) -> list[Chunk]:
        """What is before the cut of the chunks that are open; the rest stays open."""
        done: list[Chunk] = []
        rest: list[Chunk] = []
        for each in self.open:
            before, after = self._split(each, cut)
            done += [before] if before and before.positions else []
            rest += [after] if after else []
        self.open = rest
        if sum(len(each.data) for each in done) > BATCH_MAX:
            raise ReadError(self.traces[0].path, "more packets than memory can hold are of the same time")
        return done

    def _decode(self, chunks: list[Chunk], cut: Key) -> Batch:
        """The events, and what was lost up to the cut."""
        entries = [(self._key(trace, place), trace, place, loss) for trace, place, loss in self.losses]
        told = sorted((entry for entry in entries if entry[0] < cut), key=lambda entry: entry[0])
        self.losses = [entry[1:] for entry in entries if entry[0] >= cut]
        batch = self.decoder.batch(chunks, self.mask, [(key.order, loss) for key, _, _, loss in told])
        losses = tuple(loss for loss in batch.losses if self.time_range.touches(loss))
        return replace(batch, losses=losses) if len(losses) < len(batch.losses) else batch

    def _count(self, trace: Trace, stream: Stream, packet: Packet) -> None:
        """Note what was lost between the stream's last packet and this one."""
        self.packets += 1
        for loss in self.ledgers[trace.index].packet(stream, packet):
            self._note(loss, trace, _begin(packet))

    def _note(self, loss: Loss, trace: Trace, place: Place) -> None:
        """Something is missing: it is told with the batch that has its place, if it is of the time that is wanted."""
        if self.time_range.touches(loss):
            self.losses.append((trace, place, loss))

    def _share(self, chunk: Chunk, cut: Key) -> int:
        """Bytes of a chunk that are before a cut, estimated."""
        begin, end = chunk.first, chunk.packet.header.end
        limit = cut.place.time
        if chunk.trace.index != cut.trace:
            begin, end, limit = self.order.of(chunk.trace, begin), self.order.of(chunk.trace, end), cut.order
        if end < limit:
            return len(chunk.data)
        return len(chunk.data) * max(limit - begin, 0) // max(end - begin + 1, 1)

    def _split(self, chunk: Chunk, cut: Key) -> tuple[Chunk | None, Chunk | None]:
        """The events of a chunk that are before a cut, and those that are not."""
        trace, first, last = chunk.trace, chunk.first, chunk.packet.header.end
        if trace.index == cut.trace:
            here = chunk.packet.cpu, chunk.packet.header.seq
            limit, is_first = cut.place.time, here < (cut.place.cpu, cut.place.seq)
        else:
            limit, is_first = cut.order, trace.index < cut.trace
            first, last = self.order.of(trace, first), self.order.of(trace, last)
        if last < limit:
            return chunk, None
        if first > limit:
            return None, chunk
        times = chunk.times()
        keys = times if trace.index == cut.trace else self.order.of_all(trace, times)
        place = int(np.searchsorted(keys, limit, "right" if is_first else "left"))
        return (chunk, None) if place == len(times) else chunk.split(place, times)


def _begin(packet: Packet) -> Place:
    """Where a packet begins in its trace."""
    return Place(packet.header.begin, packet.cpu, packet.header.seq)


def _place(chunk: Chunk) -> Place:
    """Where the first event of a chunk is."""
    return Place(chunk.first, chunk.packet.cpu, chunk.packet.header.seq)
