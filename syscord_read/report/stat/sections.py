"""The tables that ``stat`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from syscord_read.measure import summary
from syscord_read.measure.recording import Recording
from syscord_read.measure.slowest import KEEP_MOST, LongCall, Slowest
from syscord_read.measure.syscalls import Syscall
from syscord_read.measure.tally import Key, Sums, Tally
from syscord_read.model.resources import display_name
from syscord_read.model.times import timestamp
from syscord_read.report.printable import printable
from syscord_read.source import Source
from syscord_read.write.strace.output import whole
from syscord_read.write.strace.view import names_of
from syscord_read.write.tables import Heading, Table

#: Sections, and how many rows each has at most; None: all.
Limits = Mapping[str, int | None]

_SECOND, _MICROSECOND = 1_000_000_000, 1000

#: Headings, in the widths that strace -c has.
#: Where a terminal is narrow, first goes what the others tell.
PERCENT, SECONDS = Heading("% time", width=6, spare=4), Heading("seconds", width=11)
#: The share of the time that was spent waiting (measure/waiting.py).
WAITING = Heading("% wait", width=6)
CALLS, ERRORS = Heading("calls", width=9), Heading("errors", width=9)
PER_CALL = (
    Heading("usecs/call", width=11, spare=2),
    Heading("p50", width=9, spare=3),
    Heading("p99", width=9),
    Heading("max", width=9, spare=1),
)
READ, WRITTEN = Heading("read", width=9), Heading("written", width=9)


def tables(source: Source, recording: Recording, limits: Limits, sort: str | None) -> Iterator[Table]:
    """A table for each section that has a limit.  What is to be known of all stands below the last one."""
    order = summary.order_of(recording, sort)
    made = [_table(source, recording, section, order, limit) for section, limit in limits.items()]
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


def _table(  # noqa: PLR0911 - one return a section
    source: Source, recording: Recording, section: str, order: str, limit: int | None
) -> Table:
    match section:
        case "syscall":
            return _syscalls(recording, order, limit)
        case "error":
            return _errors(recording, limit)
        case "process":
            return _processes(source, recording, order, limit)
        case "path":
            return _uses(recording, recording.activity.files, ("By path", "path"), order, limit)
        case "peer":
            return _uses(recording, recording.activity.peers, ("By peer", "peer"), order, limit)
        case "slow":
            return _slowest(source, "The slowest calls, but for those that wait", recording.slowest, limit)
        case _:
            return _slowest(source, "The calls that waited longest", recording.longest_waits, limit)


def _syscalls(recording: Recording, order: str, limit: int | None) -> Table:
    total = recording.syscalls.total()
    timed = total.durations is not None
    times = (PERCENT, SECONDS, *PER_CALL, WAITING) if timed else ()
    found = summary.syscalls(recording, order)
    rows = [_syscall(row, total, timed=timed) for row in found[:limit]]
    headings = (*times, CALLS, ERRORS, Heading("syscall", left=True, width=16))
    title = "By syscall (p50, p99 and max in µs)" if timed else "By syscall"
    return Table(title, headings, rows, _syscall(total, total, timed=timed), _more(len(found), limit))


def _syscall(row: Syscall, total: Syscall, *, timed: bool) -> tuple[str, ...]:
    times: tuple[str, ...] = ()
    if row.durations:
        durations = row.durations
        values = (durations.total / durations.count, durations.p50, durations.p99, durations.longest)
        shares = percent(row.time, total.time), seconds(row.time)
        times = (*shares, *map(microseconds, values), share(row.waited, row.time))
    elif timed:
        times = ("",) * (3 + len(PER_CALL))
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
    names_heading = Heading("process", left=True, long=True)
    headings = (*_sums_headings(timed=timed), *host_heading, Heading("pid", width=7), names_heading)
    return Table("By process", headings, rows, notes=_more(_count(recording.activity.processes), limit))


def _uses(recording: Recording, tally: Tally[bytes], titles: tuple[str, str], order: str, limit: int | None) -> Table:
    timed = bool(recording.syscalls.timed.any())
    rows = [
        (*_sums(recording, sums, timed=timed), printable(display_name(name)))
        for name, sums in summary.busiest(tally, order, limit)
    ]
    title, heading = titles
    headings = (*_sums_headings(timed=timed), Heading(heading, left=True, long=True))
    return Table(title, headings, rows, notes=_more(_count(tally), limit))


def _sums_headings(*, timed: bool) -> tuple[Heading, ...]:
    return (*((PERCENT, SECONDS, WAITING) if timed else ()), CALLS, ERRORS, READ, WRITTEN)


def _sums(recording: Recording, sums: Sums, *, timed: bool) -> tuple[str, ...]:
    """The share of the time is that of all selected calls; one that is about two files counts for both."""
    total = int(recording.syscalls.time.sum())
    times = (percent(sums.time, total), seconds(sums.time), share(sums.waited, sums.time)) if timed else ()
    return (*times, str(sums.calls), str(sums.errors or ""), str(sums.read or ""), str(sums.written or ""))


def _slowest(source: Source, title: str, slowest: Slowest, limit: int | None) -> Table:
    """Single calls.  The time is when the call began, so that --since and --until find it."""
    rows = [
        (microseconds(each.duration), timestamp(each.began), str(each.call.tid), printable(each.comm), text)
        for each, text in zip(slowest.calls[:limit], call_texts(source, slowest.calls[:limit]), strict=True)
    ]
    headings = (
        Heading("time", width=9),
        Heading("began", left=True, spare=1),
        Heading("tid", width=7, spare=2),
        Heading("process", left=True),
        Heading("call", left=True, long=True),
    )
    return Table(f"{title} (µs)", headings, rows, notes=_more_calls(slowest, len(rows)))


def _more_calls(slowest: Slowest, shown: int) -> tuple[str, ...]:
    more = slowest.count - shown
    hint = f" (--limit 0 shows {KEEP_MOST} at most)" if shown < KEEP_MOST else ""
    return (f"... and {more} more{hint}",) if more > 0 else ()


def call_texts(source: Source, calls: Sequence[LongCall]) -> list[str]:
    """Single calls as strace writes them."""
    names = names_of(source)
    return [whole(each.call, names) for each in calls]


def _count(tally: Tally[Key]) -> int:
    return len(tally) + tally.dropped


def _more(count: int, limit: int | None) -> tuple[str, ...]:
    return (f"... and {count - limit} more (--limit 0 shows all)",) if limit and count > limit else ()


def percent(part: int, whole: int) -> str:
    """A share, in percent."""
    return f"{part / whole * 100 if whole else 0:.2f}"


def share(part: int, whole: int) -> str:
    """A share in whole percent; nothing of nothing."""
    return f"{part / whole * 100:.0f}" if part else ""


def seconds(nanoseconds: float) -> str:
    """Nanoseconds, in seconds."""
    return f"{nanoseconds / _SECOND:.6f}"


def microseconds(nanoseconds: float) -> str:
    """Nanoseconds, in microseconds."""
    return f"{nanoseconds / _MICROSECOND:.1f}"
