"""The subcommand ``top``."""

from __future__ import annotations

from pathlib import Path

import click

from syscord_read.cli.options import selection_options, traces_argument
from syscord_read.cli.output import end, progress_bar, writing_out
from syscord_read.model.selection import Selection

EXAMPLES = """\b
Examples:
  syscord top /var/tmp/trace                   # who did most, in all of it
  syscord top --follow /var/tmp/trace          # live, until q or Ctrl-C
  syscord top --follow --sort written --interval 5 /var/tmp/trace
  syscord top --comm 'nginx*' /var/tmp/trace
"""


@click.command("top", epilog=EXAMPLES, short_help="Show the busiest processes, files and sockets.")
@traces_argument
@click.option("--follow", is_flag=True, help="Rates of what is recorded now, until the recording ends, q, or Ctrl-C.")
@click.option(
    "--sort",
    type=click.Choice(["calls", "time", "waited", "errors", "read", "written"]),
    default="calls",
    show_default=True,
    help="What comes first.",
)
@click.option("-n", "--rows", type=click.IntRange(1), default=10, show_default=True, help="Rows of a table, at most.")
@click.option(
    "--interval",
    type=click.FloatRange(0.1, 3600),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Time between updates; rates are taken over this time.",
)
@selection_options
def command(
    *, traces: tuple[Path, ...], follow: bool, sort: str, rows: int, interval: float, selection: Selection
) -> int:
    """Show which processes, files and sockets of each TRACE are the busiest.

    "time" (of rates: "busy") is the time in calls that worked, "waiting" that in calls that waited for somebody else.
    Sockets are called by the address of their peer; ports from 32768 on, which are random, are left out.
    """
    # They load numpy and pyarrow, which takes longer than --help may.
    from syscord_read.measure.recording import sum_up  # noqa: PLC0415
    from syscord_read.report.top import live, screen  # noqa: PLC0415
    from syscord_read.source import open_source  # noqa: PLC0415
    from syscord_read.write.tables import show  # noqa: PLC0415

    source = open_source(traces, live=follow)
    hosts = [str(trace.layout.env.get("hostname", "?")) for trace in source.traces]
    hosts = hosts if len(hosts) > 1 else []
    view = screen.View(sort, rows)
    if follow:
        batches = source.masked_batches(selection, follow=True)
        with writing_out():
            ended = live.follow(batches, interval, view, hosts=hosts, has_times=bool(source.traces))
        return end(source, following=not ended)
    with progress_bar("Reading", source.size) as progress:
        recording = sum_up(source, selection, progress.advance, slowest=0)
    with writing_out():
        show(table for table in screen.tables(recording.activity, recording.process_tree, view, hosts) if table.rows)
    return end(source)
