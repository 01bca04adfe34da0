"""Whether a trace is whole: every count is compared, and what is missing is told with place, time and cause."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from syscord_read.check.verify import Findings, verify
from syscord_read.ctf.ledger import CUT_OFF
from syscord_read.ctf.trace import Header
from syscord_read.model.losses import Lost
from syscord_read.model.times import timestamp
from syscord_read.source import open_source
from tests.unit.traces import CLOSE, OFFSET, Counts, Maker


def close(maker: Maker, cpu: int, time: int) -> None:
    maker.call(cpu, time, 7, "close", {"fd": 1})


def report(path: Path) -> Findings:
    (found,) = verify(open_source([path]))
    return found


def report_of(maker: Maker, folder: Path) -> Findings:
    return report(maker.write(folder / "trace"))


@pytest.fixture
def maker() -> Maker:
    """Two CPUs, two packets each; those of CPU 0 are not finished."""
    found = Maker([CLOSE])
    found.process(-1, 1, 7, 7, comm=b"tool")
    found.description(2, 1, 1)
    for cpu in (0, 1):
        for time in (10, 20):
            close(found, cpu, time + cpu)
            close(found, cpu, time + cpu + 5)
            if time == 10:
                found.packet(cpu)
    return found


def test_a_whole_trace_is_whole(maker: Maker, tmp_path: Path) -> None:
    found = report_of(maker, tmp_path)
    assert found.is_whole and found.problems == [] and found.losses == [] and found.notes == []
    assert (found.records, found.others, found.packets, found.cpus) == (8, 2, 5, 2)
    assert (found.begin, found.end) == (OFFSET + 1, OFFSET + 26)


def test_what_a_description_leaves_out_is_noted(maker: Maker, tmp_path: Path) -> None:
    maker.open_files(3, 7, 7, 64, 20003)
    maker.open_files(4, 8, 7)
    maker.description(5, 4096, 30000)
    found = report_of(maker, tmp_path)
    assert found.is_whole
    assert found.notes == [
        "state: 4096 of 30000 threads are described: there are bounds",
        "state: open files are described in part: 64 of 20003 of process 7: there are bounds",
    ]


def test_a_description_that_ends_too_early_is_noted(maker: Maker, tmp_path: Path) -> None:
    maker.open_file(3, 7, 1, b"/dev/null")
    found = report_of(maker, tmp_path)
    assert found.is_whole
    assert found.notes == ["state: the description of what there was is not complete"]


def test_a_recording_that_goes_on_is_not_whole(maker: Maker, tmp_path: Path) -> None:
    found = report(maker.write(tmp_path, finish=False))
    assert [problem.what for problem in found.problems] == [CUT_OFF]
    assert not found.is_finished and not found.is_being_written


def test_what_was_dropped_is_told_by_cpu_cause_and_time(maker: Maker, tmp_path: Path) -> None:
    maker.counts[1].dropped |= {"ring": 70, "threads": 2}
    maker.packet(1)
    maker.counts[1].dropped["ring"] = 75
    close(maker, 1, 50)
    found = report_of(maker, tmp_path)
    assert found.losses == [
        Lost(1, "ring", 75, OFFSET + 16, OFFSET + 50),
        Lost(1, "threads", 2, OFFSET + 16, OFFSET + 26),
    ]
    assert found.lost == 77 and not found.is_whole
    assert str(found.losses[0]).startswith("CPU 1: 75 records, as the ring was full (give more ring_kb=), between ")
    assert timestamp(OFFSET + 16) in str(found.losses[0])


def test_what_was_dropped_before_the_first_record_counts(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.counts[0] = Counts()
    maker.counts[0].dropped["cpu"] = 5
    close(maker, 0, 9)
    assert report_of(maker, tmp_path).losses == [Lost(0, "cpu", 5, OFFSET + 9, OFFSET + 9)]


def test_packets_that_are_missing_are_told_with_their_records(maker: Maker, tmp_path: Path) -> None:
    maker.counts[0].seq += 2
    maker.counts[0].recorded += 9
    found = report_of(maker, tmp_path)
    assert [problem.what for problem in found.problems] == ["2 packets are missing before this one, with 9 records"]


def test_what_rotation_removed_is_a_note(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.counts[0] = Counts(seq=7, recorded=500)
    maker.counts[0].dropped["ring"] = 5
    close(maker, 0, 9)
    found = report_of(maker, tmp_path)
    assert found.is_whole
    assert found.notes == ["cpu0: 7 packets were removed, by rotation or by somebody"]


def test_what_was_overwritten_is_a_note(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    close(maker, 0, 9)
    maker.packet(0)
    maker.counts[0].seq, maker.counts[0].recorded, maker.counts[0].overwritten = 9, 50, 60
    close(maker, 0, 10)
    found = report_of(maker, tmp_path)
    assert found.is_whole
    assert found.notes == ["CPU 0: 60 records were overwritten, as mode=overwrite does"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"events": 3}, "it should have 3 events, of which 2 are there"),
        ({"records": 1, "recorded": 3}, "it should have 1 syscalls, and has 2"),
        ({"end": 24}, "it should end at 24 ns, and its last event is of 25 ns"),
        ({"recorded": 9}, "it counts 5 records more than are there"),
        ({"cpu": 1}, "this packet is of CPU 1, in the file of another"),
        ({"discarded": 1}, "it counts 1 dropped records, and by cause 0"),
        ({"begin": 12}, "this packet begins 3 ns before the one before it ends"),
        ({"seq": 0}, "this is packet 0, behind packet 0"),
    ],
)
def test_counts_that_are_wrong_are_told(maker: Maker, tmp_path: Path, changes: dict[str, int], problem: str) -> None:
    maker.packet(0, flags=1, **changes)
    found = report_of(maker, tmp_path)
    assert problem in [each.what for each in found.problems]
    assert not found.is_whole


def test_events_that_are_longer_than_their_fields_are_told(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.event(0, 1, 7, CLOSE.nr * 16, struct.pack("<Iii", 5, 0, 3) + b"more", record=True)
    found = report_of(maker, tmp_path)
    assert [problem.what for problem in found.problems] == ["1 close are longer than their fields, near here"]


def test_events_that_do_not_fit_are_told(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.event(0, 1, 7, CLOSE.nr * 16, b"", record=True)
    found = report_of(maker, tmp_path)
    assert [problem.what for problem in found.problems] == [
        "1 events of this packet do not fit what the metadata says of them"
    ]


def test_a_cut_off_end_is_told_with_its_bytes(maker: Maker, tmp_path: Path) -> None:
    path = maker.write(tmp_path / "trace")
    size = (path / "cpu1").stat().st_size
    os.truncate(path / "cpu1", size - 1)
    found = report(path)
    assert found.unread == size // 2 - 1
    (problem,) = found.problems
    assert "cut off" in problem.what


def test_a_trace_without_streams_is_not_whole(tmp_path: Path) -> None:
    found = report(Maker([CLOSE]).write(tmp_path))
    (problem,) = found.problems
    assert problem.what == "there are no records: the files cpu0, cpu1 ... are missing"


def test_the_syscalls_that_the_filter_did_not_want_are_summed(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    for cpu in (0, 1):
        close(maker, cpu, 1)
        maker.packet(cpu, flags=1, filtered=100)
    assert report_of(maker, tmp_path).filtered == 200


def test_a_text_record_tells_what_it_lost(tmp_path: Path) -> None:
    path = tmp_path / "record"
    path.write_text("pid=1, close, fd=1, res=0\nlost=3, cause=ring, cpu=0\nlost=4, cause=ring, cpu=0\n")
    found = report(path)
    assert (found.records, found.losses) == (1, [Lost(0, "ring", 7)])
    assert str(found.losses[0]) == "CPU 0: 7 records, as the ring was full (give more ring_kb=)"


def test_the_header_is_as_the_module_has_it() -> None:
    assert len(Header._fields) == 22


@pytest.mark.parametrize(
    ("last", "under_way", "whole"),
    [(0, 0, True), (0, 1, True), (0, 2, False), (1, 0, True), (1, 1, False), (1, -1, False)],
)
def test_counts_must_add_up_to_the_unit(tmp_path: Path, last: int, under_way: int, whole: bool) -> None:
    """A packet that is closed in the middle of a call has seen that call already, but not the last packet."""
    maker = Maker([CLOSE], counts_seen=True)
    close(maker, 0, 1)
    maker.packet(0, flags=last, filtered=100, seen=101 + under_way)
    close(maker, 0, 2)
    maker.packet(0, flags=1, filtered=100)
    found = report_of(maker, tmp_path)
    assert [problem.what for problem in found.problems] == (
        []
        if whole
        else [
            f"its counts do not add up: {101 + under_way} syscalls were seen, of which 1 were recorded, "
            "100 filtered out and 0 dropped"
        ]
    )


def test_a_cpu_whose_file_is_missing_is_told(tmp_path: Path) -> None:
    maker = Maker([CLOSE], cpus="0-1,3")
    close(maker, 0, 1)
    close(maker, 3, 1)
    found = report_of(maker, tmp_path)
    assert [problem.what for problem in found.problems] == [
        "the file cpu1 is missing: the recording was of the CPUs 0-1,3"
    ]


def test_a_cpu_without_a_packet_may_have_no_file_yet(tmp_path: Path) -> None:
    maker = Maker([CLOSE], cpus="0-1")
    close(maker, 0, 1)
    found = report(maker.write(tmp_path / "trace", finish=False))
    assert not [problem for problem in found.problems if "missing" in problem.what]
