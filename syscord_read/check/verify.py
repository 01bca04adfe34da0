"""Is a trace whole?  Every packet is looked at, and every count is compared with what is there.

    for report in verify(source):
        print(report.path, report.is_whole, report.losses, report.problems)

What the recorder says that it dropped is *lost*; what should be in the files and is not, or cannot be read, is a
*problem*; what was left out as the user wished (rotation, flight-recorder mode) is only *noted*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from syscord_read.ctf.classes import ID_DESCRIPTION, ID_DESCRIPTIONS, STREAM_CPU, STREAM_STATE
from syscord_read.ctf.decode import Chunk, Decoder, chunk
from syscord_read.ctf.group import BinaryGroup
from syscord_read.ctf.ledger import CUT_OFF, Ledger
from syscord_read.ctf.trace import LAST_PACKET, Header, Packet, Stream, Trace
from syscord_read.errors import Problem
from syscord_read.live import is_recorded_here
from syscord_read.model.columns import entry_numbers
from syscord_read.model.layout import Kind
from syscord_read.model.losses import DROPPED, Losses, Lost
from syscord_read.model.times import timestamp
from syscord_read.record.text_trace import TextTrace
from syscord_read.source import Source

#: Bytes of packets that are decoded at once.
BUDGET = 4 << 20

#: Times at which the clock was set that are named.
JUMPS_SHOWN = 10

#: Processes that are named, of which some open files are not described.
CUT_FILES_SHOWN = 10

Progress = Callable[[int], None]


@dataclass
class Findings:
    """What was found in one trace, or text record.

    ``unread`` is in bytes; ``begin`` and ``end`` are in ns since the epoch, 0 if there are no times.  ``unreported`` is
    how many problems there are beside those that are listed.  It is finished if the last packet of each CPU is there;
    ``knows_cpus``: it says which CPUs there were, as old ones do not.
    """

    path: str
    packets: int = 0
    records: int = 0
    others: int = 0
    filtered: int = 0
    cpus: int = 0
    unread: int = 0
    begin: int = 0
    end: int = 0
    losses: list[Lost] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unreported: int = 0
    notes: list[str] = field(default_factory=list)
    is_finished: bool = False
    knows_cpus: bool = False
    is_being_written: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing, and nothing damaged."""
        return not self.losses and not self.problems

    @property
    def lost(self) -> int:
        """Records that the recorder dropped."""
        return sum(loss.count for loss in self.losses)


def verify(source: Source, progress: Progress | None = None) -> Iterator[Findings]:
    """A report of each trace, then of each text record; ``progress`` is told how many bytes were read more."""
    for trace in source.traces:
        yield _Verifier(trace, source.traces, progress).report()
    for text in source.texts:
        yield _verify_text(text, progress)


def _verify_text(text: TextTrace, progress: Progress | None) -> Findings:
    """A text record has no counts but those of what is missing."""
    report = Findings(str(text.path))
    losses = Losses()
    for batch in text.batches(progress):
        report.records += len(batch)
        # A line that is damaged is a problem, too.
        losses.add(loss for loss in batch.losses if loss.cause != "damaged" or loss.cpu >= 0)
    report.losses = [lost for _, lost in losses.each()]
    report.problems = text.problems
    report.is_being_written = is_recorded_here(text.path)
    return report


