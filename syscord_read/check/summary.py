"""What ``syscord verify`` prints of what it found."""

from __future__ import annotations

from syscord_read.check.verify import Findings
from syscord_read.model.times import timestamp


def lines(findings: Findings) -> list[str]:
    """What was found, to be read by people."""
    return [
        _summary(findings),
        *(f"  lost: {loss}" for loss in findings.losses),
        *(f"  damaged: {problem}" for problem in findings.problems),
        *([f"  damaged: and {findings.unreported} more such places"] if findings.unreported else []),
        *(f"  note: {note}" for note in findings.notes),
        *([f"  finished: {_finished(findings)}"] if findings.is_finished else []),
        *(["  being written: more is to come"] if findings.is_being_written else []),
        f"  {_verdict(findings)}",
    ]


def _summary(findings: Findings) -> str:
    if not findings.packets:
        return f"{findings.path}: {findings.records} syscalls"
    return (
        f"{findings.path}: {findings.records} syscalls and {findings.others} other events, "
        f"in {findings.packets} packets of {findings.cpus} CPUs, "
        f"from {timestamp(findings.begin)} to {timestamp(findings.end)}"
    )


def _finished(findings: Findings) -> str:
    if findings.knows_cpus:
        return "the last packet of each CPU is there"
    return "each CPU that has a file has its last packet; old traces do not say which CPUs there were"


def _verdict(findings: Findings) -> str:
    if findings.is_whole:
        return "whole so far: nothing is missing" if findings.is_being_written else "whole: nothing is missing"
    parts = []
    if findings.losses:
        parts.append(f"{findings.lost} records are lost")
    if findings.problems:
        parts.append(f"{len(findings.problems) + findings.unreported} places are damaged")
    if findings.unread:
        parts.append(f"{findings.unread} bytes cannot be read")
    return "not whole: " + ", ".join(parts)
