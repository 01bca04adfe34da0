"""A machine with a CPU that is kept free, and with x32 calls: what the module leaves alone there, and what it sees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.guest.accounts import check
from tests.guest.machines import Machines
from tests.guest.recorder import RECORD, Recorder, in_machine
from tests.guest.test_compat import lines_of
from vm.kernels import Kernel
from vm.spec import MachineSpec

X32 = 0x40000000
GETPPID, FORK = 110, 57


@pytest.fixture(scope="module")
def isolated_machines(kernel: Kernel) -> Iterator[Machines]:
    """Machines whose second CPU has no tick while one program runs there, and which take x32 calls on x86_64."""
    machines = Machines(MachineSpec(kernel, append="nohz_full=1 isolcpus=1 rcu_nocbs=1 syscall.x32=y"))
    yield machines
    machines.close()


@pytest.fixture
def isolated(isolated_machines: Machines, payload: bytes) -> Iterator[Recorder]:
    """The recorder in a fresh one of these."""
    yield (recorder := in_machine(isolated_machines.fresh(), payload))
    check(recorder.machine)


# How often CPU 1 was interrupted by another CPU that had it call a function.
COUNT = "awk '/Function call interrupts/ { print $3 }' /proc/interrupts"
# What CPU 1 does: nothing; something in user space; calls that are not recorded.
AT_WORK = {
    "idle": ":",
    "in user space": "taskset 2 ./programs spin > at-work 2>&1 & other=$!",
    "in rejected calls": "ln programs other; taskset 2 ./other overload 1 1000000000 > at-work 2>&1 & other=$!",
}
# On CPU 0: each time more than a quarter of a ring, and then until it is in the file.
RECORDED = "for i in $(seq 10); do taskset 1 ./programs writes 300 4000; taskset 1 ./programs delay {0} > late; done"
# Of as many interruptions, or more, as there are times, each time may have been the cause of one.
FEW, TRIES = 5, 3
SINKS = {"text": (f"record={RECORD}", RECORD), "ctf": ("sink=ctf record=/tmp/trace", "/tmp/trace/cpu0")}


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("work", AT_WORK)
def test_a_cpu_that_makes_no_record_is_not_interrupted(isolated: Recorder, sink: str, work: str) -> None:
    parameters, file = SINKS[sink]
    isolated.load(f"{parameters} flush_ms=1000 content=4096 proc_name=programs,nobody min_free_mb=0")
    # The first calls of the program are something else: it is loaded, and its pages are.
    begin = f"taskset 1 ./programs writes 300 4000; until [ -s {file} ]; do :; done; taskset 1 ./programs delay {file}"
    isolated.run(f"{AT_WORK[work]}; echo $other > other.pid; {begin}")
    tries = [_interruptions(isolated, file)]
    # A grace period that takes long, as it may on a busy host, is expedited. That is so now and then, not always.
    while tries[-1] > FEW and len(tries) < TRIES:
        tries.append(_interruptions(isolated, file))
    isolated.run("kill $(cat other.pid) 2> /dev/null || true")
    isolated.unload()
    assert min(tries) <= FEW, tries


def _interruptions(isolated: Recorder, file: str) -> int:
    """How often CPU 1 was interrupted while CPU 0 recorded and wrote."""
    before, after = isolated.run(f"{COUNT}; {RECORDED.format(file)}; {COUNT}", timeout=180).split()
    return int(after) - int(before)


def x32_lines(isolated: Recorder, parameters: str = "") -> tuple[int, list[str]]:
    """Run the program that makes x32 calls: its parent, and these calls in the record, without its number."""
    pid, parent = map(int, isolated.during("./programs x32 & pid=$!; wait $pid; echo $pid $$", parameters).split())
    return parent, [line for line in lines_of(isolated, pid) if line.startswith("unknown, nr=")]


def test_x32_calls_are_recorded_by_their_numbers(isolated: Recorder, arch: str) -> None:
    if arch != "x86_64":
        pytest.skip("only x86_64 has x32 calls")
    parent, (getppid, fork) = x32_lines(isolated)
    assert getppid == f"unknown, nr={X32 + GETPPID}, res={parent}"
    assert fork.startswith(f"unknown, nr={X32 + FORK}, res=")
    # What comes out of the fork made no call.
    child = lines_of(isolated, int(fork.rpartition("=")[2]))
    assert child == ["exit_group, status=0, res=?"]


def test_x32_calls_are_chosen_by_name(isolated: Recorder, arch: str) -> None:
    if arch != "x86_64":
        pytest.skip("only x86_64 has x32 calls")
    parent, lines = x32_lines(isolated, "syscalls=getppid")
    assert lines == [f"unknown, nr={X32 + GETPPID}, res={parent}"]
