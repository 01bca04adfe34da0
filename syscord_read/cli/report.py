"""The subcommand ``report``."""

from __future__ import annotations

from pathlib import Path

import click

from syscord_read.cli.options import selection_options, traces_argument
from syscord_read.cli.output import end, output_file, progress_bar
from syscord_read.model.selection import Selection

EXAMPLES = """\b
Examples:
  syscord report /var/tmp/trace -o report.html
  syscord report --comm 'nginx*' --since +10s --until +20s /var/tmp/trace -o nginx.html
  syscord report board1 board2 -o both.html
"""


@click.command("report", epilog=EXAMPLES, short_help="Write a page to look at in a browser.")
@traces_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The page, in HTML; - is the standard output.",
)
@click.option("--force", is_flag=True, help="Replace what is there.")
@selection_options
def command(*, traces: tuple[Path, ...], output: Path, force: bool, selection: Selection) -> int:
    """Write one HTML page about the records of each TRACE.

    It shows syscalls over time, how long they took, the busiest files and peers, errors, and the tree of processes. It
    needs nothing else, and loads nothing.
    """
    # They load numpy and pyarrow, which takes longer than --help may.
    from syscord_read.report.page.page import make_page  # noqa: PLC0415
    from syscord_read.source import open_source  # noqa: PLC0415 - the same

    source = open_source(traces)
    with output_file(output, force=force) as file:
        with progress_bar("Reading", source.size) as progress:
            page = make_page(source, selection, progress.advance)
        file.write(page.encode())
    return end(source)
