"""``syscord verify``: says whether a trace is whole, and what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from syscord_read.cli.options import traces_argument
from syscord_read.cli.output import bar

if TYPE_CHECKING:
    from syscord_read.check.verify import Report

EXAMPLES = """\b
Examples:
  syscord verify /var/tmp/trace
  syscord verify --quiet /var/tmp/trace && echo nothing is missing
"""


@click.command("verify", epilog=EXAMPLES, short_help="Say whether a trace is whole, and what is missing.")
@traces_argument
@click.option("-q", "--quiet", is_flag=True, help="Say nothing; the exit status tells.")
def command(traces: tuple[Path, ...], quiet: bool) -> int:
    """Look at every packet and every count of each TRACE: what is lost, where, when and why.

    The exit status is 0 only if all of them are whole, and 1 if something is lost or damaged.
    """
    from syscord_read.check.verify import verify  # noqa: PLC0415
    from syscord_read.source import open_source  # noqa: PLC0415 - it loads numpy and pyarrow

    source = open_source(traces)
    with bar("Verifying", source.size) as progress:
        reports = list(verify(source, progress.advance))
    if not quiet:
        click.echo("\n".join(line for report in reports for line in lines(report)))
    return 0 if all(report.is_whole for report in reports) else 1


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
    from syscord_read.check.verify import moment  # noqa: PLC0415 - as above

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
