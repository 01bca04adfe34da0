"""Traces and captures of any length: copies of a short one are one long recording, for every reader."""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path

import pytest

from bench import replicate, scap
from bench.errors import BenchError
from bench.replicate import GAP_NS
from tests.unit.traces import Maker

START = (5 << 32) - 1000  # ns: the low 32 bits of the time wrap around in the middle of the first packet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A trace of two CPUs, three packets, and a state."""
    maker = Maker()
    maker.process(-1, START - 500, 7, 7, comm=b"shell", exe=b"/bin/sh", reason="state")
    maker.open_file(START - 400, 7, 0, b"/dev/null")
    maker.call(0, START, 7, "openat", {"dir": -100, "path": b"/etc/hosts", "flags": 0, "mode": 0}, ret=3)
    maker.call(0, START + 2000, 7, "read", {"fd": 3, "size": 9}, exit={"data": b"odd"}, ret=3)
    maker.packet(0)
    maker.process(1, START + 2500, 8, 7, comm=b"thread")
    maker.call(1, START + 3000, 8, "close", {"fd": 3}, pid=7)
    maker.call(0, START + (1 << 32), 7, "getuid", {})
    return maker.write(tmp_path / "short")


def babeltrace(trace: Path) -> list[tuple[int, str, str]]:
    """Time, name and fields of each event, about which babeltrace2 must have nothing to complain."""
    command = ["babeltrace2", "--clock-cycles", "--no-delta", str(trace)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    # The braces that are passed over are the packet's.
    found = re.findall(r"^\[(\d+)\] \S+ (\w+): \{[^}]*\}, (.*)$", done.stdout, re.MULTILINE)
    return [(int(time), name, fields) for time, name, fields in found]


def headers(stream: Path, *places: tuple[str, int]) -> list[tuple[int, ...]]:
    """What the header of each packet has at these places: a struct's format, and an offset."""
    data, offset, found = stream.read_bytes(), 0, []
    while offset < len(data):
        found.append(tuple(struct.unpack_from(f"<{kind}", data, offset + place)[0] for kind, place in places))
        offset += struct.unpack_from("<Q", data, offset + 56)[0] // 8
    return found


def test_one_copy_is_the_same_trace(folder: Path, tmp_path: Path) -> None:
    made = replicate.replicate(replicate.read(folder), tmp_path / "same", 1)

    for path in folder.iterdir():
        assert (made.folder / path.name).read_bytes() == path.read_bytes()
    assert (made.records, made.events) == (4, 7)


def test_babeltrace_reads_copies_as_one_long_recording(folder: Path, tmp_path: Path) -> None:
    trace = replicate.read(folder)
    made = replicate.replicate(trace, tmp_path / "long", 3)

    events = babeltrace(folder)
    state, calls = events[:2], events[2:]
    again = [(time + number * trace.period, *rest) for number in range(3) for time, *rest in calls]
    assert babeltrace(made.folder) == [*state, *again]
    assert (made.records, made.events, made.copies) == (12, 2 + 3 * 5, 3)
    assert made.bytes == sum(path.stat().st_size for path in made.folder.iterdir() if path.name != "metadata")


def test_copies_come_one_after_the_other(folder: Path) -> None:
    assert replicate.read(folder).period == (1 << 32) + GAP_NS


def test_packets_are_numbered_and_counted_on(folder: Path, tmp_path: Path) -> None:
    made = replicate.replicate(replicate.read(folder), tmp_path / "long", 3)

    seq_recorded_last = headers(made.folder / "cpu0", ("Q", 64), ("Q", 80), ("I", 148))
    assert seq_recorded_last == [(0, 2, 0), (1, 3, 0), (2, 5, 0), (3, 6, 0), (4, 8, 0), (5, 9, 1)]
    assert headers(made.folder / "cpu1", ("Q", 64), ("Q", 80), ("I", 148)) == [(0, 1, 0), (1, 2, 0), (2, 3, 1)]
    assert headers(made.folder / "cpu0", ("Q", 152)) == [(2,), (3,), (5,), (6,), (8,), (9,)]


def test_packets_that_do_not_count_what_was_seen_are_copied_as_they_are(tmp_path: Path) -> None:
    maker = Maker(counts_seen=False)
    maker.call(0, START, 7, "getuid", {})
    made = replicate.replicate(replicate.read(maker.write(tmp_path / "old")), tmp_path / "long", 3)
    assert len(babeltrace(made.folder)) == made.records == 3


def test_times_of_packets_are_those_of_their_events(folder: Path, tmp_path: Path) -> None:
    trace = replicate.read(folder)
    made = replicate.replicate(trace, tmp_path / "long", 2)

    times = headers(made.folder / "cpu0", ("Q", 32), ("Q", 40))
    first, second = (START, START + 2000), (START + (1 << 32), START + (1 << 32))
    assert times[:2] == [first, second]
    assert times[2:] == [tuple(time + trace.period for time in packet) for packet in (first, second)]


def test_copies_are_as_many_as_it_takes(folder: Path, tmp_path: Path) -> None:
    trace = replicate.read(folder)

    assert replicate.copies_for(trace, records=12) == 3
    assert replicate.copies_for(trace, records=13) == 4
    assert replicate.copies_for(trace, size=1) == 1
    enough = replicate.copies_for(trace, size=100_000)
    assert replicate.replicate(trace, tmp_path / "enough", enough).bytes >= 100_000
    assert replicate.replicate(trace, tmp_path / "less", enough - 1).bytes < 100_000


def test_a_trace_that_cannot_be_copied_is_refused(folder: Path) -> None:
    cpu0 = folder / "cpu0"
    whole = cpu0.read_bytes()

    cpu0.write_bytes(whole[:-1])
    with pytest.raises(BenchError, match=r"cpu0, byte \d+: no whole packet begins here"):
        replicate.read(folder)
    cpu0.write_bytes(whole[:100])
    with pytest.raises(BenchError, match="cpu0, byte 0: the last packet is cut off"):
        replicate.read(folder)
    cpu0.write_bytes(whole[:166] + b"\0\0" + whole[168:])
    with pytest.raises(BenchError, match="cpu0, byte 160: no event begins here"):
        replicate.read(folder)


def test_a_rotated_trace_is_refused(folder: Path) -> None:
    (folder / "cpu0.1").write_bytes(b"")
    with pytest.raises(BenchError, match=r"cpu0\.1: a trace that was rotated"):
        replicate.read(folder)


def test_a_trace_without_records_is_refused(folder: Path) -> None:
    for name in ("cpu0", "cpu1"):
        (folder / name).unlink()
    with pytest.raises(BenchError, match="there are no records in it"):
        replicate.read(folder)


def block(kind: int, content: bytes) -> bytes:
    """A block of sysdig's captures."""
    size = struct.pack("<I", 12 + len(content))
    return struct.pack("<I", kind) + size + content + size


def event(time: int, text: bytes) -> bytes:
    """A block of an event, on CPU 1."""
    return block(scap.EVENT, struct.pack("<HQ", 1, time) + text)


def test_captures_have_their_events_again_later(tmp_path: Path) -> None:
    head = block(0x0A0D0D0A, bytes(16)) + block(0x201, b"machine")
    short, long = tmp_path / "short", tmp_path / "long"
    short.write_bytes(head + event(1 << 40, b"odd") + event((1 << 40) + 70, b""))

    scap.replicate(scap.read(short), long, 2)

    later = (1 << 40) + 70 + GAP_NS
    assert long.read_bytes() == short.read_bytes() + event(later, b"odd") + event(later + 70, b"")


def test_a_capture_of_an_unknown_form_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "capture"
    for data, complaint in (
        (event(1, b"")[:-1], "byte 0: no whole block"),
        (event(1, b"") + block(0x201, b""), "byte 22: a block of type 0x201 stands between events"),
        (block(0x201, b""), "there are no events"),
    ):
        file.write_bytes(data)
        with pytest.raises(BenchError, match=complaint):
            scap.read(file)
