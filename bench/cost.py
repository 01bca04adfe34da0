"""`invoke bench`: what tracing costs, in instructions, on a machine whose clock counts them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from bench import lab, plot, programs, rows, show, syscord, vcpus, workload
from bench.errors import BenchError
from bench.lab import Lab, Sample
from bench.peers.all import all_peers
from bench.rows import Figure
from bench.syscord import Bare, Floor
from bench.tracer import Tracer
from bench.vcpus import Scaling
from bench.workload import Workload
from devtools.build import DEBIAN
from devtools.paths import BUILD
from vm import architectures, kernels
from vm.errors import CommandFailed, CommandTimeout, VmError
from vm.kernels import Kernel
from vm.progress import console, step

FOLDER = BUILD / "bench"
ROUNDS = 3
Pair = tuple[Workload, Tracer]
Key = tuple[str, str, str]  # a workload's name, a tracer's, and its variant


def run(arch: str, *, peers: bool, workloads: str = "", variants: str = "", rounds: int = ROUNDS) -> None:
    """Measure on `arch`, or "both"; print the figures, and write them to build/bench/ if all workloads were measured.

    Raises BuildError, VmError or BenchError if something cannot be measured; a peer may be missing.
    """
    if rounds < 1:
        raise BenchError(f"--rounds {rounds}: say 1 or more")
    chosen = workload.named(workloads)
    for name in architectures.chosen(arch):
        kernel = kernels.get(DEBIAN, name)
        folder = FOLDER / name
        tracers = _chosen([*own_tracers(kernel, folder), *(all_peers(kernel) if peers else [])], variants)
        figures = measure(kernel, folder, list(product(chosen, tracers)), rounds=rounds)
        show.table(figures)
        if not workloads and not variants:
            scaling = _scaling(kernel, folder, tracers)
            _write(name, figures, scaling)


def measure(kernel: Kernel, folder: Path, pairs: Sequence[Pair], *, rounds: int = ROUNDS) -> list[Figure]:
    """What a tracer adds to a workload, for each of the pairs, each run in so many rounds of all. FOLDER: for builds.

    A tracer that cannot be had, or fails, is left out, and it is said why. Raises BenchError or VmError if a workload
    does not work without a tracer, or the machine is lost.
    """
    tracers = {(tracer.name, tracer.variant): tracer for _, tracer in pairs}
    workloads = list(dict.fromkeys(what for what, _ in pairs))
    with lab.opened(kernel, folder, list(tracers.values()), workloads) as (machine, installed):
        wanted = [pair for pair in pairs if pair[1] in installed]
        runs = _runs(machine, workloads, wanted, rounds)
    return [
        rows.figure(kernel, what, tracer, runs[_key(what, Bare())], runs[_key(what, tracer)])
        for what, tracer in wanted
        if len(runs[_key(what, tracer)]) == rounds
    ]


def own_tracers(kernel: Kernel, folder: Path, ko: Path | None = None) -> list[Tracer]:
    """syscord in all its settings, and the floor. KO is the module; without it, it is built below FOLDER."""
    return [*syscord.all_settings(ko or programs.build_syscord(kernel, folder).ko), Floor(kernel, folder)]


def _scaling(kernel: Kernel, folder: Path, tracers: Sequence[Tracer]) -> list[Scaling]:
    """The cost on several CPUs, shown; nothing if machines of several CPUs cannot be had, which is said."""
    try:
        scaling = vcpus.measure(kernel, folder, syscord.in_variant(tracers, vcpus.VARIANT))
    except (BenchError, VmError) as error:
        console.print(f"[yellow]warning[/yellow] going on without several CPUs: {escape(str(error))}")
        return []
    show.scaling(scaling)
    return scaling


def _runs(machine: Lab, workloads: Sequence[Workload], pairs: Sequence[Pair], rounds: int) -> dict[Key, list[Sample]]:
    """Each pair's runs; fewer than there are rounds if it failed."""
    runs: dict[Key, list[Sample]] = defaultdict(list)
    failed: set[Key] = set()
    for number in range(rounds):
        for what in workloads:
            with step(f"{what.name}, round {number + 1} of {rounds}"):
                runs[_key(what, Bare())].append(machine.run(what, Bare()))
                for tracer in (tracer for each, tracer in pairs if each is what):
                    key = _key(what, tracer)
                    if key not in failed and not _try(machine, what, tracer, runs[key]):
                        failed.add(key)
    return runs


def _try(machine: Lab, what: Workload, tracer: Tracer, samples: list[Sample]) -> bool:
    try:
        samples.append(machine.run(what, tracer))
    except (BenchError, CommandFailed, CommandTimeout) as error:
        whose = f"{what.name}, {tracer.name} {tracer.variant}"
        console.print(f"[yellow]warning[/yellow] going on without {whose}: {escape(str(error))}")
        return False
    return True


def _key(what: Workload, tracer: Tracer) -> Key:
    return what.name, tracer.name, tracer.variant


def _write(arch: str, figures: Sequence[Figure], scaling: Sequence[Scaling]) -> None:
    written = {
        FOLDER / f"{arch}.json": [asdict(each.row) for each in figures if each.repeatable],
        FOLDER / f"{arch}-vcpus.json": [asdict(each) for each in scaling],
    }
    for path, content in written.items():
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    picture = plot.draw([each.row for each in figures if each.repeatable], FOLDER / f"{arch}.svg")
    said = Console(highlight=False, soft_wrap=True)
    for path in (*written, picture):
        said.print(f"Written: {path}")


def _chosen(tracers: Sequence[Tracer], variants: str) -> list[Tracer]:
    """Those of the variants that are named, with commas between them, or all."""
    names = [name.strip() for name in variants.split(",") if name.strip()]
    known = list(dict.fromkeys(tracer.variant for tracer in tracers))
    for name in names:
        if name not in known:
            raise BenchError(f"no variant '{name}': say one of {', '.join(known)}")
    return [tracer for tracer in tracers if not names or tracer.variant in names]
