"""The subcommand ``report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from syscord_read.cli.options import selection_options, traces_argument
from syscord_read.cli.output import bar, tell_problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from syscord_read.model.select import Selection
    from syscord_read.source import Source

EXAMPLES = """\b
Examples:
  syscord report /var/tmp/trace -o report.html
  syscord report --comm 'nginx*' --since +10s --until +20s /var/tmp/trace -o nginx.html
  syscord report board1 board2 -o both.html
"""


@click.command("report", epilog=EXAMPLES, short_help="Write a page to look at in a browser.")
@traces_argument
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The page, in HTML."
)
@click.option("--force", is_flag=True, help="Replace what is there.")
@selection_options
def command(*, traces: tuple[Path, ...], output: Path, force: bool, selection: Selection) -> int:
    """Write one HTML page about the records of each TRACE.

    It shows syscalls over time, how long they took, the busiest files and peers, errors, and the tree of processes. It
    needs nothing else, and loads nothing.
    """
    from syscord_read.source import open_source  # noqa: PLC0415 - the same
    from syscord_read.write.atomic import atomic_file  # noqa: PLC0415 - what it loads takes long

    source = open_source(traces)
    with atomic_file(output, force=force) as file:
        with bar("Reading", source.size) as progress:
            page = make(source, selection, progress.advance)
        file.write(page.encode())
    return tell_problems(source)


def make(source: Source, selection: Selection, progress: Callable[[int], None] | None = None) -> str:
    """Read all of a source.  Returns the page."""
    from syscord_read.measure.reading import read  # noqa: PLC0415 - as above
    from syscord_read.measure.recording import Recording  # noqa: PLC0415 - as above
    from syscord_read.measure.timeline import Timeline  # noqa: PLC0415 - as above
    from syscord_read.report.page.page import render  # noqa: PLC0415 - as above

    recording, times = Recording(), Timeline()
    for batch, wanted in read(source, selection, progress):
        times.add(batch, wanted, recording.add(batch, wanted))
    times.settle()
    return render(source, recording, times)
