"""What ``stat --json`` prints.  docs/reading.md describes it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from syscord_read.measure import summary
from syscord_read.measure.recording import Recording
from syscord_read.measure.resources import display_name
from syscord_read.measure.syscalls import Syscall
from syscord_read.measure.tally import Sums, Tally
from syscord_read.report.printable import printable
from syscord_read.source import Source


def document(
    source: Source, recording: Recording, sections: Collection[str], sort: str | None = None, limit: int | None = None
) -> dict[str, Any]:
    """Everything, with times in ns; what is not known is null.  Syscalls are all there, whatever the limit."""
    order = summary.order_of(recording, sort)
    found: dict[str, Any] = {
        "traces": [_trace(trace.path, trace.layout.env) for trace in source.traces]
        + [_trace(text.path, {}) for text in source.texts],
        "begin": recording.begin if recording.begin >= 0 else None,
        "end": recording.end if recording.end >= 0 else None,
        "lost": dict(recording.losses),
        "total": _syscall(recording.syscalls.total()),
    }
    for section in sections:
        match section:
            case "syscall":
                found["syscalls"] = [_syscall(row) for row in summary.syscalls(recording, order)]
            case "error":
                found["errors"] = [
                    {"error": error.name, "number": error.number, "syscall": error.syscall, "count": error.count}
                    for error in summary.errors(recording)[:limit]
                ]
            case "process":
                found["processes"] = _processes(source, recording, order, limit)
            case "path":
                found["files"] = _uses(recording.activity.files, "path", order, limit)
            case "peer":
                found["peers"] = _uses(recording.activity.peers, "peer", order, limit)
    return found


def _trace(path: object, env: Any) -> dict[str, Any]:
    return {"path": str(path), **{name: env.get(name) for name in ("hostname", "release", "machine")}}


def _syscall(row: Syscall) -> dict[str, Any]:
    durations = row.durations
    times = {"timed": 0, "time": None, "p50": None, "p99": None, "max": None}
    if durations:
        times = {
            "timed": durations.count,
            "time": durations.total,
            "p50": round(durations.p50),
            "p99": round(durations.p99),
            "max": durations.longest,
        }
    return {"syscall": row.name, "calls": row.calls, "errors": row.errors, **times}


def _processes(source: Source, recording: Recording, order: str, limit: int | None) -> list[dict[str, Any]]:
    hosts = [str(trace.layout.env.get("hostname", "")) for trace in source.traces]
    return [
        {
            "host": hosts[process.trace] if process.trace < len(hosts) else None,
            "pid": process.pid,
            "ppid": process.ppid if process.names else None,
            "names": [printable(name) for name in process.names],
            "exe": printable(process.exe),
            **_sums(sums),
        }
        for process, sums in summary.processes(recording, order, limit)
    ]


def _uses(tally: Tally[bytes], label: str, order: str, limit: int | None) -> list[dict[str, Any]]:
    return [
        {label: printable(display_name(name)), **_sums(sums)} for name, sums in summary.busiest(tally, order, limit)
    ]


def _sums(sums: Sums) -> dict[str, int | None]:
    return {
        "calls": sums.calls,
        "errors": sums.errors,
        "timed": sums.timed,
        "time": sums.time if sums.timed else None,
        "read": sums.read,
        "written": sums.written,
    }
