"""The subcommand ``stat``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from syscord_read.cli.options import selection_options, traces_argument
from syscord_read.cli.output import end, print_out, print_what_is_unknown, progress_bar, writing_out
from syscord_read.model.selection import Selection

EXAMPLES = """\b
Examples:
  syscord stat /var/tmp/trace                      # the syscalls, as strace -c -w has them
  syscord stat --by process --by path /var/tmp/trace
  syscord stat --by error --comm nginx /var/tmp/trace  # what went wrong in nginx
  syscord stat --sort p99 /var/tmp/trace           # the slowest syscalls first
  syscord stat --by slow -n 5 /var/tmp/trace       # the five slowest calls
  syscord stat --by all --json /var/tmp/trace | jq .peers
"""

SECTIONS = ("syscall", "error", "process", "path", "peer", "slow", "wait")
ORDERS = ("time", "worked", "waited", "calls", "errors", "p50", "p99", "max", "read", "written", "name")

#: Rows of a section that are shown if nothing is said; all syscalls are.
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
    "-n", "--limit", type=click.IntRange(0), help=f"Rows of each section; 0: all; else {LIMIT}, and all syscalls."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with times in ns.")
@selection_options
def command(
    *,
    traces: tuple[Path, ...],
    by: tuple[str, ...],
    sort: str | None,
    limit: int | None,
    as_json: bool,
    selection: Selection,
) -> int:
    """Sum up the records of each TRACE.

    Times are how long calls took, waiting included; "% wait" is how much of that was waiting. Percentiles are at most
    0.8 % away from the exact ones. "slow" and "wait" are single calls: those that worked, and that waited, longest.
    """
    # They load numpy and pyarrow, which takes longer than --help may.
    from syscord_read.measure.recording import sum_up  # noqa: PLC0415
    from syscord_read.measure.slowest import KEEP_MOST  # noqa: PLC0415
    from syscord_read.report.stat.document import document  # noqa: PLC0415
    from syscord_read.report.stat.sections import tables  # noqa: PLC0415
    from syscord_read.source import open_source  # noqa: PLC0415
    from syscord_read.write.tables import show  # noqa: PLC0415

    sections = [section for section in SECTIONS if section in by or "all" in by]
    limits = {section: _limit(section, limit) for section in sections}
    source = open_source(traces)
    if {"path", "peer"} & {*sections} or selection.paths:
        print_what_is_unknown(source)
    with progress_bar("Reading", source.size) as progress:
        recording = sum_up(
            source,
            selection,
            progress.advance,
            with_processes="process" in sections,
            with_resources="path" in sections or "peer" in sections,
            slowest=(limits.get("slow", limits.get("wait")) or KEEP_MOST) if {"slow", "wait"} & {*sections} else 0,
        )
    if as_json:
        # Escapes of JSON: what is not ASCII cannot do anything to a terminal, and is the same to who reads it.
        print_out(json.dumps(document(source, recording, limits, sort), indent=1))
    else:
        with writing_out():
            show(tables(source, recording, limits, sort))
    return end(source)


def _limit(section: str, wish: int | None) -> int | None:
    """How many rows a section has at most; None: all."""
    if wish is None:
        return None if section == "syscall" else LIMIT
    return wish or None
