"""What is done to the module, each with what must hold afterwards."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from time import monotonic

from torture import cycles, law
from torture.cycles import PARAMETERS, Cycle
from torture.errors import TortureError
from torture.victim import Victim

CYCLE_S = 480.0
END_S = 90  # for stressors that were told to end
HAND_S = 25.0  # of the same stressors
OURS_AT_A_TIME, THEIRS_AT_A_TIME = 2, 1
STRESS_NG = "/tmp/stress-ng"
#: Ours, see guest/.
STRESSORS = (
    *("kills", "threads", "execs", "whoare", "signals", "traced", "anything", "nearly", "flips", "userfault", "fuse"),
    *("works", "cpus", "clock", "pageout"),
)
#: Its stressors that make calls of many kinds, with bad arguments too, and do no harm to the machine.
STRESS_NG_WORK = (
    *("sysinval", "sysbadaddr", "enosys", "get", "futex", "ptrace", "seccomp", "sockpair", "poll", "epoll", "fifo"),
    *("sigq", "timer", "dirdeep", "fstat", "rename", "vm-rw", "clone", "fork", "exec", "pidfd", "inotify", "splice"),
)
#: What runs beside loads that are to be many.
FAST_BESIDE = ("kills", "threads", "execs", "whoare", "signals", "works")
#: Loads in which each allocation fails in turn: all that can be allocated is asked for in one of them.
UNWOUND = (
    "threads=64 ring_kb=64 pid=1,2 proc_name=a,b* syscalls=read,write record=/tmp/unwind/record",
    "sink=ctf threads=64 ring_kb=64 rotate_mb=1 record=/tmp/unwind/trace",
)
#: Parameters that are changed in the same manner.
SPOILT = {"pid": "1,2,3", "proc_name": "a,b*", "syscalls": "read,write,close", "snapshot": "1"}
#: What a kernel without fault injection lacks.
NTH = "/proc/self/fail-nth"


def unwind(victim: Victim, rng: Random, seconds: float, done: Counter[str]) -> None:
    """Fail every allocation of insmod in turn, and every one of a change of parameters."""
    if not victim.has(NTH, "failing allocations and copies"):
        return
    share = seconds / (len(UNWOUND) + len(SPOILT))
    for parameters in UNWOUND:
        _fail_each(victim, f"./torture unwind syscord.ko '{parameters}'", rng, 1.6 * share, done)
    victim.run("insmod syscord.ko record=/tmp/unwind/flight mode=overwrite ring_kb=64")
    for name, text in SPOILT.items():
        _fail_each(victim, f"./torture spoil {PARAMETERS}/{name} '{text}'", rng, 0.6 * share, done)
    victim.run("rmmod syscord")
    works(victim)
    victim.look("a usual load after the failed ones")


def _fail_each(victim: Victim, command: str, rng: Random, seconds: float, done: Counter[str]) -> None:
    """All rounds if there is time: else every second, fourth and so on, from a first one that chance gives."""
    start = monotonic()
    for stride in (16, 8, 4, 2, 1):
        left = seconds - (monotonic() - start)
        if left <= 1:
            break
        first = 1 if stride == 1 else rng.randrange(1, stride + 1)
        said = victim.run(f"{command} {first} {stride} {left:.0f}", timeout=seconds + 120).stdout
        rounds, refused, _, reached = (int(word) for word in said.split()[-4:])
        done["faults injected"] += rounds
        done["faults that insmod or a write refused with"] += refused
        done["rows of faults that were failed from the first to the last"] += reached and stride == 1
        victim.look(f"{command} {first} {stride}")


def works(victim: Victim) -> None:
    """The module loads, records all of a program's calls, and goes."""
    count = 2000
    load = "insmod syscord.ko record=/tmp/unwind/works syscalls=close proc_name=programs"
    victim.run(f"rm -f unwind/works; {load}; ./programs burst {count}; rmmod syscord", timeout=CYCLE_S)
    found = victim.run("grep -cE 'close, fd=-[0-9]+, res=-9' unwind/works || true").stdout.strip()
    if found != str(count):
        raise TortureError(f"of {count} calls, {found} are in the record")


def under_load(victim: Victim, rng: Random, end: float, done: Counter[str]) -> None:
    """Load, use and unload the module until the moment END, beside some stressors at a time: each has its turn."""
    victim.run(cycles.SOUND[0].make)
    victim.look("before the load")
    hands: list[list[str]] = []
    while monotonic() < end:
        hands = hands or _hands(rng, STRESSORS, OURS_AT_A_TIME)
        theirs = rng.sample(STRESS_NG_WORK, THEIRS_AT_A_TIME)
        with _stress(victim, rng, hands.pop(), theirs, done):
            come_and_go(victim, rng, min(end, monotonic() + HAND_S), done)
        victim.look("the end of a load")


def _hands(rng: Random, names: tuple[str, ...], size: int) -> list[list[str]]:
    """All the names, dealt out."""
    shuffled = rng.sample(names, len(names))
    return [shuffled[start : start + size] for start in range(0, len(shuffled), size)]


