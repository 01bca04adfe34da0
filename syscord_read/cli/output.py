"""What a subcommand shows beside its output: progress, and what is wrong with what it reads."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from syscord_read.cli.status import Status
from syscord_read.errors import ReadError
from syscord_read.report.printable import printable_text

if TYPE_CHECKING:
    from syscord_read.source import Source

#: What takes longer than this gets a progress bar.
BAR_AFTER_SECONDS = 1.0

#: What is missing is told one by one up to this number.
SHOWN = 10

#: What stands for the standard output.
STANDARD_OUTPUT = Path("-")


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
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except OSError:
        return False


def print_what_is_unknown(source: Source) -> None:
    """Say on stderr of which traces nobody knows what descriptors stand for, where somebody asks for that."""
    for trace in source.traces:
        if not trace.layout.follows:
            print(
                f"syscord: {printable_text(str(trace.path))}: nobody knows what descriptors stand for, as syscalls= "
                f"left out calls that end it: record {', '.join(trace.layout.ending)}, too",
                file=sys.stderr,
            )


class OutputError(ReadError):
    """The standard output takes no more."""

    def __init__(self, error: OSError) -> None:
        super().__init__("standard output", f"it cannot be written: {error.strerror or error}")


def write_out(data: Any, *, flush: bool = False) -> None:
    """Write bytes to the standard output.  OutputError if that fails."""
    try:
        sys.stdout.buffer.write(data)
        if flush:
            sys.stdout.buffer.flush()
    except OSError as error:
        raise OutputError(error) from None


@contextmanager
def writing_out() -> Iterator[None]:
    """For whatever else writes to the standard output.  OutputError if that fails."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        raise OutputError(error) from None


def print_out(text: str) -> None:
    """Print a line, or several.  OutputError if that fails."""
    write_out(f"{text}\n".encode("utf-8", "surrogateescape"))


@contextmanager
def output_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """What is written to the file that ``-o`` names: ``-`` is the standard output, any other is whole or not there."""
    from syscord_read.write.atomic import atomic_file  # noqa: PLC0415 - only who writes needs it

    if path != STANDARD_OUTPUT:
        with atomic_file(path, force=force) as file:
            yield file
        return
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except OSError as error:
        raise OutputError(error) from None


def end(source: Source, *, following: bool = False) -> Status:
    """Say on stderr what is missing of what was read, and whether nothing was selected.  Returns the exit status.

    ``following``: whoever reads has stopped it, so that more may come.
    """
    problems = source.problems + ([] if following else source.cut_off)
    _print_some([str(problem) for problem in problems], sum(trace.unreported for trace in source.traces))
    # Of the others there is a problem that says more.
    lost = [(trace, each) for trace, each in source.lost.each() if each.count or each.cause == "gap"]
    _print_some([f"{source.paths[trace]}: {each}" for trace, each in lost])
    if problems or not source.lost.is_as_wished:
        return Status.MISSING
    if not source.selected and not following:
        _say(
            f"nothing matched: none of {source.records} records is selected"
            if source.records
            else "there are no records"
        )
        return Status.NOTHING
    return Status.WELL


def _print_some(messages: Sequence[str], more: int = 0) -> None:
    """Messages, of very many the first ones; ``more`` others are only counted."""
    for message in messages[:SHOWN]:
        _say(message)
    more += len(messages[SHOWN:])
    if more:
        _say(f"and {more} more such places: syscord verify lists them")


def _say(message: str) -> None:
    print(f"syscord: {printable_text(message)}", file=sys.stderr)
