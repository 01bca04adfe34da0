"""What `invoke torture` does, from the kernel's build to the table."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from time import monotonic

from rich.table import Table

from devtools.paths import BUILD
from torture import payload, phases
from torture.errors import TortureError
from torture.fuzz.run import fuzz
from torture.victim import Victim, victim
from vm import kernels
from vm.errors import VmError
from vm.progress import console, step

SANITIZE = "sanitize"
#: The parts of the time in which allocations are failed, and random programs run, before the load begins.
UNWINDING, FUZZING = 0.25, 0.1


def run(arch: str, minutes: float, seed: int | None = None, kernel: str = SANITIZE) -> Counter[str]:
    """Torment the module for MINUTES, and print what was done. Returns that, too.

    Raises TortureError with what was found, and the seed that does the same again.
    """
    seed = Random().randrange(2**32) if seed is None else seed
    console.print(f"torture of {arch}, kernel {kernel}, {minutes:g} minutes: --seed {seed}")
    found = kernels.get(kernel, arch)
    done: Counter[str] = Counter()
    log = BUILD / "torture" / f"{kernel}-{arch}.log"
    with tempfile.TemporaryDirectory() as folder:
        archive = payload.make(found, kernel, Path(folder))
    try:
        with victim(found, archive, log) as machine:
            _torment(machine, seed, minutes * 60, done)
    except (TortureError, VmError) as error:
        show(done)
        again = f"invoke torture --arch {arch} --kernel {kernel} --minutes {minutes:g} --seed {seed}"
        raise TortureError(f"{error}\nagain: {again}\nthe whole log: {log}") from error
    show(done)
    return done


def _torment(machine: Victim, seed: int, seconds: float, done: Counter[str]) -> None:
    rng = Random(seed)
    machine.look("boot")
    with step("The module as it is to be"):
        phases.works(machine)
        phases.freeze(machine, done)
    with step("Every allocation fails in turn"):
        phases.unwind(machine, rng, seconds * UNWINDING, done)
    with step("Random calls, whose records are checked field by field"):
        fuzz(machine, rng, seconds * FUZZING, done)
    with step("The module comes and goes under load"):
        phases.under_load(machine, rng, monotonic() + seconds * (1 - UNWINDING - FUZZING), done)
    with step("The module as it was"):
        phases.works(machine)
        phases.leaks(machine)
        machine.look("the end")


def show(done: Counter[str]) -> None:
    """Print what was done, as a table."""
    table = Table(title="Torture", title_justify="left")
    table.add_column("what")
    table.add_column("count", justify="right")
    for name, count in done.items():
        table.add_row(name, f"{count:,}")
    console.print(table)
