"""How much the files may take, and what stays free: root's reserve, min_free_mb=, max_mb=."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest

from syscord_read.check.verify import verify
from syscord_read.model.call import Call, calls_of
from syscord_read.record.text import Lost, Record
from syscord_read.source import open_source
from tests.guest.recorder import Recorder
from tests.guest.test_loss import summary

# The disk is full when the module says so; what comes then is more than the rings hold.
FLOOD = 'until dmesg | grep -q "can\'t write"; do ./programs writes 300 1000; done; ./programs writes 1000 1000'
# Free blocks, those that a user without privileges may use, and all of them.
BLOCKS = "stat -f -c '%f %a %b' {}"
WHERE = {"text": "record={}/r/record", "ctf": "sink=ctf record={}/t"}


@pytest.fixture(scope="session")
def disk(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small ext4 of which a fifth is kept for root, compressed."""
    image = tmp_path_factory.mktemp("disk") / "ext4"
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-m", "20", image, "8M"], check=True)
    return gzip.compress(Path(image).read_bytes())


def mount(recorder: Recorder, disk: bytes, place: str) -> None:
    """Mount it in the guest."""
    recorder.machine.put(disk, "/tmp/disk.gz")
    recorder.run(f"gunzip disk.gz; modprobe loop; mkdir -p {place}; mount -o loop disk {place}")


@pytest.mark.parametrize("sink", WHERE)
def test_the_blocks_that_are_kept_for_root_stay_free(recorder: Recorder, disk: bytes, sink: str) -> None:
    mount(recorder, disk, "/tmp/full")
    recorder.load(
        f"{WHERE[sink].format('/tmp/full')} content=1000 ring_kb=64 max_mb=0 min_free_mb=0 proc_name=programs"
    )
    recorder.run(FLOOD, timeout=120)
    free, available, blocks = map(int, recorder.run(BLOCKS.format("full")).split())
    assert available * 20 < blocks
    assert free * 10 > blocks
    assert recorder.stats()["dropped_sink"] > 0
    recorder.unload()
    free, _, _ = map(int, recorder.run(BLOCKS.format("full")).split())
    assert free * 10 > blocks


# max_mb=

MIB = 1 << 20
SIZES = "du -cb {} | tail -n 1 | cut -f 1"
SET = "echo {1} > /sys/module/syscord/parameters/{0}"
STOPPED = "its files would have "


def calls(trace: Path) -> list[Call]:
    """The syscalls in a trace, which must be whole."""
    source = open_source([trace])
    found = [call for batch in source.batches() for call in calls_of(batch)]
    assert source.problems == []
    return found


def said(recorder: Recorder, what: str) -> list[str]:
    """Lines of the kernel log that have a text in them."""
    return [line for line in recorder.log() if what in line]


def test_a_record_stops_at_its_limit_and_goes_on_when_that_is_raised(recorder: Recorder) -> None:
    record = "/tmp/r/record"
    recorder.load(f"record={record} max_mb=1 content=1000 ring_kb=64 proc_name=programs")
    recorder.run(FLOOD, timeout=120)
    assert MIB // 2 < int(recorder.run(f"stat -c %s {record}")) <= MIB
    assert recorder.stats()["dropped_sink"] > 0
    stopped = f"can't write to {record}: its files would have more than the 1024 KiB that max_mb= allows"
    assert [line[: len(stopped)] for line in said(recorder, "can't write")] == [stopped]
    recorder.run(f"{SET.format('max_mb', 0)}; until dmesg | grep -q 'takes records again'; do :; done")
    recorder.run("./programs mark 1000")
    stats = recorder.stats()
    recorder.unload()
    found = recorder.all(record)  # every line is whole, or it could not be parsed
    records = [line for line in found if isinstance(line, Record)]
    assert b"-1000" in [line.fields.get("fd") for line in records]
    assert len(records) == stats["recorded"]
    assert sum(line.count for line in found if isinstance(line, Lost)) == stats["dropped_sink"] + stats["dropped_ring"]
    assert len(said(recorder, "takes records again")) == 1


