"""The streams of all CPUs, merged into batches in the order of time.

Packets are loaded in the order in which they begin.  No packet that is not loaded yet has an event from before it
begins.  So all events from before the next packet begins are decoded, and are a batch; the others of the packets that
are loaded wait for the next batch.  It takes the memory of one batch, and of one packet a CPU.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from syscord_read.ctf.decode import Chunk, Decoder, Mask, chunk, empty_batch
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
class Key:
    """Where something stands in the order: time in ns since the epoch, then trace, CPU, packet."""

    time: int
    trace: int
    cpu: int
    seq: int


_END = Key(3 * TIME_MAX, 0, 0, 0)


@dataclass(order=True)
class Head:
    """The next packet of a stream, not loaded yet."""

    key: Key
    packet: Packet = field(compare=False)
    stream: Stream = field(compare=False)


class TimeRange:
    """The time of which events are wanted: from ``since`` to ``until``, in ns since the epoch."""

    def __init__(self, since: int = 0, until: int = 3 * TIME_MAX) -> None:
        self.since, self.until = since, until

    def skips(self, trace: Trace, packet: Packet) -> bool:
        """Whether a packet need not be read.  One from before ``since`` must, if it says who the processes are."""
        header, offset = packet.header, trace.layout.clock_offset
        if header.begin + offset > self.until:
            return True
        return header.end + offset < self.since and header.events == header.records

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
        self.heads: list[Head] = []
        self.open: list[Chunk] = []
        self.losses: list[tuple[Key, Loss]] = []
        self.ledgers = {trace.index: Ledger(trace) for trace in traces}
        self.waiting = [(trace, stream) for trace in traces for stream in trace.streams.values()]
        self.live = False
        self.horizon = 0
        self.packets = 0

    def batches(self) -> Iterator[Batch]:
        """Everything that there is, to the end."""
        self._find_heads(live=False)
        yield from self._rest()

    def _rest(self) -> Iterator[Batch]:
        """All that is left, now that nothing comes any more."""
        while self.heads or self.open:
            yield self._batch(_END)
        for ledger in self.ledgers.values():
            for loss in ledger.end():
                self._note(loss, Key(loss.time, ledger.trace.index, loss.cpu, 0))
        if self.losses:
            yield self._with_losses(empty_batch(self.decoder.registry.classes), _END)

    def follow(self, pause: Callable[[float], None] = time.sleep) -> Iterator[Batch]:
        """All events, and those that are still to be written; it ends when the recording has.

        A CPU's packets may be written later than those of other CPUs, by up to the module's flush_ms=.  So events are
        given only up to the end of the packets that were there already when it last looked: the horizon.
        """
        while True:
            for trace in self.traces:
                trace.update_sizes()
            for head in self.heads:
                self._note_horizon(head.stream.trace, head.packet)
            met = self.packets
            self._find_heads(live=True)
            while self._is_ready():
                yield self._batch(Key(self.horizon + 1, -1, -2, -1))
            if self.packets == met and self._is_finished():
                break
            pause(POLL_SECONDS)
        yield from self._rest()

    def _is_finished(self) -> bool:
        """Whether nothing can come any more: the last packet of each CPU was met."""
        return bool(self.ledgers) and all(ledger.is_finished for ledger in self.ledgers.values())

    def _is_ready(self) -> bool:
        """Whether there is something up to the horizon."""
        times = [self.heads[0].key.time] if self.heads else []
        times += [each.first + each.trace.layout.clock_offset for each in self.open]
        return bool(times) and min(times) <= self.horizon

    def _note_horizon(self, trace: Trace, packet: Packet) -> None:
        if packet.is_old:
            self.horizon = max(self.horizon, packet.header.end + trace.layout.clock_offset)

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
                key = Key(packet.header.begin + trace.layout.clock_offset, trace.index, packet.cpu, packet.header.seq)
                self._note_horizon(trace, packet)
                heapq.heappush(self.heads, Head(key, packet, stream))
                return
            self._report_progress(packet.size)
        self.waiting.append((trace, stream))

    def _report_progress(self, size: int) -> None:
        if self.progress:
            self.progress(size)

    def _batch(self, limit: Key) -> Batch:
        """Load packets, and decode what is earlier than all others, and than the limit."""
        goal = self.budget
        while True:
            self._load(goal, limit)
            last = not self.heads or self.heads[0].key >= limit
            cut = limit if last else self.heads[0].key
            if last or sum(_share(each, cut) for each in self.open) >= self.budget // 2:
                done = self._take(cut)
                if done or last:
                    break
            if goal > OPEN_MAX:
                # Packets that begin long before their first event: nothing can be said of the order.
                done = self._take(_END)
                break
            goal += self.budget
        done.sort(key=lambda each: (each.trace.index, each.packet.cpu, each.packet.header.seq))
        return self._with_losses(self.decoder.batch(done, self.mask), cut)

    def _load(self, goal: int, limit: Key) -> None:
        """Load packets that begin before the limit, until so many bytes are open."""
        size = sum(len(each.data) for each in self.open)
        while self.heads and self.heads[0].key < limit and size < goal:
            head = heapq.heappop(self.heads)
            loaded = chunk(head.stream.trace, head.packet)
            if loaded.loss:
                self._note(loaded.loss, head.key)
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
            before, after = _split(each, cut)
            done += [before] if before and before.positions else []
            rest += [after] if after else []
        self.open = rest
        if sum(len(each.data) for each in done) > BATCH_MAX:
            raise ReadError(self.traces[0].path, "more packets than memory can hold are of the same time")
        return done

    def _with_losses(self, batch: Batch, cut: Key) -> Batch:
        """The batch with what was lost up to the cut, each loss with its row."""
        told = sorted((entry for entry in self.losses if entry[0] < cut), key=lambda entry: entry[0])
        losses = [loss for _, loss in told] + [loss for loss in batch.losses if self.time_range.touches(loss)]
        if not losses:
            return replace(batch, losses=()) if batch.losses else batch
        self.losses = [entry for entry in self.losses if entry[0] >= cut]
        losses.sort(key=lambda loss: loss.time)
        rows = np.searchsorted(batch.time, [loss.time for loss in losses])
        return replace(batch, losses=tuple(replace(loss, row=int(row)) for row, loss in zip(rows, losses, strict=True)))

    def _count(self, trace: Trace, stream: Stream, packet: Packet) -> None:
        """Note what was lost between the stream's last packet and this one."""
        self.packets += 1
        place = Key(packet.header.begin + trace.layout.clock_offset, trace.index, packet.cpu, packet.header.seq)
        for loss in self.ledgers[trace.index].packet(stream, packet):
            self._note(loss, place)

    def _note(self, loss: Loss, place: Key) -> None:
        """Something is missing: it is told with the batch that has its place, if it is of the time that is wanted."""
        if self.time_range.touches(loss):
            self.losses.append((place, loss))


def _share(chunk: Chunk, cut: Key) -> int:
    """Bytes of a chunk that are before a cut, estimated."""
    offset = chunk.trace.layout.clock_offset
    begin, end = chunk.first + offset, chunk.packet.header.end + offset
    if end < cut.time:
        return len(chunk.data)
    return len(chunk.data) * max(cut.time - begin, 0) // max(end - begin + 1, 1)


def _split(chunk: Chunk, cut: Key) -> tuple[Chunk | None, Chunk | None]:
    """The events of a chunk that are before a cut, and those that are not."""
    offset = chunk.trace.layout.clock_offset
    if chunk.packet.header.end + offset < cut.time:
        return chunk, None
    if chunk.first + offset > cut.time:
        return None, chunk
    times = chunk.times()
    here = chunk.trace.index, chunk.packet.cpu, chunk.packet.header.seq
    side = "right" if here < (cut.trace, cut.cpu, cut.seq) else "left"
    place = int(np.searchsorted(times + offset, cut.time, side))  # type: ignore[call-overload]
    if place == len(times):
        return chunk, None
    return chunk.split(place, times)
