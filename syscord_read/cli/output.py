"""What a subcommand shows beside its output: progress, and what is wrong with what it reads."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from syscord_read.report.printable import printable_text

if TYPE_CHECKING:
    from syscord_read.source import Source

#: What takes longer than this gets a progress bar.
BAR_AFTER_SECONDS = 1.0

#: Problems that are told one by one.
PROBLEMS_SHOWN = 10


class ProgressBar:
    """A progress bar on stderr, once it has taken a second."""

    def __init__(self, what: str, total: int, *, shown: bool) -> None:
        """``total`` is in bytes."""
        self.what, self.total, self.shown = what, total, shown
        self.done = 0
        self._begin = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def advance(self, size: int) -> None:
        """So many bytes more."""
        self.done += size
        if not self.shown:
            return
        if self._bar is None and time.monotonic() - self._begin >= BAR_AFTER_SECONDS:
            self._start()
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done)

    def _start(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - most runs end before it is needed
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        self._task = self._bar.add_task(self.what, total=self.total)

    def stop(self) -> None:
        """Take it away."""
        if self._bar is not None:
            self._bar.stop()


@contextmanager
def progress_bar(what: str, total: int, *, shown: bool = True) -> Iterator[ProgressBar]:
    """A progress bar; only if ``shown`` and stderr is a terminal."""
    progress = ProgressBar(what, total, shown=shown and sys.stderr.isatty())
    try:
        yield progress
    finally:
        progress.stop()


def is_output_a_file() -> bool:
    """Whether the output goes to a file, so that a bar would not stand in its midst, or in a pager's."""
    return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)


def print_what_is_unknown(source: Source) -> None:
    """Say on stderr of which traces nobody knows what descriptors stand for, where somebody asks for that."""
    for trace in source.traces:
        if not trace.layout.follows:
            print(
                f"syscord: {printable_text(str(trace.path))}: nobody knows what descriptors stand for, as syscalls= "
                f"left out calls that end it: record {', '.join(trace.layout.ending)}, too",
                file=sys.stderr,
            )


def print_problems(source: Source) -> int:
    """Say on stderr what is wrong with what was read.  Returns the exit status."""
    problems = source.problems
    for problem in problems[:PROBLEMS_SHOWN]:
        print(f"syscord: {printable_text(str(problem))}", file=sys.stderr)
    more = len(problems) - PROBLEMS_SHOWN + sum(trace.unreported for trace in source.traces)
    if more > 0:
        print(f"syscord: and {more} more such places: syscord verify lists them", file=sys.stderr)
    return 1 if problems else 0
