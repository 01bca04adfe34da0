"""The figures as tables."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from bench import vcpus
from bench.rows import Figure
from bench.vcpus import Scaling


def table(figures: Sequence[Figure]) -> None:
    """Print the figures, a table for each workload, and last which of them are not published."""
    console = Console()
    for name in dict.fromkeys(figure.row.workload for figure in figures):
        console.print(_of_workload([figure for figure in figures if figure.row.workload == name]))
    shaky = [figure for figure in figures if not figure.repeatable]
    if shaky:
        console.print("[yellow]Not published[/yellow], since the runs differ by more than 1 %:")
    for figure in shaky:
        row = figure.row
        console.print(
            f"  {row.workload}, {row.tracer} {row.variant}: adds {row.added_per_op:,.1f}, runs differ by"
            f" {figure.spread:,.1f} instructions",
            highlight=False,
        )


def scaling(scalings: Sequence[Scaling]) -> None:
    """Print what is added on each number of CPUs."""
    made = Table(title=f"syscord {vcpus.VARIANT}, on several CPUs", title_justify="left")
    for column in ("workload", "CPUs", "bare", "traced", "adds"):
        made.add_column(column, justify="left" if column == "workload" else "right")
    for each in scalings:
        numbers = (each.bare_per_op, each.traced_per_op, each.added_per_op)
        made.add_row(each.workload, str(each.vcpus), *(f"{number:,.2f}" for number in numbers))
    Console().print(made)


def _of_workload(figures: Sequence[Figure]) -> Table:
    row = figures[0].row
    bare = median(figures[0].bare)
    made = Table(title=f"{row.workload}, {row.arch}: {bare:,.1f} instructions without a tracer", title_justify="left")
    for column in ("tracer", "variant"):
        made.add_column(column, no_wrap=True)
    for column in ("adds", "of bare", "runs differ by", "bytes/call"):
        made.add_column(column, justify="right")
    for figure in figures:
        row = figure.row
        made.add_row(
            row.tracer,
            row.variant,
            f"{row.added_per_op:,.2f}",
            f"{row.relative:.2%}",
            f"{'' if figure.repeatable else '[yellow]'}{figure.spread:,.2f}",
            "" if row.bytes_per_syscall is None else f"{row.bytes_per_syscall:.1f}",
        )
    return made
