"""What a trace's packets count, compared with what is there: so each record that is missing is known, with its cause.

Every packet says how many records its CPU had made and lost when it ended, and its number.  So what is missing between
two packets is known to the unit, whatever became of it.  Whoever reads a trace shows the ledger each header, in the
order of its stream, and then asks what is missing at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from syscord_read.ctf.classes import STREAM_CPU
from syscord_read.ctf.trace import LAST_PACKET, Header, Packet, Stream, Trace
from syscord_read.errors import Problem
from syscord_read.model.losses import UNKNOWN, Loss

#: No count of records is larger.
COUNT_MAX = (1 << 63) - 1

#: What is said of a trace without an end.
CUT_OFF = "it has no end: the recording was cut off, or it is being written somewhere else"

#: CPUs as the kernel lists them: 0-3,7.
_CPU_LIST = re.compile(r"[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*")


@dataclass
class Counters:
    """What was known of a CPU when its last packet ended; ``end`` is then, in ns since the epoch, -1: not known.

    ``missing`` is how many records were not there so far.
    """

    seq: int
    recorded: int
    overwritten: int
    dropped: dict[str, int]
    end: int = -1
    is_last: bool = False
    missing: int = 0


@dataclass
class Ledger:
    """The counts of one trace.  ``records`` is how many records the headers promise.

    ``overwrites``: it is a flight recorder's, which overwrites packets as the user asked for it.  ``is_being_written``
    is known at the end.
    """

    trace: Trace
    records: int = 0
    cpus: dict[int, Counters] = field(default_factory=dict)
    overwrites: bool = False
    is_being_written: bool = False

    def __post_init__(self) -> None:
        self.overwrites = self.trace.layout.env.get("mode") == "overwrite"

    @property
    def is_finished(self) -> bool:
        """Whether the last packet of each CPU was met, so that nothing can come any more."""
        expected = self._expected() | {stream.cpu for stream in self._streams()}
        return bool(expected) and all(cpu in self.cpus and self.cpus[cpu].is_last for cpu in expected)

    @property
    def knows_cpus(self) -> bool:
        """Whether the trace says which CPUs there were; old ones do not."""
        return bool(self._expected())

    @property
    def has_ended(self) -> bool:
        """Whether any CPU's last packet was met: then there must be one of each CPU."""
        return any(counters.is_last for counters in self.cpus.values())

    @property
    def is_cut_off(self) -> bool:
        """Whether the recording ended without last packets; known at the end."""
        return not self.has_ended and not self.is_being_written

    def packet(self, stream: Stream, packet: Packet) -> Iterator[Loss]:
        """What is missing between the stream's last packet and this one."""
        trouble, stream.trouble = stream.trouble, ""
        if stream.kind != STREAM_CPU:
            return
        header = packet.header
        self.records += header.records
        self.overwrites |= header.overwritten > 0
        last = self.cpus.get(stream.cpu) or self._before_first(stream, header, trouble)
        self.cpus[stream.cpu] = _after(header, last, self.trace.clock.real(header.end))
        yield from self._dropped(packet, last)
        yield from self._missing(stream, packet, last, trouble)

    def _dropped(self, packet: Packet, last: Counters) -> Iterator[Loss]:
        """What the recorder says that it dropped."""
        header, real = packet.header, self.trace.clock.real
        begin, end = real(header.begin), real(header.end)
        for cause, count in header.dropped.items():
            if count > last.dropped[cause]:
                dropped = min(count - last.dropped[cause], COUNT_MAX)
                yield Loss(0, begin, dropped, cause, packet.cpu, self.trace.index, last.end, end)

    def _missing(self, stream: Stream, packet: Packet, last: Counters, trouble: str) -> Iterator[Loss]:
        """What was recorded, and is not there."""
        header, begin = packet.header, self.trace.clock.real(packet.header.begin)
        packets = header.seq - last.seq - 1
        missing = min(max(header.recorded - header.records - last.recorded, 0), COUNT_MAX)
        if packets <= 0 or (self.overwrites and not missing):
            return
        self.cpus[stream.cpu].missing += missing
        cause = self._cause(stream, trouble)
        # Some of those before the first packet may have been removed as wished.
        count = UNKNOWN if last.end < 0 and cause != "overwritten" and self._may_remove() else missing
        yield Loss(0, begin, count, cause, stream.cpu, self.trace.index, last.end, begin, packets, last.seq + 1)

    def end(self) -> Iterator[Loss]:
        """What is missing at the ends of the streams, and streams that are missing, now that all is read."""
        self.is_being_written = not self.is_finished and self.trace.is_being_written
        if self.is_being_written:
            return
        for stream in self.trace.streams.values():
            stream.report_tail()
        latest = max((counters.end for counters in self.cpus.values()), default=-1)
        for stream in self._streams():
            counters = self.cpus.get(stream.cpu)
            if counters and self.overwrites and counters.missing > counters.overwritten:
                yield self._at_end(stream.cpu, "gap", latest, counters.missing - counters.overwritten)
            if stream.trouble and not (counters and counters.is_last):
                yield self._at_end(stream.cpu, stream.trouble, latest)
            elif self.has_ended and not (counters and counters.is_last):
                what = "it has no last packet, as other CPUs have: its end is missing"
                self.trace.report(Problem(str(stream.path), -1, what))
                yield self._at_end(stream.cpu, "cut", latest)
            elif self.is_cut_off:
                yield self._at_end(stream.cpu, "cut", latest)
        for cpu in sorted(self._missing_cpus()):
            what = f"the file cpu{cpu} is missing: the recording was of the CPUs {self._cpu_list()}"
            self.trace.report(Problem(str(self.trace.path), -1, what))
            yield self._at_end(cpu, "absent", latest)

    def _at_end(self, cpu: int, cause: str, latest: int, count: int = UNKNOWN) -> Loss:
        """Whatever came behind the last packet of a CPU."""
        counters = self.cpus.get(cpu)
        return Loss(0, latest, count, cause, cpu, self.trace.index, counters.end if counters else -1)

    def _missing_cpus(self) -> set[int]:
        """When a recording ends, each CPU that was there at its beginning gets a last packet."""
        return self._expected() - {stream.cpu for stream in self._streams()} if self.has_ended else set()

    def _expected(self) -> set[int]:
        """The CPUs that were there when the recording began; none if the trace does not say."""
        text = self._cpu_list()
        ranges = [part.split("-") for part in text.split(",")] if _CPU_LIST.fullmatch(text) else []
        return {number for ends in ranges for number in range(int(ends[0]), int(ends[-1]) + 1)}

    def _cpu_list(self) -> str:
        return str(self.trace.layout.env.get("cpus", ""))

    def _streams(self) -> list[Stream]:
        return [stream for stream in self.trace.streams.values() if stream.kind == STREAM_CPU]

    def _cause(self, stream: Stream, trouble: str) -> str:
        """Why packets are missing before the one that was met."""
        if trouble:
            return trouble
        if any(file.error for file in stream.files):
            return "unreadable"
        return "overwritten" if self.overwrites else "gap"

    def _before_first(self, stream: Stream, header: Header, trouble: str) -> Counters:
        """What is known before the first packet that there is: nothing, if earlier ones were removed as wished."""
        first = stream.passed_over
        if first and trouble and first.seq < header.seq and first.uuid == header.uuid:
            begin = self.trace.clock.real(first.begin)
            return Counters(first.seq - 1, first.recorded - first.records, first.overwritten, first.dropped, begin)
        has_trouble = trouble or any(file.error for file in stream.files)
        if not header.seq or has_trouble or not self._may_remove():
            return Counters(-1, 0, 0, dict.fromkeys(header.dropped, 0))
        return Counters(header.seq - 1, header.recorded - header.records, header.overwritten, header.dropped)

    def _may_remove(self) -> bool:
        """Whether the recorder removes files of its own: it rotates them.  Old traces do not say."""
        settings = [self.trace.layout.env.get(f"param_{name}") for name in ("rotate_mb", "rotate_s")]
        return any(setting is None or str(setting).strip() not in ("0", "") for setting in settings)


def _after(header: Header, last: Counters, end: int) -> Counters:
    """What is known when a packet ended, in ns since the epoch."""
    is_last = bool(header.flags & LAST_PACKET)
    return Counters(header.seq, header.recorded, header.overwritten, header.dropped, end, is_last, last.missing)
