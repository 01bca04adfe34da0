"""The tables that ``stat`` prints."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from syscord_read.measure import summary
from syscord_read.measure.recording import Recording
from syscord_read.measure.resources import display_name
from syscord_read.measure.syscalls import Syscall
from syscord_read.measure.tally import Key, Sums, Tally
from syscord_read.report.printable import printable
from syscord_read.source import Source
from syscord_read.write.tables import Heading, Table

_SECOND, _MICROSECOND = 1_000_000_000, 1000

#: Headings, in the widths that strace -c has.
PERCENT, SECONDS = Heading("% time", width=6), Heading("seconds", width=11)
CALLS, ERRORS = Heading("calls", width=9), Heading("errors", width=9)
PER_CALL = (Heading("usecs/call", width=11), Heading("p50", width=9), Heading("p99", width=9), Heading("max", width=9))
READ, WRITTEN = Heading("read", width=9), Heading("written", width=9)


def tables(
    source: Source, recording: Recording, sections: Collection[str], sort: str | None, limit: int | None
) -> Iterator[Table]:
    """A table for each section.  What is to be known of all stands below the last one."""
    order = summary.order_of(recording, sort)
    made = [_table(source, recording, section, order, limit) for section in sections]
    notes = list(_notes(source, recording))
    for number, table in enumerate(made):
        title = table.title if len(made) > 1 else ""
        more = notes if number == len(made) - 1 else ()
        yield Table(title, table.headings, table.rows, table.total, (*table.notes, *more))


def _notes(source: Source, recording: Recording) -> Iterator[str]:
    if source.texts:
        yield "A text record has no durations and no names of processes: record with sink=ctf to have them."
    if lost := summary.losses(recording):
        yield f"{lost}: syscord verify says where."


def _table(source: Source, recording: Recording, section: str, order: str, limit: int | None) -> Table:
    match section:
        case "syscall":
            return _syscalls(recording, order)
        case "error":
            return _errors(recording, limit)
        case "process":
            return _processes(source, recording, order, limit)
        case "path":
            return _uses(recording, recording.activity.files, ("By path", "path"), order, limit)
        case _:
            return _uses(recording, recording.activity.peers, ("By peer", "peer"), order, limit)


def _syscalls(recording: Recording, order: str) -> Table:
    total = recording.syscalls.total()
    timed = total.durations is not None
    times = (PERCENT, SECONDS, *PER_CALL) if timed else ()
    rows = [_syscall(row, total, timed=timed) for row in summary.syscalls(recording, order)]
    headings = (*times, CALLS, ERRORS, Heading("syscall", left=True, width=16))
    title = "By syscall (p50, p99 and max in µs)" if timed else "By syscall"
    return Table(title, headings, rows, _syscall(total, total, timed=timed))


def _syscall(row: Syscall, total: Syscall, *, timed: bool) -> tuple[str, ...]:
    times: tuple[str, ...] = ()
    if row.durations:
        durations = row.durations
        values = (durations.total / durations.count, durations.p50, durations.p99, durations.longest)
        times = (percent(row.time, total.time), seconds(row.time), *map(microseconds, values))
    elif timed:
        times = ("",) * (2 + len(PER_CALL))
    return (*times, str(row.calls), str(row.errors or ""), printable(row.name.encode()))


def _errors(recording: Recording, limit: int | None) -> Table:
    found = summary.errors(recording)
    rows = [
        (str(error.count), f"{error.share * 100:.2f}", error.name, printable(error.syscall.encode()))
        for error in found[:limit]
    ]
    total = (str(sum(error.count for error in found)), "", "", "total")
    name, syscall = Heading("error", left=True, width=15), Heading("syscall", left=True, width=16)
    headings = (ERRORS, Heading("% calls", width=7), name, syscall)
    return Table("By error", headings, rows, total, _more(len(found), limit))


def _processes(source: Source, recording: Recording, order: str, limit: int | None) -> Table:
    timed = bool(recording.syscalls.timed.any())
    hosts = [str(trace.layout.env.get("hostname", "?")) for trace in source.traces]
    several = len(hosts) > 1
    rows = []
    for process, sums in summary.processes(recording, order, limit):
        names = " > ".join(map(printable, process.names))
        host = (printable(hosts[process.trace].encode()),) if several else ()
        rows.append((*_sums(recording, sums, timed=timed), *host, str(process.pid), names))
    host_heading = (Heading("host", left=True),) if several else ()
    headings = (*_sums_headings(timed=timed), *host_heading, Heading("pid", width=7), Heading("process", left=True))
    return Table("By process", headings, rows, notes=_more(_count(recording.activity.processes), limit))


def _uses(recording: Recording, tally: Tally[bytes], titles: tuple[str, str], order: str, limit: int | None) -> Table:
    timed = bool(recording.syscalls.timed.any())
    rows = [
        (*_sums(recording, sums, timed=timed), printable(display_name(name)))
        for name, sums in summary.busiest(tally, order, limit)
    ]
    title, heading = titles
    headings = (*_sums_headings(timed=timed), Heading(heading, left=True))
    return Table(title, headings, rows, notes=_more(_count(tally), limit))


def _sums_headings(*, timed: bool) -> tuple[Heading, ...]:
    return (*((PERCENT, SECONDS) if timed else ()), CALLS, ERRORS, READ, WRITTEN)


def _sums(recording: Recording, sums: Sums, *, timed: bool) -> tuple[str, ...]:
    """The share of the time is that of all selected calls; one that is about two files counts for both."""
    total = int(recording.syscalls.time.sum())
    times = (percent(sums.time, total), seconds(sums.time)) if timed else ()
    return (*times, str(sums.calls), str(sums.errors or ""), str(sums.read or ""), str(sums.written or ""))


def _count(tally: Tally[Key]) -> int:
    return len(tally) + tally.dropped


def _more(count: int, limit: int | None) -> tuple[str, ...]:
    return (f"... and {count - limit} more (--limit 0 shows all)",) if limit and count > limit else ()


def percent(part: int, whole: int) -> str:
    """A share, in percent."""
    return f"{part / whole * 100 if whole else 0:.2f}"


def seconds(nanoseconds: float) -> str:
    """Nanoseconds, in seconds."""
    return f"{nanoseconds / _SECOND:.6f}"


def microseconds(nanoseconds: float) -> str:
    """Nanoseconds, in microseconds."""
    return f"{nanoseconds / _MICROSECOND:.1f}"
