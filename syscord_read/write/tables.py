"""Tables, for a terminal or for a file: what stat and top print."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import click
from rich.cells import cell_len, chop_cells
from rich.console import Console, Group, RenderableType
from rich.text import Text

#: Cells that a long text has at least, before columns are left out for it.
LONG_LEAST = 24

MORE = "…"


@dataclass(frozen=True)
class Heading:
    """A column's heading.

    ``left``: it is text; numbers stand on the right.  ``width`` is the least one where there is room, if not 0.
    ``long``: its texts may be long, so they get what the other columns leave of a terminal's width.  ``spare``: where
    even that is too little, the columns that have it are left out, the greatest first; 0: never.
    """

    text: str
    left: bool = False
    width: int = 0
    long: bool = False
    spare: int = 0


@dataclass(frozen=True)
class Table:
    """Rows of texts.  ``total`` is a last row, behind a rule.  ``notes`` stand below."""

    title: str
    headings: Sequence[Heading]
    rows: Sequence[Sequence[str]]
    total: Sequence[str] | None = None
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def lines(self) -> list[Sequence[str]]:
        """All that stands in the columns: headings, rows, the total."""
        return [[heading.text for heading in self.headings], *self.rows, *([self.total] if self.total else [])]


def plain(table: Table) -> str:
    """The table as aligned text, as strace -c writes it: whole, however wide it gets."""
    widths = [max(heading.width, width) for heading, width in zip(table.headings, _widths(table), strict=True)]
    rule = " ".join("-" * width for width in widths)
    lines = [_line(row, widths, table.headings) for row in table.lines]
    if table.total:
        lines.insert(-1, rule)
    lines.insert(1, rule)
    return "\n".join([*([table.title] if table.title else []), *lines, *table.notes])


def _widths(table: Table) -> list[int]:
    """What each column needs, in cells of a terminal."""
    return [max(map(cell_len, column)) for column in zip(*table.lines, strict=True)]


def _line(row: Sequence[str], widths: Sequence[int], headings: Sequence[Heading], gap: str = " ") -> str:
    cells = (
        cell + " " * (width - cell_len(cell)) if heading.left else " " * (width - cell_len(cell)) + cell
        for cell, width, heading in zip(row, widths, headings, strict=True)
    )
    return gap.join(cells).rstrip()


def rich(table: Table, width: int | None, *, fold: bool = True) -> RenderableType:
    """The table for a terminal of this width; None: any.

    No number and no name is ever cut.  Of long texts, what does not fit goes on in the next line if ``fold``, else its
    middle is left out.  If there is no room even so, columns are left out, which a note tells.
    """
    lines = [Text(line, style=style, no_wrap=True, overflow="ignore") for line, style in _styled(table, width, fold)]
    return Group(*lines)


def _styled(table: Table, width: int | None, fold: bool) -> Iterator[tuple[str, str]]:
    """Lines, each with its style."""
    left_out: list[str] = []
    while width and _needed(table) > width and (spare := max(heading.spare for heading in table.headings)):
        place = next(place for place, heading in enumerate(table.headings) if heading.spare == spare)
        left_out.append(table.headings[place].text)
        table = _without(table, place)
    widths = _fit(table, width)
    gap = "  " if not width or sum(widths) + 2 * (len(widths) - 1) <= width else " "
    if table.title:
        yield table.title, "bold"
    rule = gap.join("─" * each for each in widths)
    heading, *rows = table.lines
    yield _line(heading, widths, table.headings, gap), "bold"
    yield rule, "dim"
    for place, row in enumerate(rows):
        is_total = table.total is not None and place == len(rows) - 1
        if is_total:
            yield rule, "dim"
        for part in _folded(row, widths, fold):
            yield _line(part, widths, table.headings, gap), "bold" if is_total else ""
    yield from ((note, "dim") for note in table.notes)
    if left_out:
        yield f"No room in {width} columns for: {', '.join(left_out)}. A file or a pipe gets them.", "dim"
    yield "", ""


def _without(table: Table, place: int) -> Table:
    """The table without one of its columns."""

    def rest(row: Sequence[str]) -> list[str]:
        return [*row[:place], *row[place + 1 :]]

    headings = [*table.headings[:place], *table.headings[place + 1 :]]
    total = rest(table.total) if table.total else None
    return replace(table, headings=headings, rows=[rest(row) for row in table.rows], total=total)


def _needed(table: Table) -> int:
    """Cells that a line needs at least, with long texts short."""
    widths = zip(table.headings, _widths(table), strict=True)
    needed = (min(width, LONG_LEAST) if heading.long else width for heading, width in widths)
    return sum(needed) + len(table.headings) - 1


def _fit(table: Table, width: int | None) -> list[int]:
    """The width of each column: long texts share what the others leave."""
    widths = _widths(table)
    long = [place for place, heading in enumerate(table.headings) if heading.long]
    if width and long:
        left = width - (len(widths) - 1) - sum(each for place, each in enumerate(widths) if place not in long)
        for place in long:
            widths[place] = min(widths[place], max(left // len(long), LONG_LEAST))
    return widths


def _folded(row: Sequence[str], widths: Sequence[int], fold: bool) -> Iterator[Sequence[str]]:
    """A row as the lines that it takes."""
    if not fold:
        yield [_shortened(cell, width) for cell, width in zip(row, widths, strict=True)]
        return
    parts = [chop_cells(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
    for place in range(max(map(len, parts))):
        yield [part[place] if place < len(part) else "" for part in parts]


def _shortened(text: str, width: int) -> str:
    """A text without its middle, as both ends of a path tell more."""
    if cell_len(text) <= width:
        return text
    head = chop_cells(text, max(width // 2, 1))[0]
    tail = ""
    for char in reversed(text):
        if cell_len(head + MORE + char + tail) > width:
            break
        tail = char + tail
    return head + MORE + tail


def terminal_width() -> int | None:
    """Columns of the terminal that is written to, or what COLUMNS says; None if neither knows, so nothing is cut."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except (OSError, ValueError):
        return None


def show(tables: Iterable[Table]) -> None:
    """Print tables: fitted to it on a terminal, whole and plain to anything else."""
    console = Console()
    if console.is_terminal:
        width = terminal_width()
        for table in tables:
            console.print(rich(table, width), soft_wrap=True)
    else:
        click.echo("\n\n".join(map(plain, tables)))