@pytest.mark.no_accounts
def test_a_record_that_is_emptied_or_removed_goes_on(recorder: Recorder) -> None:
    record = "/tmp/r/record"
    recorder.load(f"record={record} max_mb=1 content=1000 ring_kb=64 proc_name=programs")
    recorder.run(FLOOD, timeout=120)
    recorder.run(f": > {record}; until dmesg | grep -q 'takes records again'; do :; done; ./programs mark 1000")
    recorder.run(f"until [ $(stat -c %s {record}) -gt 700000 ]; do ./programs writes 300 1000; done")
    recorder.run(f"rm {record}; until [ -s {record} ]; do ./programs writes 1 10; done")
    recorder.run("./programs mark 1001; rmmod syscord")
    assert b"-1001" in [line.fields.get("fd") for line in recorder.records(record)]


def test_a_record_that_stopped_says_all_that_is_lost(recorder: Recorder) -> None:
    recorder.load("record=/tmp/r/record max_mb=1 content=1000 ring_kb=128 proc_name=programs")
    recorder.run(f"{FLOOD}; rmmod syscord", timeout=120)
    recorded, dropped, _ = summary(recorder)
    assert int(recorder.run("stat -c %s r/record")) <= MIB
    found = recorder.all("/tmp/r/record")
    assert len([line for line in found if isinstance(line, Record)]) == recorded
    assert sum(line.count for line in found if isinstance(line, Lost)) == dropped > 0


def test_a_trace_stops_at_its_limit_and_says_all_that_is_lost(recorder: Recorder, tmp_path: Path) -> None:
    recorder.load("sink=ctf record=/tmp/t max_mb=1 content=1000 ring_kb=128 proc_name=programs")
    recorder.run(FLOOD, timeout=120)
    assert len(said(recorder, STOPPED)) == 1
    recorder.unload()
    # Beyond the limit, there is a header for each CPU.
    assert MIB // 2 < int(recorder.run(SIZES.format("/tmp/t/*"))) <= MIB + 1024
    recorded, dropped, _ = summary(recorder)
    trace = recorder.fetch("/tmp/t", tmp_path)
    assert len(calls(trace)) == recorded
    source = open_source([trace])
    assert sum(findings.lost for findings in verify(source)) == dropped > 0
    assert source.problems == []


def test_a_trace_goes_on_when_its_limit_is_raised(recorder: Recorder, tmp_path: Path) -> None:
    recorder.load("sink=ctf record=/tmp/t max_mb=1 content=1000 ring_kb=128 proc_name=programs")
    recorder.run(FLOOD, timeout=120)
    recorder.run(f"{SET.format('max_mb', 'auto')}; until dmesg | grep -q 'takes records again'; do :; done")
    recorder.run("./programs mark 1000")
    recorder.unload()
    assert -1000 in [call.entry.get("fd") for call in calls(recorder.fetch("/tmp/t", tmp_path))]


ROTATED = {"text": "record=/tmp/r/record", "ctf": "sink=ctf record=/tmp/r"}


@pytest.mark.no_accounts
@pytest.mark.parametrize("rotation", ["rotate_mb=1", "rotate_s=86400"])
@pytest.mark.parametrize("sink", ROTATED)
def test_of_rotated_files_the_oldest_go_first(recorder: Recorder, tmp_path: Path, sink: str, rotation: str) -> None:
    recorder.load(f"{ROTATED[sink]} max_mb=4 {rotation} keep=50 content=1000 ring_kb=8192 proc_name=programs")
    for turn in range(8):
        recorder.run(f"./programs writes 1000 1000; ./programs mark {1000 + turn}")
        assert int(recorder.run(SIZES.format("/tmp/r/*"))) <= 4 * MIB
    stats = recorder.stats()
    recorder.unload()
    assert stats["dropped_sink"] == stats["dropped_ring"] == 0
    assert int(recorder.run(SIZES.format("/tmp/r/*"))) > 1.5 * MIB
    assert said(recorder, "can't") == []
    if sink == "text":
        names = recorder.run("ls -v -r r").split()
        marks = [line.fields.get("fd") for name in names for line in recorder.records(f"/tmp/r/{name}")]
        left = [int(fd) for fd in marks if isinstance(fd, bytes) and int(fd) <= -1000]
    else:
        fds = [call.entry.get("fd") for call in calls(recorder.fetch("/tmp/r", tmp_path))]
        left = [fd for fd in fds if isinstance(fd, int) and fd <= -1000]
    # What is left is the latest, without a gap.
    assert left == [-1000 - turn for turn in range(8 - len(left), 8)]
    assert 1 <= len(left) < 8


