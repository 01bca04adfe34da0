"""What syscord may cost: ceilings, read from a file, and the figures that they are for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from bench.errors import BenchError
from bench.rows import Row

#: So much above its ceiling a figure may be.
TOLERANCE = 0.02
KEYS = {"workload", "variant", "ceiling", "unit"}
OPTIONAL = {"goal"}
UNITS = ("instructions", "percent")


@dataclass(frozen=True)
class Ceiling:
    """The most that syscord in a variant may add to an operation: instructions, or percent of the bare operation.

    `goal` is what the ceiling is to become, where that is not reached yet.
    """

    workload: str
    variant: str
    ceiling: float
    unit: Literal["instructions", "percent"]
    goal: float | None = None

    def measured(self, row: Row) -> float:
        """The row's figure, in the ceiling's unit."""
        return row.added_per_op if self.unit == "instructions" else row.relative * 100

    def excess(self, row: Row) -> str:
        """What to say of a row that is too far above; empty if it is not."""
        measured = self.measured(row)
        if measured <= self.ceiling * (1 + TOLERANCE):
            return ""
        unit = "%" if self.unit == "percent" else "instructions"
        return (
            f"{row.arch}, {self.workload}, {self.variant}: adds {measured:.2f} {unit} to an operation, and the"
            f" ceiling is {self.ceiling:g} (and 2 % of it). Make it cheaper, and look at the figure alone with"
            f" `invoke bench --arch {row.arch} --workload {self.workload} --variant '{self.variant}'`"
        )


def read(path: Path, arch: str) -> list[Ceiling]:
    """The ceilings for an architecture that stand in a file. Raises BenchError if one is not as it should be."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or not isinstance(document.get(arch), list):
        raise BenchError(f"{path}: there is no list of ceilings for {arch}")
    return [_ceiling(path, arch, entry) for entry in document[arch]]


def row_of(ceiling: Ceiling, rows: Iterable[Row]) -> Row | None:
    """The row that a ceiling is for, None if there is none."""
    wanted = ("syscord", ceiling.workload, ceiling.variant)
    return next((row for row in rows if (row.tracer, row.workload, row.variant) == wanted), None)


def _ceiling(path: Path, arch: str, entry: object) -> Ceiling:
    if not isinstance(entry, dict) or set(entry) - OPTIONAL != KEYS:
        raise BenchError(f"{path}, {arch}: {entry}: give it {', '.join(sorted(KEYS))}, maybe goal, and nothing else")
    if entry["unit"] not in UNITS or not isinstance(entry["ceiling"], int | float):
        raise BenchError(f"{path}, {arch}: {entry}: the ceiling is a number, the unit one of {', '.join(UNITS)}")
    return Ceiling(**entry)
