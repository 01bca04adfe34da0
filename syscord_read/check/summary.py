"""What ``syscord verify`` prints of a report."""

from __future__ import annotations

from syscord_read.check.verify import Report, moment


def lines(report: Report) -> list[str]:
    """A report, to be read by people."""
    return [
        _summary(report),
        *(f"  lost: {loss}" for loss in report.losses),
        *(f"  damaged: {problem}" for problem in report.problems),
        *([f"  damaged: and {report.unreported} more such places"] if report.unreported else []),
        *(f"  note: {note}" for note in report.notes),
        f"  {_verdict(report)}",
    ]


def _summary(report: Report) -> str:
    if not report.packets:
        return f"{report.path}: {report.records} syscalls"
    return (
        f"{report.path}: {report.records} syscalls and {report.others} other events, in {report.packets} packets of "
        f"{report.cpus} CPUs, from {moment(report.begin)} to {moment(report.end)}"
    )


def _verdict(report: Report) -> str:
    if report.is_whole:
        return "whole: nothing is missing"
    parts = []
    if report.losses:
        parts.append(f"{report.lost} records are lost")
    if report.problems:
        parts.append(f"{len(report.problems) + report.unreported} places are damaged")
    if report.unread:
        parts.append(f"{report.unread} bytes cannot be read")
    return "not whole: " + ", ".join(parts)
