"""on_full=wait: threads wait for room instead of losing records; bounded, killable, and gone at unload."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.guest.recorder import Recorder
from tests.guest.test_loss import GROW, SMALL, check_law, summary
from tests.guest.test_trace import calls
from torture import law

LONG = 60000  # ms: whatever ends before that was not ended by wait_ms
WAIT = f"on_full=wait wait_ms={LONG} ring_kb=64 proc_name=programs min_free_mb=0"
WHERE = {"text": "record=/tmp/slow/r/record", "ctf": "sink=ctf record=/tmp/slow/t"}
STATS = "/sys/module/syscord/parameters/stats"
# While a file system is frozen, whoever writes to it waits: a disk that takes nothing, until it is told to.
FREEZE = "fsfreeze -f slow"
THAW = "fsfreeze -u slow"
# A disk that is busy most of the time.
SLOW = f"touch busy; while [ -e busy ]; do {FREEZE}; sleep .1; {THAW}; done & slow=$!"
QUICK = "rm busy; wait $slow"
ONE_CPU = "echo 0 > /sys/devices/system/cpu/cpu1/online"


@pytest.fixture(scope="session")
def disk(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An ext4 in an archive, without its holes: they are nearly all of it."""
    folder = tmp_path_factory.mktemp("disk")
    make = ["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", "disk", "64M"]
    subprocess.run(make, cwd=folder, check=True)
    archive = ["tar", "--create", "--gzip", "--sparse", "disk"]
    return subprocess.run(archive, cwd=folder, check=True, capture_output=True).stdout


@pytest.fixture
def slow(recorder: Recorder, disk: bytes) -> Recorder:
    """The recorder, with a disk in /tmp/slow that can be made to take nothing."""
    recorder.machine.run("tar xzf - -C /tmp", stdin=disk)
    recorder.run("modprobe loop; mkdir slow; mount -o loop disk slow")
    return recorder


def until(counter: str, count: int) -> str:
    """A command that ends when a counter of the module is that high."""
    return f'until [ "$(sed -n s/^{counter}=//p {STATS})" -ge {count} ]; do :; done'


def number_of(fd: object) -> int:
    """What a field has: text in a text record, a number in a trace."""
    assert isinstance(fd, bytes | int)
    return int(fd)


def numbers(slow: Recorder, sink: str, folder: Path) -> list[int]:
    """The numbers of the overload's calls, as the record has them, in order."""
    fds: list[object]
    if sink == "text":
        found = slow.records("/tmp/slow/r/record")
        fds = [record.fields["fd"] for record in found if record.name == "close"]
    else:
        trace = slow.fetch("/tmp/slow/t", folder)
        fds = [call.entry["fd"] for call in calls(trace) if call.entry and call.name == "close"]
    return sorted(number for number in (-number_of(fd) for fd in fds) if number > 0)


@pytest.mark.parametrize("sink", WHERE)
@pytest.mark.parametrize("cpus", [1, 2])
def test_nothing_is_lost_on_a_slow_disk(slow: Recorder, sink: str, cpus: int, tmp_path: Path) -> None:
    if cpus == 1:
        slow.run(ONE_CPU)
    slow.load(f"{WAIT} {WHERE[sink]}")
    slow.run(f"{SLOW}; ./programs overload 4 5000; {QUICK}", timeout=120)
    stats = slow.stats()
    slow.unload()
    check_law(stats)
    assert stats["waits"] > 0
    assert stats["waited_ns"] > 0
    assert stats["wait_timeouts"] == stats["waits_refused"] == 0
    assert numbers(slow, sink, tmp_path) == list(range(1, 20001))
    assert summary(slow)[1] == 0
    assert slow.log()[-2].startswith(f"threads waited for room {stats['waits']} times, ")


def test_sigkill_ends_a_wait_at_once(slow: Recorder) -> None:
    slow.load(f"{WAIT} {WHERE['text']}")
    killed = f"{FREEZE}; ./programs overload 4 5000 & pid=$!; {until('waits', 1)}; kill -9 $pid"
    # It is gone while the disk still takes nothing.
    slow.run(f"{killed}; wait $pid || echo $?; {THAW}", timeout=LONG / 1000 / 2)
    stats = slow.stats()
    slow.unload()
    assert stats["wait_timeouts"] == 0
    assert summary(slow)[1] == 0


