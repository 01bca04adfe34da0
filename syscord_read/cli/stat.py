"""The subcommand ``stat``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from syscord_read.cli.options import selection_options, traces_argument
from syscord_read.cli.output import end, print_out, progress_bar, writing_out
from syscord_read.model.selection import Selection

EXAMPLES = """\b
Examples:
  syscord stat /var/tmp/trace                      the syscalls, as strace -c -w has them
  syscord stat --by process --by path /var/tmp/trace
  syscord stat --by error --comm nginx /var/tmp/trace  what went wrong in nginx
  syscord stat --sort p99 /var/tmp/trace           the slowest first
  syscord stat --by all --json /var/tmp/trace | jq .peers
"""

SECTIONS = ("syscall", "error", "process", "path", "peer")
ORDERS = ("time", "calls", "errors", "p50", "p99", "max", "read", "written", "name")

#: Rows of a section that are shown; all syscalls are.
LIMIT = 20


@click.command("stat", epilog=EXAMPLES, short_help="Sum up: calls, errors, times, percentiles.")
@traces_argument
@click.option(
    "--by",
    type=click.Choice([*SECTIONS, "all"]),
    multiple=True,
    default=("syscall",),
    show_default=True,
    help="What to sum up by; can be given several times.",
)
@click.option("--sort", type=click.Choice(ORDERS), help="What comes first; else time, or calls if no time is known.")
@click.option(
    "-n", "--limit", type=click.IntRange(0), default=LIMIT, show_default=True, help="Rows of a section; 0: all."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with times in ns.")
@selection_options
def command(
    *, traces: tuple[Path, ...], by: tuple[str, ...], sort: str | None, limit: int, as_json: bool, selection: Selection
) -> int:
    """Sum up the records of each TRACE.

    Times are how long calls took, waiting included. Percentiles are at most 0.8 % away from the exact ones.
    """
    # They load numpy and pyarrow, which takes longer than --help may.
    from syscord_read.measure.recording import sum_up  # noqa: PLC0415
    from syscord_read.report.stat.document import document  # noqa: PLC0415
    from syscord_read.report.stat.sections import tables  # noqa: PLC0415
    from syscord_read.source import open_source  # noqa: PLC0415
    from syscord_read.write.tables import show  # noqa: PLC0415

    sections = [section for section in SECTIONS if section in by or "all" in by]
    source = open_source(traces)
    with progress_bar("Reading", source.size) as progress:
        recording = sum_up(
            source,
            selection,
            progress.advance,
            with_processes="process" in sections,
            with_resources="path" in sections or "peer" in sections,
        )
    if as_json:
        found = document(source, recording, sections, sort, limit or None)
        print_out(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        with writing_out():
            show(tables(source, recording, sections, sort, limit or None))
    return end(source)