@contextmanager
def _stress(victim: Victim, rng: Random, ours: list[str], theirs: list[str], done: Counter[str]) -> Iterator[None]:
    """Stressors at work. Raises TortureError if one of ours ended by itself."""
    seed = rng.randrange(2**32)
    begins = begin("ours", f"./torture run {seed} counts {' '.join(ours)}")
    ends = finish("ours")
    if theirs:
        work = " ".join(f"--{name} 1" for name in theirs)
        begins += begin(
            "theirs",
            f"env LD_LIBRARY_PATH={STRESS_NG} {STRESS_NG}/stress-ng --seed {seed} --temp-path /tmp/stress-ng-files "
            f"--oomable --metrics-brief --timeout 1h {work}",
        )
        ends = finish("theirs") + ends
    victim.run(f"mkdir -p stress-ng-files; rm -f ours.* theirs.* counts; {begins}")
    yield
    victim.run(ends, timeout=5 * END_S)
    # A CPU may have been away when the stressor was told to end.
    victim.run("echo 1 > /sys/devices/system/cpu/cpu1/online; true")
    said = victim.run("cat ours.said").stdout
    if said:
        raise TortureError(f"a stressor ended by itself:\n{said}")
    for line in victim.run("cat counts").stdout.splitlines():
        name, count = line.split()
        done[f"steps of {name}"] += int(count)
    metrics = victim.run("cat theirs.said 2>/dev/null || true").stdout
    for found in re.finditer(r"^stress-ng: \w+: +\[\d+\] [a-z-]+ +(\d+) ", metrics, re.MULTILINE):
        done["operations of stress-ng"] += int(found[1])


def begin(name: str, command: str) -> str:
    """Start a command in the background. A lock is held until it has ended, so that one can wait for that.

    What the cycles do has precedence: emulation is slow, and there are to be many of them.
    """
    work = f"setsid sh -c 'echo $$ > {name}.pid; exec nice -n 10 {command}' > {name}.said 2>&1"
    return f'flock -o {name}.lock sh -c "{work}" &\n'.replace("$$", "\\$\\$")


def finish(name: str) -> str:
    """Have it end; where it does not, end it and all that it started."""
    wait = f"flock -w {END_S} {name}.lock true"
    return f"pid=$(cat {name}.pid); kill -TERM $pid; {wait} || {{ kill -KILL -$pid; {wait}; }}\n"


def fast(victim: Victim, rng: Random, seconds: float, wanted: float, done: Counter[str]) -> None:
    """Load and unload, over and over, beside one stressor of ours: each time all that insmod made must go again.

    It goes on for SECONDS, and twice as long where there were fewer loads than WANTED.
    """
    start = monotonic()
    victim.run(cycles.SOUND[0].make)
    with _stress(victim, rng, [rng.choice(FAST_BESIDE)], [], done):
        while (past := monotonic() - start) < seconds * (1 if done["loads and unloads"] >= wanted else 2):
            command = cycles.fast(rng, max(1.0, 2 * seconds - past))
            loads = int(victim.run(command, timeout=CYCLE_S).stdout)
            summaries = law.summaries(victim.look(command))
            if len(summaries) != loads or not all(summary.is_lawful for summary in summaries):
                raise TortureError(f"{command}: {loads} loads, but the log says {summaries}")
            done["loads and unloads"] += loads
    victim.run(cycles.SOUND[0].remove)


def come_and_go(victim: Victim, rng: Random, end: float, done: Counter[str]) -> None:
    """Load, use and unload the module until the moment END."""
    while monotonic() < end:
        _one(victim, cycles.quick(rng) if rng.random() < 0.25 else cycles.full(rng), done)


def _one(victim: Victim, cycle: Cycle, done: Counter[str]) -> None:
    said = victim.run(cycle.script, timeout=CYCLE_S).stdout
    _check(cycle, said, victim.look(cycle.what), done)


def _check(cycle: Cycle, said: str, log: str, done: Counter[str]) -> None:
    refused = "@refused" in said
    done["insmod refused"] += refused
    done["loads and unloads"] += cycle.loads - refused
    stats = re.search(r"@stats\n(.*)@end", said, re.DOTALL)
    if stats:
        counters = law.read_stats(stats[1])
        broken = law.broken(counters)
        if broken:
            raise TortureError(f"the law is broken in {cycle.what}:\n{broken}")
        done["calls seen, by the law"] += counters["seen"]
    summaries = law.summaries(log)
    if unlawful := [summary for summary in summaries if not summary.is_lawful]:
        raise TortureError(f"the law is broken in {cycle.what}: {unlawful}")
    if len(summaries) != cycle.loads - refused:
        raise TortureError(f"{cycle.what}: {len(summaries)} sums in the log\n{said}\n{log}")
    if cycle.whole and not refused:
        lines = int(re.findall(r"^@lines (\d*)$", said, re.MULTILINE)[0] or 0)
        if lines != summaries[0].recorded:
            raise TortureError(f"{cycle.what}: {summaries[0]}, but the file has {lines} records")
        done["records counted in files"] += lines


def freeze(victim: Victim, done: Counter[str]) -> None:
    """The machine is suspended while a program is recorded."""
    if not victim.has("/sys/power/pm_test", "suspend to idle"):
        return
    victim.run("insmod syscord.ko record=/tmp/unwind/frozen; echo freezer > /sys/power/pm_test")
    victim.run("./programs forever & echo freeze > /sys/power/state; kill $!; rmmod syscord")
    victim.look("suspend to idle")
    done["suspends"] += 1


def leaks(victim: Victim) -> None:
    """Have the kernel search its memory for what nobody points at. The first scan only finds what may be one."""
    if not victim.has("/sys/kernel/debug/kmemleak", "the search for leaks"):
        return
    victim.run("for i in 1 2; do echo scan > /sys/kernel/debug/kmemleak; done", timeout=600)
    found = victim.run("cat /sys/kernel/debug/kmemleak").stdout
    if found:
        raise TortureError(f"memory leaks:\n{found}")