def test_other_signals_come_after_the_wait(slow: Recorder, tmp_path: Path) -> None:
    slow.load(f"{WAIT} {WHERE['text']}")
    stopped = f"{FREEZE}; ./programs overload 4 5000 & pid=$!; {until('waits', 1)}; kill -STOP $pid; {THAW}"
    slow.run(f"{stopped}; until grep -q 'State:.T' /proc/$pid/status; do :; done; kill -CONT $pid; wait $pid")
    slow.unload()
    assert numbers(slow, "text", tmp_path) == list(range(1, 20001))
    assert summary(slow)[1] == 0


def test_a_wait_ends_when_its_time_is_over(slow: Recorder) -> None:
    slow.load(f"{WAIT} {WHERE['text']} wait_ms=20 content=4096")
    slow.run(f"{FREEZE}; ./programs writes 60 4096 & ./programs writes 60 4096; wait; {THAW}")
    stats = slow.stats()
    slow.unload()
    check_law(stats)
    assert stats["wait_timeouts"] > 0
    assert stats["waited_ns"] >= 20e6 * stats["wait_timeouts"]
    assert stats["dropped_ring"] > 0
    recorded, dropped, _ = summary(slow)
    assert len(slow.records("/tmp/slow/r/record")) == recorded
    assert recorded + dropped >= 120


def test_a_full_disk_is_waited_for_once(recorder: Recorder) -> None:
    recorder.run(SMALL)
    recorder.load(f"{WAIT} wait_ms=1000 record=/tmp/small/r/record")
    # If each call had waited, this would take hours.
    recorder.run("./programs overload 4 10000")
    stats = recorder.stats()
    check_law(stats)
    assert stats["dropped_sink"] > 0
    assert 0 < stats["wait_timeouts"] <= 8
    # Once there is room, nothing is lost any more.
    recorder.run(f"{GROW}; until dmesg | grep -q 'takes records again'; do :; done")
    before = recorder.stats()
    recorder.run("./programs overload 4 10000")
    stats = recorder.stats()
    recorder.unload()
    assert stats["dropped_sink"] == before["dropped_sink"]
    assert stats["recorded"] - before["recorded"] >= 40000


@pytest.mark.parametrize("sink", WHERE)
def test_unloading_ends_all_waits(slow: Recorder, sink: str) -> None:
    slow.load(f"{WAIT} {WHERE[sink]}")
    waiting = f"{FREEZE}; ./programs overload 4 50000 & pid=$!; {until('waits', 1)}"
    # The programs go on and end while the disk still takes nothing; the rest is written after that.
    slow.run(f"{waiting}; rmmod syscord & rmmod=$!; wait $pid; {THAW}; wait $rmmod")
    assert summary(slow)[0] > 0


def test_it_can_be_loaded_and_unloaded_while_threads_wait(slow: Recorder) -> None:
    # On a disk that is full, nobody waits a third time.
    load = f"rm -f slow/r/record; insmod syscord.ko {WAIT} {WHERE['text']} max_mb=0"
    cycle = f"{load}; {until('waits', 3)}; rmmod syscord"
    cycles = f"for i in 1 2 3 4 5; do {cycle}; done"
    # The threads would take eight ninths of the time from what loads, unloads and waits for grace periods.
    slow.run(f"nice -n 19 ./programs overload 8 100000000 & pid=$!; {SLOW}; {cycles}; {QUICK}; kill $pid", timeout=120)
    assert [said.dropped for said in law.summaries("\n".join(slow.log()))] == 5 * [0]


def test_without_on_full_nobody_waits(slow: Recorder) -> None:
    slow.load(f"{WAIT.replace('on_full=wait', '')} {WHERE['text']}")
    slow.run(f"{FREEZE}; ./programs overload 4 5000; {THAW}")
    stats = slow.stats()
    assert stats["dropped_ring"] > 0
    assert [stats[name] for name in ("waits", "waited_ns", "wait_timeouts", "waits_refused")] == [0, 0, 0, 0]
    slow.unload()
    assert not [line for line in slow.log() if "waited" in line]


def test_a_kernel_that_lets_no_thread_wait_refuses_it(recorder: Recorder) -> None:
    # The module looks for another name, which no kernel exports: as if this one did not export the right one.
    recorder.run("LC_ALL=C sed -zi 's/^task_work_add$/task_work_xyz/' syscord.ko")
    result = recorder.try_load("on_full=wait")
    assert "Operation not supported" in result.stderr
    (line,) = recorder.log()
    assert line.startswith("on_full=wait: this kernel has no point at which a module may let a thread wait")
    recorder.load("on_full=drop")
