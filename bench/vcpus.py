"""Whether a syscall costs the same when more CPUs trace: so it is if they write nothing that they share.

What is counted are the instructions of all CPUs, which take turns; divided by all operations, they are those of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from bench import lab, workload
from bench.errors import BenchError
from bench.syscord import Bare, Syscord
from bench.workload import Workload
from vm.kernels import Kernel
from vm.progress import step

VARIANT = "ctf pid"
VCPUS = (1, 2, 4)
WORKLOADS = ("getppid", "read64")
ROUNDS = 3
# QEMU lets a CPU go on for so long that the writer, on another, would come too late for rings of the default size.
RING = "ring_kb=32768"
#: The most that an operation may cost more, or less, on several CPUs than on one.
TOLERANCE = 0.05


#: Architectures on which it can't be measured, and why.
UNSUPPORTED = {"x86_64": "with -icount, QEMU 7.2 never gets past the start of a second x86_64 CPU: measure it on arm64"}


@dataclass(frozen=True)
class Scaling:
    """Instructions for one operation with so many CPUs, a thread that does nothing else on each of them."""

    arch: str
    kernel: str
    workload: str
    vcpus: int
    bare_per_op: float
    traced_per_op: float
    added_per_op: float


def measure(kernel: Kernel, folder: Path, tracer: Syscord, *, rounds: int = ROUNDS) -> list[Scaling]:
    """What syscord adds on each number of CPUs. Raises BenchError or VmError as a run in the lab does."""
    if why := UNSUPPORTED.get(kernel.arch.name):
        raise BenchError(why)
    tracer = replace(tracer, parameters=f"{tracer.parameters} {RING}")
    operations = [what for what in workload.ALL if what.name in WORKLOADS]
    return [
        scaling
        for cpus in VCPUS
        for scaling in _on(kernel, folder, tracer, [replace(what, threads=cpus) for what in operations], rounds)
    ]


def growth(scalings: Sequence[Scaling]) -> dict[str, float]:
    """By workload: how much more, or less, a tracer adds on one of the numbers of CPUs than on the first, at most."""
    worst: dict[str, float] = {}
    for name in dict.fromkeys(each.workload for each in scalings):
        added = [each.added_per_op for each in scalings if each.workload == name]
        worst[name] = max((each / added[0] - 1 for each in added), key=abs)
    return worst


def _on(kernel: Kernel, folder: Path, tracer: Syscord, operations: Sequence[Workload], rounds: int) -> list[Scaling]:
    cpus = operations[0].threads
    with lab.opened(kernel, folder, [tracer], operations, cpus=cpus) as (machine, _):
        made = []
        for what in operations:
            with step(f"{what.name}, on {cpus} CPU{'s' * (cpus > 1)}"):
                bare = median(machine.run(what, Bare()).instructions for _ in range(rounds))
                traced = median(machine.run(what, tracer).instructions for _ in range(rounds))
            made.append(_scaling(kernel, what, bare, traced))
        return made


def _scaling(kernel: Kernel, what: Workload, bare: float, traced: float) -> Scaling:
    return Scaling(
        arch=kernel.arch.name,
        kernel=kernel.version,
        workload=what.name,
        vcpus=what.threads,
        bare_per_op=round(bare, 3),
        traced_per_op=round(traced, 3),
        added_per_op=round(traced - bare, 3),
    )
