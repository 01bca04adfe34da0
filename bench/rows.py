"""Figures: what a tracer adds to an operation, out of several runs, and whether the runs agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.lab import Sample
from bench.tracer import Tracer
from bench.workload import Workload
from vm.kernels import Kernel

#: What runs may differ by, the largest from the smallest, for their figure to be published.
REPEATABLE = 0.01
# Less than this, in instructions an operation, is nothing that a loop of a million could tell.
RESOLUTION = 0.5


@dataclass(frozen=True)
class Row:
    """One line of build/bench/ARCH.json. `added_per_op` is in instructions, `relative` to the bare operation."""

    arch: str
    kernel: str
    workload: str
    tracer: str
    variant: str
    added_per_op: float
    relative: float
    bytes_per_syscall: float | None
    version: str


@dataclass(frozen=True)
class Figure:
    """A row, the runs that it was made of, and what these differ by."""

    row: Row
    bare: tuple[float, ...]
    traced: tuple[float, ...]
    steady: bool

    @property
    def spread(self) -> float:
        """How many instructions of an operation there are between the run that took most and the one that took least.

        Of the runs with the tracer and of those without one, whichever differ more.
        """
        return max(max(runs) - min(runs) for runs in (self.bare, self.traced))

    @property
    def repeatable(self) -> bool:
        """Whether the runs agree to within 1 %: of what the tracer adds, or, of what is not steady, of the whole."""
        whole = abs(self.row.added_per_op) if self.steady else min(*self.bare, *self.traced)
        return self.spread <= max(REPEATABLE * whole, RESOLUTION)


def figure(
    kernel: Kernel, workload: Workload, tracer: Tracer, bare: Sequence[Sample], traced: Sequence[Sample]
) -> Figure:
    """The figure of a tracer, from as many runs without it as with it."""
    without = tuple(sample.instructions for sample in bare)
    with_it = tuple(sample.instructions for sample in traced)
    added = median(with_it) - median(without)
    row = Row(
        arch=kernel.arch.name,
        kernel=kernel.version,
        workload=workload.name,
        tracer=tracer.name,
        variant=tracer.variant,
        added_per_op=round(added, 3),
        relative=round(added / median(without), 6),
        bytes_per_syscall=_bytes_per_syscall(traced),
        version=tracer.version,
    )
    return Figure(row, without, with_it, workload.is_steady)


def _bytes_per_syscall(samples: Sequence[Sample]) -> float | None:
    each = [one.traced.bytes / one.traced.syscalls for one in samples if one.traced.syscalls]
    return round(median(each), 2) if each else None
