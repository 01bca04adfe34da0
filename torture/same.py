"""Nobody may see that he is recorded: programs have the same output and the same status with the module as without it.

The programs are the scripts in guest/same/. They say the same each time; where they differ, that is proved anew.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from random import Random
from time import monotonic

from torture import cycles, law
from torture.cycles import PARAMETERS
from torture.errors import TortureError
from torture.payload import SAME
from torture.phases import begin, finish
from torture.victim import Victim

RECORD = "/tmp/unwind/same"
SCRIPTS = sorted(path.name for path in SAME.glob("*.sh"))
RUN_S = 400.0
NEAR = cycles.SLOW.folder


@dataclass(frozen=True)
class Way:
    """A way to record: the module's parameters, what runs beside, and which counter shows that it was as it says."""

    name: str
    options: str
    place: str = "/tmp/unwind"
    beside: str = ""
    proof: str = ""


WAYS = (
    Way("all calls as text", "content=4096"),
    Way("a trace of some", "sink=ctf proc_name=sh,torture,same32,tiny32,cat,python3 ring_kb=512", proof="filtered"),
    Way("others only", "pid=1 flush_ms=10", proof="filtered"),
    Way("a flight recorder", "mode=overwrite ring_kb=64", proof="overwritten"),
    # The smallest ring, much content, and a disk that is slow: so they do wait.
    Way(
        "waiting for room",
        "on_full=wait wait_ms=200 ring_kb=64 content=65536 proc_name=sh,torture,same32,cat,find,head,dd,gzip,python3",
        place=NEAR,
        proof="waits",
    ),
    # What a probe copies from a process is not there at entry: each copy may fail.
    Way("copies that fail", "content=4096 ring_kb=512", beside="pageout", proof="late"),
)


def same(victim: Victim, rng: Random, seconds: float, done: Counter[str]) -> None:
    """Run the programs without the module, then in each way of recording, for SECONDS; at least one way is tried."""
    victim.run("rm -rf same; mkdir same")
    _run_all(victim, "without")
    end = monotonic() + seconds
    for way in rng.sample(WAYS, len(WAYS)):
        _record(victim, way, rng, done)
        if monotonic() > end:
            break


def _record(victim: Victim, way: Way, rng: Random, done: Counter[str]) -> None:
    slow = way.place == NEAR
    record = f"{way.place}/to/same"
    victim.run(f"{cycles.SLOW.make if slow else 'true'}; rm -rf {way.place}/to; mkdir {way.place}/to")
    if way.beside:
        victim.run(begin("beside", f"./torture run {rng.randrange(2**32)} counts {way.beside}"))
    victim.run(f"insmod syscord.ko record={record} {way.options} threads=64")
    try:
        _run_all(victim, "with")
        stats = law.read_stats(victim.run(f"cat {PARAMETERS}/stats").stdout)
    finally:
        if way.beside:
            victim.run(finish("beside"), timeout=RUN_S)
    victim.run("rmmod syscord", timeout=RUN_S)
    stats["late"] = int(victim.run(f"grep -c '(late)' {record} || true").stdout.strip() or 0)
    victim.run(f"rm -rf {way.place}/to; {cycles.SLOW.remove if slow else 'true'}")
    log = victim.look(f"the programs that must not notice, {way.name}")
    if differences := _diff(victim, "without", "with"):
        _run_all(victim, "again")
        varies = _diff(victim, "without", "again")
        what = "programs vary without the module, too" if varies else "programs notice that they are recorded"
        raise TortureError(f"{what} ({way.name}: {way.options}):\n{differences}{varies}")
    _prove(way, stats, log, done)


def _prove(way: Way, stats: dict[str, int], log: str, done: Counter[str]) -> None:
    """Count what was compared. Raises TortureError if the recording was not what its name says."""
    sums = law.summaries(log)
    if not sums or not sums[0].is_lawful:
        raise TortureError(f"the law is broken ({way.name}): {sums}")
    if way.proof and not stats[way.proof]:
        raise TortureError(f"{way.name}: {way.proof}=0, so nothing was proved: {stats}")
    done["programs that ran the same with the module"] += len(SCRIPTS)
    done["ways of recording that they did not notice"] += 1
    done["waits that they did not notice"] += stats["waits"]
    if way.beside:
        done["records with a copy that failed at entry"] += stats["late"]


def _run_all(victim: Victim, folder: str) -> None:
    """Run each script in a folder of its own; keep output, errors and status in same/FOLDER."""
    runs = [f"rm -rf same/{folder}; mkdir same/{folder}"]
    for script in SCRIPTS:
        said = f"/tmp/same/{folder}/{script}"
        runs.append(
            f"mkdir same/work; cd same/work; sh /tmp/same-scripts/{script} >{said}.out 2>{said}.err </dev/null; "
            f"echo $? >{said}.status; cd /tmp; rm -rf same/work"
        )
    victim.run("\n".join(runs), timeout=RUN_S)


def _diff(victim: Victim, first: str, second: str) -> str:
    """How the two differ, byte for byte; empty if they don't."""
    said = victim.run(f"cd same; diff --text --recursive --unified {first} {second}", check=False).stdout
    return re.sub(r"\t\d{4}-\d\d-\d\d .*", "", said)
