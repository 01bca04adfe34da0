"""What `invoke torture` does, from the kernel's build to the table."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from time import monotonic

from devtools.paths import BUILD
from torture import payload, phases
from torture.errors import TortureError
from torture.fuzz.run import fuzz
from torture.report import Report
from torture.same import same
from torture.victim import Victim, victim
from vm import kernels
from vm.errors import VmError
from vm.progress import console, step

SANITIZE = "sanitize"
#: The parts of the time for failing allocations, random programs, programs that must not notice, and fast loads. The
#: rest is for the load, but no less than LOAD. Any may end a little later: none stops in the middle of what it does.
UNWINDING, FUZZING, SAME, FAST, LOAD = 0.2, 0.1, 0.15, 0.2, 0.2
#: A thousand in an hour.
LOADS_A_SECOND = 1000 / 3600


def run(arch: str, minutes: float, seed: int | None = None, kernel: str = SANITIZE) -> Counter[str]:
    """Torment the module for MINUTES, print what was done, and write it to build/torture/. Returns the counts, too.

    Raises TortureError with what was found, and the seed that does the same again.
    """
    seed = Random().randrange(2**32) if seed is None else seed
    console.print(f"torture of {arch}, kernel {kernel}, {minutes:g} minutes: --seed {seed}")
    found = kernels.get(kernel, arch)
    again = f"invoke torture --arch {arch} --kernel {kernel} --minutes {minutes:g} --seed {seed}"
    report = Report(again, found.version, BUILD / "torture" / f"{kernel}-{arch}.md")
    log = report.path.with_suffix(".log")
    with tempfile.TemporaryDirectory() as folder:
        archive = payload.make(found, kernel, Path(folder))
    try:
        with victim(found, archive, log) as machine:
            try:
                _torment(machine, seed, minutes * 60, report.done)
            finally:
                report.left_out, report.races = machine.left_out, machine.races
    except (TortureError, VmError) as error:
        report.write(fault=" ".join(str(error).split())[:300])
        raise TortureError(f"{error}\nagain: {again}\nthe whole log: {log}") from error
    report.write()
    return report.done


def _torment(machine: Victim, seed: int, seconds: float, done: Counter[str]) -> None:
    rng = Random(seed)
    end = monotonic() + seconds
    machine.look("boot")
    with step("The module as it is to be"):
        phases.works(machine)
        phases.freeze(machine, done)
    with step("Every allocation fails in turn"):
        phases.unwind(machine, rng, seconds * UNWINDING, done)
    with step("Random calls, whose records are checked field by field"):
        fuzz(machine, rng, seconds * FUZZING, done)
    with step("Programs that must not notice"):
        same(machine, rng, seconds * SAME, done)
    with step("The module comes and goes, fast"):
        phases.fast(machine, rng, seconds * FAST, seconds * LOADS_A_SECOND, done)
    with step("The module comes and goes under load"):
        phases.under_load(machine, rng, max(end, monotonic() + seconds * LOAD), done)
    with step("The module as it was"):
        phases.works(machine)
        phases.leaks(machine)
        machine.look("the end")
