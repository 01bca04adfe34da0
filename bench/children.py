"""Programs on this host: what they take, and what they print. Each has a deadline, and none outlives its caller."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Timer
from typing import IO

from bench.errors import BenchError

LAUNCH = Path(__file__).parent / "launch.py"
ENV = {**os.environ, "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Usage:
    """What a program took: seconds of wall clock, seconds of all its threads, and its largest resident set."""

    seconds: float
    cpu_seconds: float
    peak_rss_mib: float


def measure(argv: Sequence[str], *, timeout: float) -> Usage:
    """Run ARGV, its output going to /dev/null, and return what it took.

    Raises BenchError if it fails, or does not end in TIMEOUT seconds.
    """
    reading, writing = os.pipe()
    with open(reading, "rb") as report:  # noqa: PTH123
        try:
            launch = [sys.executable, "-I", "-S", str(LAUNCH), str(writing), *argv]
            with _child(launch, argv, timeout, stdout=subprocess.DEVNULL, pass_fds=(writing,)):
                pass
        finally:
            os.close(writing)
        took = json.loads(report.read())
    return Usage(took["seconds"], took["cpu_seconds"], took["peak_rss_kib"] / 1024)


def lines(argv: Sequence[str], *, timeout: float) -> Iterator[bytes]:
    """The lines that ARGV prints. Raises BenchError as `measure` does."""
    with _child(argv, argv, timeout, stdout=subprocess.PIPE) as output:
        assert output
        yield from output


def count_lines(argv: Sequence[str], *, timeout: float) -> int:
    """How many lines ARGV prints. Raises BenchError as `measure` does."""
    return sum(1 for _ in lines(argv, timeout=timeout))


def version(program: str) -> str:
    """The first line of `PROGRAM --version`. Raises BenchError if it is not installed."""
    return next(lines([program, "--version"], timeout=60.0), b"").decode(errors="replace").strip()


@contextmanager
def _child(
    argv: Sequence[str], told: Sequence[str], timeout: float, *, stdout: int, pass_fds: tuple[int, ...] = ()
) -> Iterator[IO[bytes] | None]:
    """A running program, and its output; it has ended well when the body has. TOLD is what errors call it."""
    with tempfile.TemporaryFile() as complaints:
        try:
            # A session of its own, so that it can be ended with all that it started.
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=complaints,
                env=ENV,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise BenchError(f"{argv[0]} is not installed: run ./dev once, it installs what is missing") from None
        with child, _deadline(child, timeout) as late:
            try:
                yield child.stdout
                child.wait()
            finally:
                _kill(child)
        if late.is_set():
            raise BenchError(f"{' '.join(told)}\ndid not end in {timeout:g} s")
        if child.returncode:
            complaints.seek(0)
            said = complaints.read()[-2000:].decode(errors="replace")
            raise BenchError(f"{' '.join(told)}\nended with status {child.returncode}:\n{said}")


@contextmanager
def _deadline(child: subprocess.Popen[bytes], timeout: float) -> Iterator[Event]:
    """Kill CHILD if the body takes longer than TIMEOUT seconds; the event says that this was so."""
    late = Event()

    def end() -> None:
        late.set()
        _kill(child)

    alarm = Timer(timeout, end)
    alarm.start()
    try:
        yield late
    finally:
        alarm.cancel()


def _kill(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
