"""What is made of runs: the figure, whether it is published, and whether it is above its ceiling."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import budget, plot, rows, vcpus, workload
from bench.budget import Ceiling
from bench.errors import BenchError
from bench.lab import Sample
from bench.rows import Figure, Row
from bench.syscord import VARIANTS, Bare
from bench.tracer import Traced
from bench.vcpus import Scaling
from vm import architectures
from vm.kernels import Kernel

KERNEL = Kernel(architectures.ARM64, "6.1.0", Path(), Path(), Path(), Path())
BUDGET = Path(__file__).parents[2] / "bench/budget.yaml"


def figure(name: str, bare: list[float], traced: list[float]) -> Figure:
    what = workload.named(name)[0]
    with_it = [Sample(each, Traced(100, 4)) for each in traced]
    return rows.figure(KERNEL, what, Bare(), [Sample(each, Traced(0, None)) for each in bare], with_it)


def row(name: str, variant: str, added: float, relative: float) -> Row:
    return Row("arm64", "6.1.0", name, "syscord", variant, added, relative, None, "0.1.0")


def scaling(cpus: int, added: float) -> Scaling:
    return Scaling("arm64", "6.1.0", "getppid", cpus, 460.0, 460.0 + added, added)


def test_what_is_added_is_the_difference_of_the_medians() -> None:
    made = figure("getppid", [459.0, 460.0, 470.0], [910.0, 900.0, 920.0]).row

    assert (made.added_per_op, made.relative, made.bytes_per_syscall) == (450.0, round(450 / 460, 6), 25.0)


@pytest.mark.parametrize(
    ("traced", "repeatable"),
    [([860.0, 863.9, 862.0], True), ([860.0, 864.5, 862.0], False), ([460.1, 460.5, 460.2], True)],
)
def test_a_loop_is_published_if_what_is_added_agrees(traced: list[float], repeatable: bool) -> None:
    assert figure("getppid", [460.0, 460.0, 460.0], traced).repeatable is repeatable


def test_a_loop_whose_bare_runs_differ_is_not_published() -> None:
    assert not figure("getppid", [460.0, 470.0, 460.0], [900.0, 900.0, 900.0]).repeatable


@pytest.mark.parametrize(("most", "repeatable"), [(101_900.0, True), (102_100.0, False)])
def test_a_server_is_published_if_the_whole_agrees(most: float, repeatable: bool) -> None:
    assert figure("nginx", [100_500.0, 100_000.0], [101_000.0, most]).repeatable is repeatable


@pytest.mark.parametrize(("added", "is_wrong"), [(450.0, False), (459.0, False), (459.1, True)])
def test_a_figure_may_be_2_percent_above_its_ceiling(added: float, is_wrong: bool) -> None:
    ceiling = Ceiling("getppid", "ctf pid", 450, "instructions")

    said = ceiling.excess(row("getppid", "ctf pid", added, added / 460))

    assert bool(said) is is_wrong
    assert not said or ("getppid, ctf pid" in said and "459.10" in said and "450" in said)


def test_a_ceiling_in_percent_is_of_the_bare_operation() -> None:
    ceiling = Ceiling("nginx", "ctf pid", 1.0, "percent")

    assert not ceiling.excess(row("nginx", "ctf pid", 3000.0, 0.0102))
    assert "1.03 %" in ceiling.excess(row("nginx", "ctf pid", 3000.0, 0.0103))


@pytest.mark.parametrize("arch", architectures.ARCHITECTURES)
def test_each_ceiling_is_for_something_that_is_measured(arch: str) -> None:
    names = {what.name for what in workload.ALL}

    assert all(each.workload in names and each.variant in VARIANTS for each in budget.read(BUDGET, arch))


@pytest.mark.parametrize(
    "text",
    [
        "arm64: 3",
        "x86_64: []",
        "arm64: [{workload: a, variant: b}]",
        "arm64: [{workload: a, variant: b, ceiling: x, unit: percent}]",
    ],
)
def test_a_bad_budget_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "budget.yaml"
    file.write_text(text)

    with pytest.raises(BenchError, match="arm64"):
        budget.read(file, "arm64")


def test_growth_is_told_by_the_worst_number_of_cpus() -> None:
    grown = vcpus.growth([scaling(1, 400.0), scaling(2, 380.0), scaling(4, 410.0)])

    assert grown == {"getppid": pytest.approx(-0.05)}


def test_an_unknown_workload_is_refused() -> None:
    with pytest.raises(BenchError, match=r"no workload 'getpid'.*getppid"):
        workload.named("getpid")


def test_the_picture_shows_what_adds_nothing_too(tmp_path: Path) -> None:
    drawn = [row("getppid", "ctf pid", 450.0, 1.0), row("getppid", "no match cleared", -0.1, 0.0)]

    picture = plot.draw(drawn, tmp_path / "arm64.svg").read_text()

    assert "<svg" in picture
