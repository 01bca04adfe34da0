"""Tables, for a terminal or for a file: what stat and top print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import click
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text


@dataclass(frozen=True)
class Heading:
    """A column's heading.  ``left``: it is text; numbers stand on the right.  ``width`` is the least one, if not 0."""

    text: str
    left: bool = False
    width: int = 0


@dataclass(frozen=True)
class Table:
    """Rows of texts.  ``total`` is a last row, behind a rule.  ``notes`` stand below."""

    title: str
    headings: Sequence[Heading]
    rows: Sequence[Sequence[str]]
    total: Sequence[str] | None = None
    notes: Sequence[str] = field(default_factory=tuple)


def plain(table: Table) -> str:
    """The table as aligned text, as strace -c writes it."""
    rows = [[heading.text for heading in table.headings], *table.rows, *([table.total] if table.total else [])]
    widths = [max(heading.width, *(len(row[place]) for row in rows)) for place, heading in enumerate(table.headings)]
    rule = " ".join("-" * width for width in widths)
    lines = [_line(row, widths, table.headings) for row in rows]
    if table.total:
        lines.insert(-1, rule)
    lines.insert(1, rule)
    return "\n".join([*([table.title] if table.title else []), *lines, *table.notes])


def _line(row: Sequence[str], widths: Sequence[int], headings: Sequence[Heading]) -> str:
    cells = (
        cell.ljust(width) if heading.left else cell.rjust(width)
        for cell, width, heading in zip(row, widths, headings, strict=True)
    )
    return " ".join(cells).rstrip()


def rich(table: Table, *, fold: bool = True) -> RenderableType:
    """The table for a terminal.  ``fold``: what does not fit goes on in the next line, else it is cut."""
    shown = RichTable(
        box=box.SIMPLE_HEAD, title=table.title or None, title_justify="left", title_style="bold", show_footer=False
    )
    for heading in table.headings:
        shown.add_column(
            Text(heading.text),
            justify="left" if heading.left else "right",
            overflow="fold" if fold else "ellipsis",
            no_wrap=not (heading.left and fold),
        )
    for row in table.rows:
        shown.add_row(*map(Text, row))
    if table.total:
        shown.add_section()
        shown.add_row(*(Text(cell, style="bold") for cell in table.total))
    return Group(shown, *(Text(note, style="dim") for note in table.notes))


def show(tables: Iterable[Table]) -> None:
    """Print tables: with rules and colours on a terminal, plain to anything else."""
    console = Console()
    if console.is_terminal:
        for table in tables:
            console.print(rich(table))
    else:
        click.echo("\n\n".join(map(plain, tables)))
