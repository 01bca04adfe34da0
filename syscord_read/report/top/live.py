"""``top --follow``: reads in one thread, shows in the other, and listens to keys."""

from __future__ import annotations

import os
import select
import sys
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import click
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from syscord_read.measure.window import Window
from syscord_read.model.batch import MaskedBatch
from syscord_read.model.times import timestamp
from syscord_read.report.top.screen import ORDERS, View, short_number, tables
from syscord_read.write.tables import Table, plain, rich

_SECOND = 1_000_000_000
#: Lines of a table that are no rows, and of what stands above and below the tables.
_AROUND, _REST = 4, 2

_ENDED = "; the recording has ended"
_HELP = "q quits; sort by c calls, t time, i waiting (idle), e errors, r bytes read, w bytes written"


class Reader(threading.Thread):
    """Feeds a window with batches, until there are no more: then it has ``ended``, or ``error`` is what ended it."""

    def __init__(self, batches: Iterable[MaskedBatch], window: Window) -> None:
        super().__init__(name="reader", daemon=True)
        self.batches = batches
        self.window = window
        self.error: BaseException | None = None
        self.ended = threading.Event()

    def run(self) -> None:
        """The thread's work."""
        try:
            for batch, wanted in self.batches:
                self.window.add(batch, wanted)
            self.ended.set()
        except BaseException as error:
            self.error = error

    def check(self) -> None:
        """Raise what ended the reading."""
        if self.error:
            raise self.error


def follow(
    batches: Iterable[MaskedBatch], interval: float, view: View, *, hosts: Sequence[str] = (), has_times: bool = True
) -> bool:
    """Show what is done, every ``interval`` seconds, until q or Ctrl-C; on something that is no terminal, as text.

    It ends when the recording does, and says whether it has; on a terminal, what was last is shown until q or Ctrl-C.
    ``has_times``: the records have times, so that these are shown.
    """
    window = Window(round(interval * _SECOND))
    reader = Reader(batches, window)
    reader.start()
    shown = _Display(window, replace(view, seconds=interval), hosts, has_times=has_times)
    console = Console()
    try:
        if console.is_terminal:
            _on_terminal(console, shown, reader, interval)
        else:
            _as_text(shown, reader, interval)
    except KeyboardInterrupt:
        pass  # it is how one ends it
    return reader.ended.is_set()


class _Display:
    """What is shown now."""

    def __init__(self, window: Window, view: View, hosts: Sequence[str], *, has_times: bool) -> None:
        self.window, self.view, self.hosts, self.has_times = window, view, hosts, has_times

    def press(self, key: str) -> None:
        """A key was pressed."""
        self.view = replace(self.view, order=ORDERS.get(key, self.view.order))

    def header(self) -> str:
        """When it is in the recording, and how much of it there was."""
        when = f"{timestamp(self.window.now(), 'seconds')}, " if self.has_times else ""
        lost = f", {short_number(self.window.lost)} lost" if self.window.lost else ""
        return f"{when}{short_number(self.window.calls)} calls so far{lost}; by {self.view.order}"

    def tables(self, rows: int) -> list[Table]:
        """The tables, of so many rows at most."""
        view = replace(self.view, rows=min(rows, self.view.rows))
        return tables(self.window.last(), self.window.process_tree, view, self.hosts)


def _on_terminal(console: Console, shown: _Display, reader: Reader, interval: float) -> None:
    with _keys() as pressed, Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            reader.check()
            rows = max((console.height - _REST) // 3 - _AROUND, 1)
            parts = [rich(table, console.width, fold=False) for table in shown.tables(rows)]
            header = shown.header() + (_ENDED if reader.ended.is_set() else "")
            live.update(Group(Text(header, style="bold"), *parts, Text(_HELP, style="dim")), refresh=True)
            key = pressed(interval)
            if key == "q":
                return
            shown.press(key)


def _as_text(shown: _Display, reader: Reader, interval: float) -> None:
    ended = False
    while not ended:
        # What came last is of an interval that must be over to be shown.
        ended = reader.ended.is_set()
        time.sleep(interval)
        reader.check()
        blocks = [shown.header(), *(plain(table) for table in shown.tables(shown.view.rows) if table.rows)]
        click.echo("\n\n".join(blocks) + (f"{_ENDED[2:]}\n" if ended else "\n"))


@contextmanager
def _keys() -> Iterator[Callable[[float], str]]:
    """What waits for a key, so many seconds at most; it gives "" if none was pressed."""
    if not sys.stdin.isatty():
        yield _no_key
        return
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    tty.setcbreak(fd)
    try:
        yield lambda seconds: _key(fd, seconds)
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


def _no_key(seconds: float) -> str:
    time.sleep(seconds)
    return ""


def _key(fd: int, seconds: float) -> str:
    ready, _, _ = select.select([fd], [], [], seconds)
    return os.read(fd, 1).decode("ascii", "replace") if ready else ""