# min_free_mb=


def test_room_for_others_stays_free_and_no_old_file_goes_for_it(recorder: Recorder) -> None:
    recorder.run("mkdir small; mount -t tmpfs -o size=12m,mode=700 none small")
    recorder.load(
        "record=/tmp/small/record min_free_mb=4 max_mb=0 rotate_mb=1 keep=50 content=1000 ring_kb=64 proc_name=programs"
    )
    recorder.run("until [ -e small/record.2 ]; do ./programs writes 300 1000; done; head -c 3m /dev/zero > small/other")
    recorder.run(FLOOD, timeout=120)
    assert int(recorder.run("stat -f -c %a small")) * 4096 >= 4 * MIB
    before = recorder.run("ls -v small").split()
    assert len(said(recorder, "less than the 4096 KiB would stay free that min_free_mb= keeps")) == 1
    recorder.run("./programs writes 1000 1000")
    assert recorder.run("ls -v small").split() == before
    recorder.run("rm small/other; until dmesg | grep -q 'takes records again'; do :; done; ./programs mark 1000")
    recorder.unload()
    assert b"-1000" in [line.fields.get("fd") for line in recorder.records("/tmp/small/record")]


def test_by_default_a_share_of_the_file_system_is_the_limit(recorder: Recorder) -> None:
    recorder.run("mkdir small; mount -t tmpfs -o size=12m,mode=700 none small")
    recorder.load("record=/tmp/small/record content=1000 ring_kb=64 proc_name=programs")
    recorder.run(FLOOD, timeout=120)
    assert 2 * MIB < int(recorder.run("stat -c %s small/record")) <= 3 * MIB
    assert len(said(recorder, "more than the 3072 KiB that max_mb= allows")) == 1
    recorder.run(f"{SET.format('max_mb', 0)}; dmesg -C; {FLOOD}", timeout=120)
    assert MIB <= int(recorder.run("stat -f -c %a small")) * 4096 < 2 * MIB
    assert len(said(recorder, "less than the 1024 KiB would stay free")) == 1


def test_the_limits_can_be_read_and_changed(recorder: Recorder) -> None:
    recorder.load()
    for name in ("max_mb", "min_free_mb"):
        assert recorder.value(name) == "auto"
        for value in ("0", "100", "auto"):
            assert recorder.set(name, value).status == 0
            assert recorder.value(name) == value
        assert recorder.set(name, "lots").status
        assert recorder.value(name) == "auto"
        assert recorder.log()[-1] == f"{name}=lots: give a whole number of MiB from 0 to 1073741824, or auto"


# A disk that answers late


def test_a_snapshot_that_waits_for_its_disk_keeps_nobody_from_the_parameters(recorder: Recorder, disk: bytes) -> None:
    """The file system is frozen: the writer waits in its write, and who asked for the snapshot waits for the writer."""
    mount(recorder, disk, "/tmp/frozen")
    recorder.load("mode=overwrite record=/tmp/frozen/r/record proc_name=programs")
    recorder.run("./programs mark 1000; fsfreeze -f frozen")
    ask = f"{SET.format('snapshot', 1)} & asked=$!; until grep -q syscord /proc/$asked/stack; do :; done"
    read = "timeout 20 cat /sys/module/syscord/parameters/stats > out && echo read"
    told = recorder.run(f"{ask}; {read}; fsfreeze -u frozen; wait $asked && echo written")
    assert told.split() == ["read", "written"]
    recorder.unload()
