"""Nobody may see that he is recorded: programs have the same output and the same status with the module as without it.

The programs are the scripts in guest/same/. They say the same each time; where they differ, that is proved anew.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from time import monotonic

from torture import cycles, law
from torture.cycles import PARAMETERS
from torture.errors import TortureError
from torture.payload import SAME
from torture.phases import begin, finish
from torture.victim import Victim

SCRIPTS = sorted(path.stem for path in SAME.glob("*.sh"))
RUN_S = 400.0  # for a script, on a busy host, too
SLOW = cycles.SLOW


@dataclass(frozen=True)
class Way:
    """A way to record: the module's parameters, and whether the record is on the slow disk; a stressor BESIDE.

    PROOF is the counter that shows that it was as it says. It is not 0 after the script FIRST, or others behind it.
    """

    name: str
    options: str
    slow: bool = False
    beside: str = ""
    first: str = ""
    proof: str = "recorded"


WAYS = (
    Way("all calls as text", "content=4096"),
    Way("a trace of some", "sink=ctf proc_name=sh,torture,same32,cat,python3 ring_kb=512", proof="filtered"),
    Way("others only", "pid=1 flush_ms=10", proof="filtered"),
    Way("a flight recorder", "mode=overwrite ring_kb=64 content=4096", first="bytes", proof="overwritten"),
    # The smallest ring, much content, and a disk that is slow: so they do wait.
    Way(
        "waiting for room",
        "on_full=wait wait_ms=200 ring_kb=64 content=65536 proc_name=sh,torture,same32,cat,find,head,dd,gzip,python3",
        slow=True,
        first="bytes",
        proof="waits",
    ),
    # What a probe copies from a process is not there at entry: any copy may fail.
    Way("copies that fail", "content=4096 ring_kb=512", beside="pageout", proof="late"),
)


def same(victim: Victim, rng: Random, seconds: float, done: Counter[str]) -> None:
    """Compare scripts in each way of recording, for SECONDS in all; on a slow machine there is no time for each way."""
    victim.run("rm -rf same; mkdir -p same/with same/without same/again")
    comparison = Comparison(victim, rng, done)
    end = monotonic() + seconds
    for way in rng.sample(WAYS, len(WAYS)):
        comparison.try_way(way, seconds / len(WAYS))
        done["ways of recording that they did not notice"] += 1
        if monotonic() > end:
            break


@dataclass
class Comparison:
    """Scripts that ran, recorded or not; `known` are those whose output without the module is there."""

    victim: Victim
    rng: Random
    done: Counter[str]
    known: set[str] = field(default_factory=set)

    def try_way(self, way: Way, seconds: float) -> None:
        """Run scripts recorded that way for SECONDS, and until the way is proved; then compare each of them."""
        self._load(way)
        try:
            ran, stats = self._run_some(way, monotonic() + seconds)
        finally:
            if way.beside:
                self.victim.run(finish("beside"), timeout=RUN_S)
        self.victim.run("rmmod syscord", timeout=RUN_S)
        self.victim.run(f"rm -rf {_folder(way)}; {SLOW.remove if way.slow else 'true'}")
        self._judge_sums(way, self.victim.look(f"the programs that must not notice, {way.name}"))
        for script in ran:
            self._compare(way, script)
        if not stats[way.proof]:
            raise TortureError(f"{way.name}: {way.proof}=0 after all programs, so nothing was proved: {stats}")
        self.done["waits that they did not notice"] += stats["waits"]
        self.done["records with a copy that failed at entry"] += stats["late"]

    def _load(self, way: Way) -> None:
        folder = _folder(way)
        self.victim.run(f"{SLOW.make if way.slow else 'true'}; rm -rf {folder}; mkdir {folder}")
        if way.beside:
            self.victim.run(begin("beside", f"./torture run {self.rng.randrange(2**32)} counts {way.beside}"))
        self.victim.run(f"insmod syscord.ko record={folder}/same {way.options} threads=64")

    def _run_some(self, way: Way, end: float) -> tuple[list[str], dict[str, int]]:
        """The scripts that ran until END, and the counters then."""
        order = sorted(self.rng.sample(SCRIPTS, len(SCRIPTS)), key=lambda script: script != way.first)
        ran: list[str] = []
        while len(ran) < len(order):
            self._run(order[len(ran)], "with")
            ran.append(order[len(ran)])
            stats = self._stats(way)
            if monotonic() >= end and stats[way.proof]:
                break
        return ran, stats

    def _stats(self, way: Way) -> dict[str, int]:
        stats = law.read_stats(self.victim.run(f"cat {PARAMETERS}/stats").stdout)
        late = self.victim.run(f"grep -c '(late)' {_folder(way)}/same || true").stdout if way.beside else ""
        return stats | {"late": int(late or 0)}

    def _run(self, script: str, folder: str) -> None:
        said = f"/tmp/same/{folder}/{script}"
        self.victim.run(
            f"mkdir same/work; cd same/work; sh /tmp/same-scripts/{script}.sh >{said}.out 2>{said}.err </dev/null; "
            f"echo $? >{said}.status; cd /tmp; rm -rf same/work",
            timeout=RUN_S,
        )

    def _compare(self, way: Way, script: str) -> None:
        if script not in self.known:
            self._run(script, "without")
            self.known.add(script)
        if differences := self._diff(script, "without", "with"):
            self._run(script, "again")
            varies = self._diff(script, "without", "again")
            what = "it varies without the module, too" if varies else "it notices that it is recorded"
            raise TortureError(f"{script}: {what} ({way.name}: {way.options}):\n{differences}{varies}")
        self.done["programs that ran the same with the module"] += 1

    def _diff(self, script: str, first: str, second: str) -> str:
        """How the two differ, byte for byte; empty if they don't."""
        names = " ".join(f"{script}.{end}" for end in ("out", "err", "status"))
        diff = f"cd same; for i in {names}; do diff --text --unified {first}/$i {second}/$i; done"
        return re.sub(r"\t\d{4}-\d\d-\d\d .*", "", self.victim.run(diff, check=False).stdout)

    @staticmethod
    def _judge_sums(way: Way, log: str) -> None:
        sums = law.summaries(log)
        if len(sums) != 1 or not sums[0].is_lawful:
            raise TortureError(f"the law is broken ({way.name}): {sums}")


def _folder(way: Way) -> str:
    return f"{SLOW.folder if way.slow else '/tmp/unwind'}/to"
