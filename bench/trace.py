"""`invoke bench --trace`: how large a trace is, how fast it is read, and in how much memory."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import children, memory, nginx, reading, recordings, replicate
from bench.errors import BenchError
from bench.memory import Memory
from bench.reading import Reading, Runs
from bench.recordings import Recordings
from devtools.paths import BUILD
from vm import architectures

FOLDER = BUILD / "bench"
#: The most that each figure may be.
CEILINGS = {
    # 48.0 before the length of each buffer of writev() had all of its 64 bits.
    "bytes_per_syscall_nginx": 48.5,
    "read_vs_babeltrace2": 1.0,
    "read_vs_sysdig": 1.0,
    "peak_rss_mib_2gib": 300.0,
}


@dataclass(frozen=True)
class Size:
    """How large a trace is: syscalls; bytes of all streams, of which ``state`` in that one; bytes of the metadata."""

    records: int
    streams: int
    state: int
    metadata: int

    @property
    def per_syscall(self) -> float:
        """Bytes of the streams for a record."""
        return self.streams / self.records


@dataclass(frozen=True)
class Measured:
    """All that was measured. ``read_arch`` is the architecture whose traces were read."""

    made: dict[str, Recordings]
    sizes: dict[str, Size]
    read_arch: str
    reading: Reading
    memory: Memory

    @property
    def figures(self) -> dict[str, float | None]:
        """The figures that have a ceiling, by name."""
        return {
            "bytes_per_syscall_nginx": max(size.per_syscall for size in self.sizes.values()),
            "read_vs_babeltrace2": self.reading.ratio("babeltrace2"),
            "read_vs_sysdig": self.reading.ratio("sysdig"),
            "peak_rss_mib_2gib": self.memory.peak_rss_mib,
        }


def run(arch: str) -> None:
    """Measure on ``arch``, or "both"; print the figures, and write build/bench/trace.json.

    Raises BuildError, VmError or BenchError if something cannot be measured; sysdig alone may be missing.
    """
    measured = measure(architectures.chosen(arch))
    file = FOLDER / "trace.json"
    file.write_text(json.dumps(document(measured), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    show(measured)
    Console().print(f"All of it: {file}", highlight=False, soft_wrap=True)


def measure(archs: list[str]) -> Measured:
    """Record in a machine of each architecture, and read here what the last one gave."""
    last = archs[-1]
    made = {
        arch: recordings.make(arch, FOLDER / arch, with_content=arch == last, with_sysdig=arch == last)
        for arch in archs
    }
    sizes = {arch: size(each.plain) for arch, each in made.items()}
    speed = reading.measure(made[last], FOLDER / last)
    # Without content, since 2 GiB then hold the most syscalls.
    return Measured(made, sizes, last, speed, memory.measure(made[last].plain, FOLDER / last))


def size(folder: Path) -> Size:
    """How large the trace in a folder is. Raises BenchError if it is not whole."""
    trace = replicate.read(folder)
    state = sum(len(stream.data) for stream in trace.state)
    return Size(trace.records, trace.bytes, state, (folder / "metadata").stat().st_size)


def document(measured: Measured) -> dict[str, object]:
    """What is written to trace.json: the figures first, then what they were made of."""
    return {
        **measured.figures,
        "read_vs_sysdig_reason": measured.reading.why_no_sysdig or None,
        "ceilings": CEILINGS,
        "size": {
            arch: {**asdict(each), "bytes_per_syscall": each.per_syscall} for arch, each in measured.sizes.items()
        },
        "reading": {
            "arch": measured.read_arch,
            "readers": {name: _runs(runs) for name, runs in measured.reading.runs.items()},
        },
        "memory": asdict(measured.memory),
        "workload": {
            "load": nginx.AB,
            "page_bytes": nginx.PAGE_BYTES,
            "recordings": {arch: _recorded(each) for arch, each in measured.made.items()},
        },
        "versions": {name: _version(name) for name in measured.reading.runs},
        "cpus": os.cpu_count(),
    }


def show(measured: Measured) -> None:
    """Print the figures, and what they were made of."""
    console = Console()
    console.print(_figures_table(measured.figures))
    console.print(_sizes_table(measured.sizes))
    console.print(_readers_table(measured.reading))
    if measured.reading.why_no_sysdig:
        console.print(f"sysdig is missing: {measured.reading.why_no_sysdig}", markup=False, highlight=False)


def _runs(runs: Runs) -> dict[str, object]:
    command = " ".join(runs.reader.argv)
    return {
        "command": command,
        "syscalls": runs.reader.syscalls,
        "microseconds_per_syscall": runs.microseconds,
        "runs": [asdict(ran) for ran in runs.took],
        "load_before": runs.load,
    }


def _recorded(made: Recordings) -> dict[str, object]:
    return {"kernel": made.kernel, "module": made.parameters, "sysdig": made.condition or None}


def _version(program: str) -> str:
    try:
        return children.version(reading.syscord_argv()[0] if program == "syscord" else program)
    except BenchError as error:
        return f"unknown: {error}"


def _figures_table(figures: dict[str, float | None]) -> Table:
    table = Table(title="The binary trace", title_justify="left")
    table.add_column("figure")
    table.add_column("measured", justify="right")
    table.add_column("at most", justify="right")
    for name, value in figures.items():
        ceiling = CEILINGS[name]
        colour = "yellow" if value is None else "green" if value <= ceiling else "red"
        shown = "missing" if value is None else f"{value:.2f}"
        table.add_row(name, f"[{colour}]{shown}[/{colour}]", f"{ceiling:g}")
    return table


def _sizes_table(sizes: dict[str, Size]) -> Table:
    table = Table(title="nginx, 1500 requests, without content", title_justify="left")
    table.add_column("architecture")
    for column in ("syscalls", "bytes", "of them state", "a syscall", "metadata"):
        table.add_column(column, justify="right")
    for arch, each in sizes.items():
        numbers = (each.records, each.streams, each.state, f"{each.per_syscall:.2f}", each.metadata)
        table.add_row(arch, *map(str, numbers))
    return table


def _readers_table(speed: Reading) -> Table:
    table = Table(title="Printing it, with content", title_justify="left")
    table.add_column("reader")
    for column in ("syscalls", "µs a syscall", "least", "most", "peak MiB", "ours is"):
        table.add_column(column, justify="right")
    for name, runs in speed.runs.items():
        each = sorted(ran.seconds / runs.reader.syscalls * 1e6 for ran in runs.took)
        peak = max(ran.peak_rss_mib for ran in runs.took)
        ratio = speed.ratio(name)
        table.add_row(
            name,
            str(runs.reader.syscalls),
            f"{runs.microseconds:.2f}",
            f"{each[0]:.2f}",
            f"{each[-1]:.2f}",
            f"{peak:.0f}",
            f"x {ratio:.2f}" if name != "syscord" else "",
        )
    return table
