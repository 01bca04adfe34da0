"""What ``stat --json`` prints.  docs/reading.md describes it."""

from __future__ import annotations

from typing import Any

from syscord_read.measure import summary
from syscord_read.measure.recording import Recording
from syscord_read.measure.slowest import Slowest
from syscord_read.measure.syscalls import Syscall
from syscord_read.measure.tally import Sums, Tally
from syscord_read.model.resources import display_name
from syscord_read.report.printable import printable
from syscord_read.report.stat.sections import Limits, call_texts
from syscord_read.source import Source


def document(source: Source, recording: Recording, limits: Limits, sort: str | None = None) -> dict[str, Any]:
    """The sections that have limits, with times in ns; what is not known is null."""
    order = summary.order_of(recording, sort)
    found: dict[str, Any] = {
        "traces": [_trace(trace.path, trace.layout.env) for trace in source.traces]
        + [_trace(text.path, {}) for text in source.texts],
        "begin": recording.begin if recording.begin >= 0 else None,
        "end": recording.end if recording.end >= 0 else None,
        "lost": dict(recording.losses),
        "total": _syscall(recording.syscalls.total()),
    }
    for section, limit in limits.items():
        match section:
            case "syscall":
                found["syscalls"] = [_syscall(row) for row in summary.syscalls(recording, order)[:limit]]
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
            case "slow":
                found["slowest"] = _calls(source, recording.slowest, limit)
            case "wait":
                found["longest_waits"] = _calls(source, recording.longest_waits, limit)
    return found


def _trace(path: object, env: Any) -> dict[str, Any]:
    return {"path": str(path), **{name: env.get(name) for name in ("hostname", "release", "machine")}}


def _syscall(row: Syscall) -> dict[str, Any]:
    durations = row.durations
    times = {"timed": 0, "time": None, "waited": None, "p50": None, "p99": None, "max": None}
    if durations:
        times = {
            "timed": durations.count,
            "time": durations.total,
            "waited": row.waited,
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


def _calls(source: Source, slowest: Slowest, limit: int | None) -> list[dict[str, Any]]:
    chosen = slowest.calls[:limit]
    return [
        {
            "duration": each.duration,
            "time": each.call.time,
            "pid": each.call.pid,
            "tid": each.call.tid,
            "name": printable(each.comm) or None,
            "syscall": each.call.event_class.full_name,
            "call": text,
        }
        for each, text in zip(chosen, call_texts(source, chosen), strict=True)
    ]


def _sums(sums: Sums) -> dict[str, int | None]:
    return {
        "calls": sums.calls,
        "errors": sums.errors,
        "timed": sums.timed,
        "time": sums.time if sums.timed else None,
        "waited": sums.waited if sums.timed else None,
        "read": sums.read,
        "written": sums.written,
    }
