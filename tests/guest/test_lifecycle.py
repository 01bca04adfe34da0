"""From insmod to rmmod: the file, when a record is in it, and that nothing is lost on the way."""

from __future__ import annotations

import re

import pytest

from syscord_read.model.value import parse_integer
from syscord_read.record.text import Record
from tests.guest.recorder import RECORD, Recorder
from torture import law

FOLDER = RECORD.rpartition("/")[0]
LATEST_MS = 300  # the flush interval is 100 ms; emulation stretches time when the host is busy
TROUBLE = re.compile(r"BUG|WARNING|Oops|Call Trace|Unable to handle|general protection|refcount", re.IGNORECASE)


def marks(records: list[Record]) -> list[int]:
    """The file descriptors, without their minus, that the tools have closed."""
    fds = [parse_integer(record.fields["fd"]) for record in records if record.name == "close" and record.fields]
    return [-fd for fd in fds if fd < 0]


def test_file_and_folder_are_for_root_alone(recorder: Recorder) -> None:
    recorder.during("true")
    assert recorder.run(f"stat -c '%a %U' {FOLDER} {RECORD}") == "700 root\n600 root\n"


def test_a_file_that_others_could_read_is_closed_to_them(recorder: Recorder) -> None:
    recorder.run(f"mkdir -m 755 {FOLDER}; > {RECORD}; chmod 644 {RECORD}")
    recorder.during("true")
    assert recorder.run(f"stat -c %a {RECORD}") == "600\n"


def test_a_record_is_appended_to(recorder: Recorder) -> None:
    recorder.during("./programs mark 1000", "syscalls=close")
    recorder.during("./programs mark 1001", "syscalls=close")
    recorded = marks(recorder.records())
    assert recorded.index(1000) < recorded.index(1001)


def test_a_record_is_in_the_file_within_the_flush_interval(recorder: Recorder) -> None:
    delays = recorder.during(
        f"for i in 1 2 3 4 5; do ./programs delay {RECORD}; done", "syscalls=close proc_name=programs"
    )
    assert all(0 <= int(delay) <= LATEST_MS for delay in delays.split()), delays


def test_the_flush_interval_can_be_longer(recorder: Recorder) -> None:
    delay = int(recorder.during(f"./programs delay {RECORD}", "syscalls=close proc_name=programs flush_ms=3000"))
    assert 1000 <= delay <= 3000 + LATEST_MS


def test_unloading_loses_nothing(recorder: Recorder) -> None:
    recorder.during("./programs burst 20000", "syscalls=close proc_name=programs")
    assert marks(recorder.records())[-20000:] == list(range(1, 20001))


def test_every_record_of_the_law_is_in_the_file(recorder: Recorder) -> None:
    recorder.during("./programs burst 3000 & ./programs burst 3000; wait; find /etc | wc -l")
    (line,) = recorder.log()
    said = law.summary(line)
    assert (said.recorded, said.dropped, said.filtered) == (len(recorder.records()), 0, 0)


def test_records_of_all_cpus_come_in_the_order_of_time(recorder: Recorder) -> None:
    recorder.during("./programs turns 2000", "syscalls=close proc_name=programs")
    turns = [mark for mark in marks(recorder.records()) if mark <= 2000]
    assert turns == list(range(1, 2001))
    assert len({record.pid for record in recorder.records()}) == 2


def test_a_call_that_began_before_is_recorded_as_unseen(recorder: Recorder) -> None:
    pid = recorder.run(
        "mkfifo go; cat < go > out & pid=$!; exec 3> go; ./programs await_read $pid; "
        "insmod syscord.ko pid=$pid; echo hello >&3; exec 3>&-; wait $pid; rmmod syscord; echo $pid"
    )
    first, *others = (line.partition(", ")[2] for line in recorder.lines())
    assert first == "read, entry=unseen, fd=0, size=131072, res=6"
    assert others[0].startswith('write, fd=1, data="hello\\n", size=6, res=6')
    assert not [line for line in others if "unseen" in line]
    assert {record.pid for record in recorder.records()} == {int(pid)}


def test_nothing_of_the_recorder_itself_is_recorded(recorder: Recorder) -> None:
    recorder.during("./programs burst 1000; ps -eo pid,comm | awk '$2 == \"syscord\" { print $1 }' > writer")
    writer = int(recorder.run("cat writer"))
    assert writer
    assert writer not in {record.pid for record in recorder.records()}


# Two other tracers, so that our coming and going changes no code of the kernel.
OTHER_TRACERS = """
cd /sys/kernel/tracing/instances && mkdir one two
for i in one two; do for j in raw_syscalls/sys_enter raw_syscalls/sys_exit sched/sched_process_exit; do
    echo 1 > $i/events/$j/enable
done; done
"""
LOAD = "taskset 1 ./programs forever & a=$!; taskset 2 ./programs forever & b=$!"
COME_AND_GO = "insmod syscord.ko record=/tmp/r/record && rmmod syscord && : > r/record"
USED = "grep -E '^VmallocUsed|^SUnreclaim' /proc/meminfo | awk '{ print $2 }'"


@pytest.mark.no_accounts
def test_the_module_comes_and_goes_under_load(recorder: Recorder, arch: str) -> None:
    if arch == "x86_64":
        # QEMU 7.2 can leave a CPU in a breakpoint that is gone, when kernel code changes while it is running there.
        recorder.run(OTHER_TRACERS)
    before = recorder.run(f"{COME_AND_GO}; dmesg -C; {USED}")
    recorder.run(f"{LOAD}; for i in $(seq 50); do {COME_AND_GO} || exit 1; done; kill $a $b; wait", timeout=200)
    after = recorder.run(USED)
    assert not [line for line in recorder.run("dmesg").splitlines() if TROUBLE.search(line)]
    assert len([line for line in recorder.log() if "syscalls recorded" in line]) == 50
    # One ring that was left would be 4096 KiB; the table of threads is of that order too.
    for was, now in zip(before.split(), after.split(), strict=True):
        assert int(now) - int(was) < 4096, (before, after)


def test_a_thread_that_changes_the_path_meanwhile_breaks_nothing(recorder: Recorder) -> None:
    recorder.during("./programs race 5000", "syscalls=openat proc_name=programs")
    paths = [record.fields["path"] for record in recorder.records() if record.fields["dir"] == b"-1"]
    assert len(paths) == 5000
    assert set(paths) == {b"/tmp/race-a", b"/tmp/race-b"}


def test_a_cpu_that_comes_later_is_recorded(recorder: Recorder) -> None:
    online = "/sys/devices/system/cpu/cpu1/online"
    recorder.run(f"echo 0 > {online}")
    recorder.during(f"echo 1 > {online}; taskset 2 ./programs burst 500; echo 0 > {online}; ./programs mark 1000")
    recorded = marks(recorder.records())
    assert [mark for mark in recorded if mark <= 500][-500:] == list(range(1, 501))
    assert 1000 in recorded
