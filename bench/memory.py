"""The memory that reading a very long trace takes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import children, replicate
from bench.children import Usage
from bench.errors import BenchError
from bench.reading import syscord_argv
from bench.replicate import Copies, Trace
from vm.progress import step

SIZE = 2 << 30
SPARE = 1 << 30  # bytes to leave free on the disk
READ_S = 3600.0


@dataclass(frozen=True)
class Memory:
    """What our commands took, by name, for a trace of so many bytes and syscalls."""

    bytes: int
    records: int
    took: dict[str, Usage]

    @property
    def peak_rss_mib(self) -> float:
        """Of the command that took most."""
        return max(ran.peak_rss_mib for ran in self.took.values())


def measure(source: Path, folder: Path, size: int = SIZE) -> Memory:
    """Let `syscord read` and `syscord stat` read the trace SOURCE, copied until it has SIZE bytes, below FOLDER.

    Raises BenchError if there is too little room on the disk, or a command fails or takes longer than an hour.
    """
    with _long_trace(replicate.read(source), folder, size) as trace:
        took = {}
        for name in ("read", "stat"):
            with step(f"syscord {name}, of {trace.bytes >> 20} MiB, {trace.records} syscalls"):
                took[name] = children.measure(syscord_argv(name, str(trace.folder)), timeout=READ_S)
        return Memory(trace.bytes, trace.records, took)


@contextmanager
def _long_trace(trace: Trace, folder: Path, size: int) -> Iterator[Copies]:
    """Copies of a trace, there as long as the body runs."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < size + SPARE:
        raise BenchError(
            f"{folder}: {free >> 20} MiB are free there, and a trace of {size >> 20} MiB wants"
            f" {size + SPARE >> 20}: make room"
        )
    with tempfile.TemporaryDirectory(prefix="long-", dir=folder) as making:
        with step(f"Making a trace of {size >> 20} MiB"):
            copies = replicate.replicate(trace, Path(making) / "trace", replicate.copies_for(trace, size=size))
        yield copies
