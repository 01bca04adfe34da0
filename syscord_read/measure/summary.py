"""What a recording comes to: rows of each section, sorted.  stat prints them, and the report shows them."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from syscord_read.measure.process_tree import ProcessNode
from syscord_read.measure.recording import Recording
from syscord_read.measure.syscalls import Syscall
from syscord_read.measure.tally import MEASURES, Key, Sums, Tally
from syscord_read.model.errno_names import ERRNOS


@dataclass(frozen=True)
class Error:
    """How often a syscall failed in one way.  ``share`` is that of the syscall's calls (0 to 1)."""

    name: str
    number: int
    syscall: str
    count: int
    share: float


def order_of(recording: Recording, wish: str | None) -> str:
    """What comes first, if nothing else is wished: time, or calls, if no time is known."""
    return wish or ("time" if recording.syscalls.timed.any() else "calls")


def syscalls(recording: Recording, order: str = "time") -> list[Syscall]:
    """Every syscall; among equals by name."""
    rows = sorted(recording.syscalls.each(), key=attrgetter("name"))
    if order == "name":
        return rows
    return sorted(rows, key=lambda row: _measure(row, order), reverse=True)


def _measure(row: Syscall, order: str) -> float:
    durations = row.durations
    match order:
        case "calls" | "errors" | "worked" | "waited":
            return float(getattr(row, order))
        case "p50" | "p99":
            return float(getattr(durations, order)) if durations else -1
        case "max":
            return durations.longest if durations else -1
    return row.time


def errors(recording: Recording) -> list[Error]:
    """All ways in which syscalls failed, the most frequent first."""
    names, calls = recording.syscalls.names, recording.syscalls.calls
    found = [
        Error(ERRNOS.get(number, f"error {number}"), number, names[place], count, count / int(calls[place]))
        for (place, number), count in recording.syscalls.errnos.items()
    ]
    return sorted(found, key=lambda error: (-error.count, error.number, error.syscall))


def busiest(tally: Tally[Key], order: str, limit: int | None) -> list[tuple[Key, Sums]]:
    """Keys and their sums.  What a tally has no measure of is sorted by time."""
    return tally.busiest(order if order in (*MEASURES, "worked") else "time", limit)


def processes(recording: Recording, order: str, limit: int | None) -> list[tuple[ProcessNode, Sums]]:
    """Processes and their sums."""
    nodes = recording.process_tree.nodes
    return [(nodes[number], sums) for number, sums in busiest(recording.activity.processes, order, limit)]


def losses(recording: Recording) -> str:
    """What is missing, in words; empty if nothing is."""
    if not recording.losses:
        return ""
    causes = ", ".join(f"{count} {cause}" if count else cause for cause, count in sorted(recording.losses.items()))
    total = sum(recording.losses.values())
    return f"{total} records were lost ({causes})" if total else f"records may be missing ({causes})"
