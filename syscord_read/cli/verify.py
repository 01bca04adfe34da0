"""``syscord verify``: says whether a trace is whole, and what is missing."""

from __future__ import annotations

from pathlib import Path

import click

from syscord_read.cli.options import traces_argument, utc_option
from syscord_read.cli.output import print_out, progress_bar
from syscord_read.cli.status import Status
from syscord_read.report.printable import printable_text

EXAMPLES = """\b
Examples:
  syscord verify /var/tmp/trace
  syscord verify --quiet /var/tmp/trace && echo nothing is missing
"""


@click.command("verify", epilog=EXAMPLES, short_help="Say whether a trace is whole, and what is missing.")
@traces_argument
@click.option("-q", "--quiet", is_flag=True, help="Say nothing; the exit status tells.")
@utc_option
def command(traces: tuple[Path, ...], quiet: bool) -> int:
    """Look at every packet and every count of each TRACE: what is lost, where, when and why.

    The exit status is 0 only if all of them are whole, 1 if something is lost or damaged, and 4 if nothing is missing
    so far, but a trace is still being written.
    """
    # They load numpy and pyarrow, which takes longer than --help may.
    from syscord_read.check.summary import lines  # noqa: PLC0415
    from syscord_read.check.verify import verify  # noqa: PLC0415
    from syscord_read.source import open_source  # noqa: PLC0415

    source = open_source(traces)
    with progress_bar("Verifying", source.size) as progress:
        reports = list(verify(source, progress.advance))
    if not quiet:
        print_out("\n".join(printable_text(line) for report in reports for line in lines(report)))
    if not all(report.is_whole for report in reports):
        return Status.MISSING
    return Status.BEING_WRITTEN if any(report.is_being_written for report in reports) else Status.WELL