class _Verifier:
    """Reads one trace, stream by stream."""

    def __init__(self, trace: Trace, traces: Sequence[Trace], progress: Progress | None) -> None:
        self.trace = trace
        self.result = Findings(str(trace.path))
        self.progress = progress
        self.decoder = Decoder(traces)
        self.ledger = Ledger(trace)
        self.losses = Losses()
        self.cut_files: dict[int, str] = {}
        self.last_id = 0

    def report(self) -> Findings:
        """All that was found."""
        result, trace = self.result, self.trace
        for stream in trace.streams.values():
            self._stream(stream)
        result.notes += [f"state: open files are described in part: {some}: there are bounds" for some in self._cut()]
        for loss in self.ledger.end():
            if loss.count > 0:
                trace.report(Problem(str(trace.path), -1, f"CPU {loss.cpu}: {loss.count} records are not there"))
        self._end_of_trace()
        result.notes += _notes_of_clock(trace)
        result.losses = [lost for _, lost in self.losses.each()]
        result.problems, result.unreported, result.unread = trace.problems, trace.unreported, trace.unread
        return result

    def _end_of_trace(self) -> None:
        """Whether the recording has ended, goes on, or was cut off."""
        ledger, trace = self.ledger, self.trace
        self.result.is_finished, self.result.is_being_written = ledger.is_finished, ledger.is_being_written
        self.result.knows_cpus = ledger.knows_cpus
        if not ledger.is_cut_off:
            return
        if any(stream.kind == STREAM_CPU for stream in trace.streams.values()):
            trace.report(Problem(str(trace.path), -1, CUT_OFF))
        else:
            trace.report(Problem(str(trace.path), -1, "there are no records: the files cpu0, cpu1 ... are missing"))

    def _cut(self) -> list[str]:
        """The processes of which some open files are not described, of many only the first ones."""
        more = len(self.cut_files) - CUT_FILES_SHOWN
        first = list(self.cut_files.values())[:CUT_FILES_SHOWN]
        return [*first, f"those of {more} more processes"] if more > 0 else first

    def _stream(self, stream: Stream) -> None:
        last: Header | None = None
        path = stream.files[0].path
        chunks: list[Chunk] = []
        while packet := stream.next():
            if last and str(packet.file.path) != str(path):
                self._end_of_file(stream, path)
            path = packet.file.path
            self._count(stream, packet, last)
            chunks.append(self._packet(packet))
            if sum(len(each.data) for each in chunks) >= BUDGET:
                self._decode(chunks)
                chunks = []
            last = packet.header
        self._decode(chunks)
        self._end_of_file(stream, path)
        if stream.kind == STREAM_CPU:
            self._end(last)

    def _end_of_file(self, stream: Stream, path: Path) -> None:
        """A description may stop where it is: new files have another one, or the disk is full."""
        has_end = (STREAM_STATE, ID_DESCRIPTION) in self.trace.layout.metadata.events
        if stream.kind == STREAM_STATE and has_end and self.last_id not in (0, ID_DESCRIPTION):
            self.result.notes.append(f"{path.name}: the description of what there was is not complete")

    def _count(self, stream: Stream, packet: Packet, last: Header | None) -> None:
        """What the packet's header says, and whether it goes with the header before."""
        header, result = packet.header, self.result
        begin, end = self.trace.clock.real(header.begin), self.trace.clock.real(header.end)
        result.packets += 1
        result.begin, result.end = min(result.begin or begin, begin), max(result.end, end)
        for what in _wrong(stream, header, last):
            self._problem(packet, what)
        losses = list(self.ledger.packet(stream, packet))
        if stream.kind != STREAM_CPU:
            return
        if not last and header.seq and not header.overwritten and not any(loss.packets for loss in losses):
            result.notes.append(f"{stream.name}: {header.seq} packets were removed, by rotation or by somebody")
        self.losses.add(loss for loss in losses if loss.cause in DROPPED)
        for loss in losses:
            if loss.packets and not loss.reason.wished:
                records = loss.count if loss.count >= 0 else "an unknown number of"
                some = f"{loss.packets} packets are" if loss.packets > 1 else "a packet is"
                self._problem(packet, f"{some} missing before this one, with {records} records")

    def _packet(self, packet: Packet) -> Chunk:
        """The packet's events, and whether they are as its header says."""
        if self.progress:
            self.progress(packet.size)
        header, found = packet.header, chunk(self.trace, packet)
        if len(found.positions) != header.events:
            self._problem(packet, f"it should have {header.events} events, of which {len(found.positions)} are there")
        if not found.positions:
            return found
        ids = np.frombuffer(found.data, "<u2")[np.array(found.positions) + self.trace.layout.header.id // 2]
        self.last_id = int(ids[-1])
        records = int((ids < ID_DESCRIPTIONS).sum())
        if records != header.records:
            self._problem(packet, f"it should have {header.records} syscalls, and has {records}")
        self.result.records += records
        self.result.others += len(ids) - records
        last = int(found.times()[-1])
        if last != header.end:
            self._problem(packet, f"it should end at {header.end} ns, and its last event is of {last} ns")
        return found

    def _decode(self, chunks: list[Chunk]) -> None:
        """Whether the events are as their classes say."""
        batch = self.decoder.batch(chunks)
        for group in batch.group_list:
            assert isinstance(group, BinaryGroup), "these are from a binary trace"
            self._note_what_is_cut(group, batch.pid[group.rows].tolist())
            longer = int((group.left_over > 1).sum())
            if longer:
                what = f"{longer} {group.event_class.name} are longer than their fields, near here"
                self._problem(chunks[0].packet, what)

    def _note_what_is_cut(self, group: BinaryGroup, pids: list[int]) -> None:
        """What a description of what there was leaves out, as it has bounds."""
        kind = group.event_class.kind
        if kind not in (Kind.OPEN_FILES, Kind.DESCRIPTION):
            return
        described, count = (entry_numbers(group, label) for label in ("described", "count"))
        for row in (described < count).nonzero()[0].tolist():
            some = f"{described[row]} of {count[row]}"
            if kind is Kind.DESCRIPTION:
                self.result.notes.append(f"state: {some} threads are described: there are bounds")
            else:
                self.cut_files[pids[row]] = f"{some} of process {pids[row]}"

    def _end(self, last: Header | None) -> None:
        """What the last packet of a CPU says."""
        if not last:
            return
        self.result.cpus += 1
        self.result.filtered += last.filtered
        if last.overwritten:
            how = "were overwritten, as mode=overwrite does"
            self.result.notes.append(f"CPU {last.cpu}: {last.overwritten} records {how}")

    def _problem(self, packet: Packet, what: str) -> None:
        self.trace.report(Problem(str(packet.file.path), packet.offset, what))


def _notes_of_clock(trace: Trace) -> Iterator[str]:
    """Where the time of day did not go on as the recorder's clock did; of many places, the first ones."""
    jumps = list(trace.clock.jumps())
    for jump in jumps[:JUMPS_SHOWN]:
        yield f"the clock was {jump} at {timestamp(jump.real)}"
    if len(jumps) > JUMPS_SHOWN:
        yield f"the clock was set at {len(jumps) - JUMPS_SHOWN} more times"


def _law(header: Header) -> str:
    """What is wrong with a CPU's counts: each syscall that was seen must have become something.

    A packet that is closed in the middle of a call has seen that one already, unless it is the last one.
    """
    became = header.recorded + header.filtered + sum(header.dropped.values())
    under_way = header.seen - became
    if header.seen < 0 or under_way == 0 or (under_way == 1 and not header.flags & LAST_PACKET):
        return ""
    return (
        f"its counts do not add up: {header.seen} syscalls were seen, of which {header.recorded} were recorded, "
        f"{header.filtered} filtered out and {sum(header.dropped.values())} dropped"
    )


def _wrong(stream: Stream, header: Header, last: Header | None) -> Iterator[str]:
    """What is wrong with a header, seen with the one before."""
    if stream.kind != STREAM_CPU:
        return
    if stream.name != f"cpu{header.cpu}" or header.instance != header.cpu:
        yield f"this packet is of CPU {header.cpu}, in the file of another"
    if header.discarded != sum(header.dropped.values()):
        yield f"it counts {header.discarded} dropped records, and by cause {sum(header.dropped.values())}"
    if law := _law(header):
        yield law
    if last and header.begin < last.end:
        yield f"this packet begins {last.end - header.begin} ns before the one before it ends"
    seq, recorded = (last.seq, last.recorded) if last else (-1, 0)
    if last and header.seq <= seq:
        yield f"this is packet {header.seq}, behind packet {seq}"
    more = header.recorded - header.records - recorded
    if header.seq == seq + 1 and more:
        yield f"it counts {more} records more than are there"
