"""How fast a trace is read: ours and its peers print the same workload, in turns."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.markup import escape

from bench import children, replicate, scap
from bench.children import Usage
from bench.errors import BenchError
from bench.recordings import Recordings
from vm.progress import console, step

RECORDS = 500_000  # at least so many are read, so that starting a program does not decide
ROUNDS = 5
READ_S = 900.0


@dataclass(frozen=True)
class Reader:
    """A program that reads, and how many syscalls there are in what it reads."""

    name: str
    argv: tuple[str, ...]
    syscalls: int


@dataclass(frozen=True)
class Runs:
    """What each run of a reader took, one for each round; and the load of this host before it."""

    reader: Reader
    took: tuple[Usage, ...]
    load: tuple[float, ...]

    @property
    def microseconds(self) -> float:
        """Wall clock for one syscall, of the run in the middle."""
        return median(ran.seconds for ran in self.took) / self.reader.syscalls * 1e6


@dataclass(frozen=True)
class Reading:
    """How fast each reader was, by name, and why sysdig is not among them, if so."""

    runs: dict[str, Runs]
    why_no_sysdig: str

    def ratio(self, other: str) -> float | None:
        """Our time for a syscall over the other's, None if it did not run.

        The middle one of the rounds' ratios: the load that there was in a round was there for both.
        """
        if other not in self.runs:
            return None
        ours, theirs = self.runs["syscord"], self.runs[other]
        pairs = zip(ours.took, theirs.took, strict=True)
        calls = theirs.reader.syscalls / ours.reader.syscalls
        return median(our.seconds / their.seconds for our, their in pairs) * calls


def syscord_argv(*arguments: str) -> tuple[str, ...]:
    """The command line of our own command, of this Python's environment."""
    return (str(Path(sys.executable).with_name("syscord")), *arguments)


def measure(made: Recordings, folder: Path, *, records: int = RECORDS, rounds: int = ROUNDS) -> Reading:
    """Let each reader print what was recorded with content, made longer below ``folder``, in an odd number of rounds.

    Raises BenchError if a reader fails, or does not print a line for each record.
    """
    assert rounds % 2 and made.content
    trace = replicate.read(made.content)
    copies = replicate.copies_for(trace, records=records)
    with tempfile.TemporaryDirectory(prefix="longer-", dir=folder) as making:
        with step(f"Making the trace {copies} times as long"):
            longer = replicate.replicate(trace, Path(making) / "trace", copies)
        readers = [
            _checked(Reader("syscord", syscord_argv("read", str(longer.folder)), longer.records), longer.records),
            _checked(Reader("babeltrace2", ("babeltrace2", str(longer.folder)), longer.records), longer.events),
        ]
        sysdig, why = _sysdig(made, Path(making) / "nginx.scap", copies)
        taken = _take_turns([*readers, *sysdig], rounds)
    return Reading({runs.reader.name: runs for runs in taken}, why)


def _sysdig(made: Recordings, capture: Path, copies: int) -> tuple[list[Reader], str]:
    """sysdig, reading as many copies of its capture; or nothing, and why."""
    if not made.capture:
        return [], made.why_no_capture
    argv = ("sysdig", "-r", str(capture))
    try:
        scap.replicate(scap.read(made.capture), capture, copies)
        with step("Counting the syscalls that sysdig reads"):
            directions = Counter(children.lines([*argv, "-p", "%evt.dir"], timeout=READ_S))
        # A line for a syscall's entry, and one for its exit.
        return [_checked(Reader("sysdig", argv, directions[b"<\n"]), directions.total())], ""
    except BenchError as error:
        console.print(f"[yellow]warning[/yellow] going on without sysdig: {escape(str(error))}", highlight=False)
        return [], str(error)


def _checked(reader: Reader, expected: int) -> Reader:
    with step(f"Counting the lines of {reader.name}"):
        found = children.count_lines(reader.argv, timeout=READ_S)
    if found != expected:
        raise BenchError(f"{' '.join(reader.argv)}\nprints {found} lines; there should be {expected}")
    return reader


def _take_turns(readers: Sequence[Reader], rounds: int) -> list[Runs]:
    """Run each reader once in each round, in one order in this round and in the other in the next."""
    took: dict[str, list[Usage]] = {reader.name: [] for reader in readers}
    load: dict[str, list[float]] = {reader.name: [] for reader in readers}
    for number in range(rounds):
        with step(f"Reading with {', '.join(took)}: {number + 1} of {rounds}"):
            for reader in readers[:: -1 if number % 2 else 1]:
                load[reader.name].append(os.getloadavg()[0])
                took[reader.name].append(children.measure(reader.argv, timeout=READ_S))
    return [Runs(reader, tuple(took[reader.name]), tuple(load[reader.name])) for reader in readers]
