"""Is a trace whole?  Every packet is looked at, and every count is compared with what is there.

    for report in verify(source):
        print(report.path, report.is_whole, report.losses, report.problems)

What the recorder says that it dropped is *lost*; what should be in the files and is not, or cannot be read, is a
*problem*; what was left out as the user wished (rotation, flight-recorder mode) is only *noted*.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from syscord_read.ctf.classes import ID_DESCRIPTION, ID_DESCRIPTIONS, STREAM_CPU, STREAM_STATE
from syscord_read.ctf.decode import Chunk, Decoder, chunk
from syscord_read.ctf.group import BinaryGroup
from syscord_read.ctf.trace import LAST_PACKET, Header, Packet, Stream, Trace
from syscord_read.errors import Problem
from syscord_read.model.columns import entry_numbers
from syscord_read.model.layout import Kind
from syscord_read.model.times import timestamp
from syscord_read.record.text_trace import TextTrace
from syscord_read.source import Source

#: Bytes of packets that are decoded at once.
BUDGET = 4 << 20

#: Why records were dropped, in words; docs/using.md says more.
CAUSES = {
    "ring": "the ring was full (give more ring_kb=)",
    "sink": "the files took nothing (is the disk full, or too slow?)",
    "threads": "the table of threads was full (give more threads=)",
    "cpu": "the CPU had no memory for a ring",
}

#: Processes that are named, of which some open files are not described.
CUT_FILES_SHOWN = 10

Progress = Callable[[int], None]


@dataclass
class Lost:
    """Records of one CPU that are missing for one cause; between which times, in ns since the epoch; 0: not known."""

    cpu: int
    cause: str
    count: int = 0
    first: int = 0
    last: int = 0

    def add(self, count: int, first: int, last: int) -> None:
        """More of them."""
        self.count += count
        self.first = min(self.first or first, first)
        self.last = max(self.last, last)

    def __str__(self) -> str:
        between = f", between {timestamp(self.first)} and {timestamp(self.last)}" if self.last else ""
        return f"CPU {self.cpu}: {self.count} records, as {CAUSES.get(self.cause, self.cause)}{between}"


@dataclass
class Findings:
    """What was found in one trace, or text record.

    ``unread`` is in bytes; ``begin`` and ``end`` are in ns since the epoch, 0 if there are no times.  ``unreported`` is
    how many problems there are beside those that are listed.
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
    losses: dict[tuple[int, str], Lost] = {}
    for batch in text.batches(progress):
        report.records += len(batch)
        for loss in batch.losses:
            losses.setdefault((loss.cpu, loss.cause), Lost(loss.cpu, loss.cause)).count += loss.count
    report.losses = list(losses.values())
    report.problems = text.problems
    return report


class _Verifier:
    """Reads one trace, stream by stream."""

    def __init__(self, trace: Trace, traces: Sequence[Trace], progress: Progress | None) -> None:
        self.trace = trace
        self.result = Findings(str(trace.path))
        self.progress = progress
        self.decoder = Decoder(traces)
        self.losses: dict[tuple[int, str], Lost] = {}
        self.ended = False
        self.cut_files: dict[int, str] = {}
        self.last_id = 0

    def report(self) -> Findings:
        """All that was found."""
        result, trace = self.result, self.trace
        for stream in trace.streams.values():
            self._stream(stream)
        result.notes += [f"state: open files are described in part: {some}: there are bounds" for some in self._cut()]
        if not any(stream.kind == STREAM_CPU for stream in trace.streams.values()):
            trace.report(Problem(str(trace.path), -1, "there are no records: the files cpu0, cpu1 ... are missing"))
        self._missing_cpus()
        result.losses = sorted(self.losses.values(), key=lambda loss: (loss.cpu, loss.cause))
        result.problems, result.unreported, result.unread = trace.problems, trace.unreported, trace.unread
        return result

    def _missing_cpus(self) -> None:
        """When a recording ends, each CPU that was there at its beginning gets a last packet."""
        cpus = str(self.trace.layout.env.get("cpus", ""))
        if not self.ended or not _CPU_LIST.fullmatch(cpus):
            return
        missing = sorted(cpu for cpu in _cpu_list(cpus) if f"cpu{cpu}" not in self.trace.streams)
        for cpu in missing:
            what = f"the file cpu{cpu} is missing: the recording was of the CPUs {cpus}"
            self.trace.report(Problem(str(self.trace.path), -1, what))

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
            self._end(str(path), last)

    def _end_of_file(self, stream: Stream, path: Path) -> None:
        """A description may stop where it is: new files have another one, or the disk is full."""
        has_end = (STREAM_STATE, ID_DESCRIPTION) in self.trace.layout.metadata.events
        if stream.kind == STREAM_STATE and has_end and self.last_id not in (0, ID_DESCRIPTION):
            self.result.notes.append(f"{path.name}: the description of what there was is not complete")

    def _count(self, stream: Stream, packet: Packet, last: Header | None) -> None:
        """What the packet's header says, and whether it goes with the header before."""
        header, result, offset = packet.header, self.result, self.trace.layout.clock_offset
        result.packets += 1
        result.begin = min(result.begin or header.begin + offset, header.begin + offset)
        result.end = max(result.end, header.end + offset)
        for what in _wrong(stream, header, last):
            self._problem(packet, what)
        if stream.kind != STREAM_CPU:
            return
        if not last and header.seq and not header.overwritten:
            result.notes.append(f"{stream.name}: {header.seq} packets were removed, by rotation or by somebody")
        before = last.dropped if last else dict.fromkeys(header.dropped, 0) if not header.seq else header.dropped
        for cause, count in header.dropped.items():
            if count > before[cause]:
                lost = self.losses.setdefault((packet.cpu, cause), Lost(packet.cpu, cause))
                lost.add(count - before[cause], (last.end if last else header.begin) + offset, header.end + offset)

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

    def _end(self, path: str, last: Header | None) -> None:
        """What the last packet of a CPU says."""
        if not last:
            return
        self.result.cpus += 1
        self.result.filtered += last.filtered
        if last.overwritten:
            how = "were overwritten, as mode=overwrite does"
            self.result.notes.append(f"CPU {last.cpu}: {last.overwritten} records {how}")
        self.ended |= bool(last.flags & LAST_PACKET)
        if not last.flags & LAST_PACKET:
            self.trace.report(Problem(path, -1, "it has no last packet: recording was cut off, or is still going on"))

    def _problem(self, packet: Packet, what: str) -> None:
        self.trace.report(Problem(str(packet.file.path), packet.offset, what))


#: CPUs as the kernel lists them: 0-3,7.
_CPU_LIST = re.compile(r"[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*")


def _cpu_list(text: str) -> set[int]:
    """The numbers of such a list."""
    ranges = [part.split("-") for part in text.split(",")]
    return {number for ends in ranges for number in range(int(ends[0]), int(ends[-1]) + 1)}


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
    if last or not header.seq:
        yield from _gap(header, last.seq if last else -1, last.recorded if last else 0, last.overwritten if last else 0)


def _gap(header: Header, seq: int, recorded: int, overwritten: int) -> Iterator[str]:
    """What is missing between a packet and the one before, of which this is what it counted."""
    packets, records = header.seq - seq - 1, header.recorded - header.records - recorded
    if not packets:
        if records:
            yield f"it counts {records} records more than are there"
    elif packets < 0:
        yield f"this is packet {header.seq}, behind packet {seq}"
    elif records > header.overwritten - overwritten:
        yield f"{packets} packets are missing before this one, with {records} records"
