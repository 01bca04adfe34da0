"""What syscord adds to an operation stays below its ceilings, and does not grow with the CPUs that trace.

`invoke bench` measures the same, and more, at length.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from bench import budget, cost, syscord, vcpus, workload
from bench.budget import Ceiling
from bench.rows import Figure, Row
from bench.tracer import Tracer
from devtools.build import DEBIAN
from vm import kernels
from vm.kernels import Kernel

BUDGET = Path(__file__).parent / "budget.yaml"

pytestmark = pytest.mark.timeout(900)  # where machines and kernels have to be made first


@dataclass(frozen=True)
class Bench:
    """syscord, built for a kernel, ready to be measured."""

    kernel: Kernel
    folder: Path
    tracers: list[Tracer]


@pytest.fixture(scope="session")
def built(arch: str, ko: Path, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    kernel = kernels.get(DEBIAN, arch)
    folder = tmp_path_factory.mktemp(f"bench-{arch}")
    return Bench(kernel, folder, [each for each in cost.own_tracers(kernel, folder, ko) if each.name == "syscord"])


@pytest.fixture(scope="session")
def figures(built: Bench, arch: str) -> list[Figure]:
    """All that there is a ceiling for, measured once."""
    wanted = {(ceiling.workload, ceiling.variant) for ceiling in budget.read(BUDGET, arch)}
    pairs = [
        (what, tracer) for what in workload.ALL for tracer in built.tracers if (what.name, tracer.variant) in wanted
    ]
    return cost.measure(built.kernel, built.folder, pairs)


def test_nothing_costs_more_than_its_ceiling(figures: list[Figure], arch: str) -> None:
    rows = [figure.row for figure in figures]

    assert [wrong for ceiling in budget.read(BUDGET, arch) if (wrong := _wrong(ceiling, rows))] == []


def test_a_syscall_costs_the_same_on_several_cpus(built: Bench, arch: str) -> None:
    if arch in vcpus.UNSUPPORTED:
        pytest.skip(vcpus.UNSUPPORTED[arch])
    tracer = syscord.in_variant(built.tracers, vcpus.VARIANT)

    grown = vcpus.growth(vcpus.measure(built.kernel, built.folder, tracer, rounds=1))

    assert {name: by for name, by in grown.items() if abs(by) > vcpus.TOLERANCE} == {}


def _wrong(ceiling: Ceiling, rows: list[Row]) -> str:
    row = budget.row_of(ceiling, rows)
    return ceiling.excess(row) if row else f"{ceiling.workload}, {ceiling.variant}: was not measured, see above why"
