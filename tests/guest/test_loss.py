"""When something has to be lost it is counted, by cause, and said: seen = recorded + filtered + dropped."""

from __future__ import annotations

import json
from collections import Counter

from syscord_read.record.text import Lost, Record
from tests.guest.accounts import check
from tests.guest.recorder import Recorder, in_machine
from torture import law
from vm import kernels
from vm.boot import boot
from vm.spec import MachineSpec

# A small file system for the record, which can be made larger.
SMALL = "mkdir small; mount -t tmpfs -o size=256k none small"
GROW = "mount -o remount,size=64m small"
FULL = "/tmp/small/r/record"
# The disk is full when the module says so; what comes then is more than the rings hold.
FLOOD = 'until dmesg | grep -q "can\'t write"; do ./programs writes 20 1000; done; ./programs writes 1000 1000'
ON_FULL = f"record={FULL} content=1000 ring_kb=64 proc_name=programs"


def by_cause(found: list[Record | Lost]) -> Counter[str]:
    """How many records are missing, as the record says."""
    lost: Counter[str] = Counter()
    for line in found:
        if isinstance(line, Lost):
            lost[line.cause] += line.count
    return lost


def check_law(stats: dict[str, int]) -> None:
    """Every syscall that was seen is accounted for."""
    dropped = sum(count for name, count in stats.items() if name.startswith("dropped_"))
    assert stats["seen"] == stats["recorded"] + stats["filtered"] + stats["overwritten"] + dropped


def summary(recorder: Recorder) -> list[int]:
    """Recorded, dropped, filtered out: what the module said when it went."""
    said = law.summary(recorder.log()[-1])
    return [said.recorded, said.dropped, said.filtered]


def test_a_full_ring_drops_and_counts(recorder: Recorder) -> None:
    recorder.load("ring_kb=64 content=4096 proc_name=programs")
    recorder.run("taskset 1 ./programs writes 5000 4096 & taskset 2 ./programs writes 5000 4096; wait")
    stats = recorder.stats()
    recorder.unload()
    check_law(stats)
    assert stats["dropped_ring"] > 0
    assert stats["recorded"] + stats["dropped_ring"] >= 10000
    found = recorder.all()
    records = [line for line in found if isinstance(line, Record)]
    assert len(records) == stats["recorded"]
    assert by_cause(found) == {"ring": stats["dropped_ring"]}
    assert summary(recorder)[:2] == [stats["recorded"], stats["dropped_ring"]]


def test_a_full_disk_is_said_once_and_recording_goes_on_when_there_is_room(recorder: Recorder) -> None:
    recorder.run(SMALL)
    recorder.load(ON_FULL)
    recorder.run(FLOOD)
    stats = recorder.stats()
    check_law(stats)
    assert stats["dropped_sink"] > 0
    assert [line for line in recorder.log() if line.startswith("can't write")] == recorder.log()[-1:]
    recorder.run(f"{GROW}; until [ $(stat -c %s {FULL}) -gt 300000 ]; do :; done; ./programs mark 1000")
    stats = recorder.stats()
    recorder.unload()
    check_law(stats)
    found = recorder.all(FULL)  # every line is whole, or it could not be parsed
    records = [line for line in found if isinstance(line, Record)]
    assert records[-1].name == "exit_group"
    assert [record for record in records if record.fields.get("fd") == b"-1000"]
    assert len(records) == stats["recorded"]
    assert by_cause(found)["sink"] == stats["dropped_sink"] > 0
    assert sum(by_cause(found).values()) == summary(recorder)[1]
    assert [line for line in recorder.log() if "takes records again" in line] == [f"{FULL} takes records again"]


def test_unloading_with_a_full_disk_counts_what_is_lost(recorder: Recorder) -> None:
    recorder.run(SMALL)
    recorder.during(FLOOD, ON_FULL)
    recorded, dropped, _ = summary(recorder)
    assert len(recorder.records(FULL)) == recorded
    assert dropped > 0


def test_a_disk_that_is_full_from_the_start_is_no_reason_to_fail(recorder: Recorder) -> None:
    recorder.run(f"{SMALL}; mkdir -m 700 small/r; : > {FULL}; head -c 1m /dev/zero > small/filler 2> /dev/null || true")
    recorder.load(ON_FULL)
    recorder.run("./programs mark 1000; rm small/filler; ./programs mark 1001")
    recorder.unload()
    fds = [record.fields["fd"] for record in recorder.records(FULL) if record.name == "close"]
    assert fds == [b"-1000", b"-1001"]
    assert summary(recorder)[1] == 0


def test_four_million_calls_are_recorded_or_dropped_to_the_unit(kernel: kernels.Kernel, payload: bytes) -> None:
    with boot(MachineSpec(kernel, cpus=4)) as machine:
        recorder = in_machine(machine, payload)
        recorder.load("ring_kb=128 proc_name=programs syscalls=getpid")
        busy = " & ".join(f"taskset -c {cpu} ./programs getpids 1000000" for cpu in range(4))
        recorder.run(f"{busy} & wait", timeout=280)
        stats = recorder.stats()
        assert stats["dropped_ring"] > 0
        assert stats["recorded"] + sum(count for name, count in stats.items() if name.startswith("dropped_")) == 4000000
        machine.run("mount -t debugfs debugfs /sys/kernel/debug")
        counters = json.loads(machine.run("cat /sys/kernel/debug/syscord/counters.json").stdout)
        table = machine.run("cat /sys/kernel/debug/syscord/counters").stdout.splitlines()
        assert [row.split()[0] for row in table] == ["cpu", "0", "1", "2", "3", "all"]
        for cpu in counters["cpus"]:
            assert cpu["recorded"] + sum(cpu["dropped"].values()) == 1000000
        check(machine)
