"""Threads in great numbers: nobody can blind the recorder with them."""

from __future__ import annotations

import pytest

from syscord_read.model.value import parse_integer
from syscord_read.record.text import Record
from tests.guest.accounts import check
from tests.guest.recorder import Recorder, in_machine
from tests.guest.test_loss import check_law
from vm import kernels
from vm.boot import boot
from vm.spec import MachineSpec

# Any user may do this.
NOBODY = "setpriv --reuid 65534 --regid 65534 --clear-groups"
RELEASE = "kill -9 $sleepers; wait $sleepers || true"


def sleepers(count: int, kind: str, *, who: str = NOBODY) -> str:
    """A command that leaves so many threads asleep in a call, until RELEASE."""
    # Who waits in open() has a file descriptor already.
    limits = "prlimit --pid $$ --nofile=10000 --nproc=200000; mkfifo -m 666 fifo asleep"
    begin = f"{limits}; {who} ./programs sleepers {count} {kind} > asleep & sleepers=$!"
    return f"{begin}; read said < asleep && [ $said = asleep ] || exit 1"


def fd_of(record: Record) -> int:
    """The file descriptor of a `close`."""
    return parse_integer(record.fields["fd"])


def bursts(records: list[Record]) -> list[Record]:
    """The calls of `burst`: no other program closes a descriptor below zero."""
    return [record for record in records if record.name == "close" and fd_of(record) < 0]


def burst_beside(recorder: Recorder, parameters: str, sleeping: str, *, timeout: float = 120) -> list[Record]:
    """All that is recorded of a burst of calls beside threads that sleep. Nothing is lost meanwhile."""
    recorder.load(parameters)
    recorder.run(f"{sleeping}; ./programs burst 100; {RELEASE}", timeout=timeout)
    stats = recorder.stats()
    recorder.unload()
    check_law(stats)
    assert not [name for name, count in stats.items() if name.startswith("dropped_") and count]
    return recorder.records()


@pytest.mark.parametrize("kind", ["futex", "nanosleep", "open"])
def test_sleeping_threads_do_not_keep_others_from_being_recorded(recorder: Recorder, kind: str) -> None:
    records = burst_beside(recorder, "ring_kb=16384", sleepers(2500, kind))
    assert [fd_of(record) for record in bursts(records)] == [-number for number in range(1, 101)]
    assert not [record for record in bursts(records) if record.unseen]
    # So do the sleepers themselves: each made its calls.
    tids = {record.tid for record in records if record.name == {"open": "openat"}.get(kind, kind)}
    assert kind != "futex" or len(tids) >= 2500


def test_what_sleeping_calls_were_given_may_be_late_but_is_not_lost(recorder: Recorder) -> None:
    """Their paths do not fit in the memory for such calls: others' are read at exit then, and marked."""
    recorder.load("ring_kb=16384 pending_kb=1 proc_name=programs,cat")
    recorder.run(f"{sleepers(2500, 'open')}; cat /etc/hosts > out; {RELEASE}", timeout=120)
    recorder.unload()
    paths = [record for record in recorder.records() if record.fields.get("path") == b"/etc/hosts"]
    assert [(record.name, record.unseen) for record in paths] == [("openat", False)]


def test_threads_without_a_slot_are_recorded_without_durations(recorder: Recorder) -> None:
    records = burst_beside(recorder, "threads=16 ring_kb=16384", sleepers(200, "futex", who=""))
    assert [fd_of(record) for record in bursts(records)] == [-n for n in range(1, 101)]


def test_no_user_can_take_all_slots(recorder: Recorder) -> None:
    records = bursts(burst_beside(recorder, "threads=64 ring_kb=16384", sleepers(2500, "futex")))
    assert [(fd_of(record), record.unseen) for record in records] == [(-n, False) for n in range(1, 101)]


def test_threads_that_a_new_filter_rejects_give_back_their_slots(recorder: Recorder) -> None:
    """They sleep in a call that was recorded, and so keep a slot, until the filter is another one."""
    recorder.run("cp programs only_new")
    recorder.load("threads=64 ring_kb=16384")
    recorder.run(f"{sleepers(200, 'futex', who='')}; echo $sleepers > pid", timeout=120)
    recorder.set("proc_name", "only_new")
    # A worker takes the slots: until it has, a process that comes too early has none.
    for _ in range(100):
        recorder.run("./only_new burst 100")
        recorder.machine.run("sync /etc/syscall-record/record")
        found = bursts(recorder.records())[-100:]
        if len(found) == 100 and not [record for record in found if record.unseen]:
            break
    else:
        pytest.fail("the slots were not given back")
    recorder.run("kill -9 $(cat pid)")
    recorder.unload()


def test_a_thread_after_threads_is_recorded(recorder: Recorder) -> None:
    """More threads than half of the slots of the first table, so that there is a second one."""
    recorder.run("sysctl -w kernel.threads-max=20000")
    records = burst_beside(recorder, "ring_kb=65536 proc_name=programs", sleepers(9000, "futex"), timeout=300)
    assert not [record for record in bursts(records) if record.unseen]
    assert len({record.tid for record in records if record.name == "futex"}) >= 9000


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_hundred_thousand_threads_are_recorded(kernel: kernels.Kernel, payload: bytes) -> None:
    """A slot has 64 bytes, and one more in the table, which is a quarter full or more if it does not grow."""
    with boot(MachineSpec(kernel, memory_mib=8192)) as machine:
        recorder = in_machine(machine, payload)
        recorder.run("sysctl -w kernel.threads-max=200000 kernel.pid_max=400000")
        recorder.load("ring_kb=65536 proc_name=programs syscalls=futex,close")
        recorder.run(f"{sleepers(100000, 'futex')}; echo $sleepers > pid; ./programs burst 100", timeout=900)
        memory = int(recorder.run("awk '/fill_table/ { sum += $2 } END { print sum }' /proc/vmallocinfo"))
        recorder.run("kill -9 $(cat pid); until [ ! -e /proc/$(cat pid) ]; do :; done", timeout=300)
        recorder.unload()
        records = recorder.records()
        assert len({record.tid for record in records if record.name == "futex"}) >= 100000
        assert [fd_of(record) for record in bursts(records)] == [-number for number in range(1, 101)]
        assert not [record for record in records if record.unseen]
        assert memory < 4 * 65 * 100000 + 65 * 65536
        check(machine)


def test_an_answered_call_has_its_arguments(recorder: Recorder) -> None:
    recorder.during("./programs answered", "proc_name=programs")
    records = [record for record in recorder.records() if record.answered]
    assert [(record.name, record.res) for record in records] == [
        ("mkdirat", -1),
        ("unlinkat", -1),
        ("connect", -1),
        ("clone", 0),
    ]
    assert records[0].fields["path"] == b"/etc/evil"
    assert records[1].fields["path"] == b"/etc/passwd"
    assert (records[2].fields["sockfd"], records[2].fields["addr"]) == (b"78", b"unix:/run/docker.sock")
    assert fd_of(bursts(recorder.records())[-1]) == -77


def test_an_argument_that_a_debugger_changed_is_the_one_that_the_kernel_used(recorder: Recorder) -> None:
    recorder.during("./programs debugged", "proc_name=programs")
    assert [fd_of(record) for record in bursts(recorder.records())] == [-6]
