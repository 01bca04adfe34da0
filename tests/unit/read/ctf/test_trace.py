"""Traces that are cut off, damaged, rotated or hostile: what is whole is read, and what is not is told."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syscord_read.ctf.merge import Merger
from syscord_read.ctf.trace import PACKET_MAX, Trace, find_traces, open_trace
from syscord_read.errors import ReadError
from syscord_read.model.call import calls_of
from syscord_read.source import open_source
from syscord_read.write import json, record
from tests.unit.traces import EXECVE, OPENAT, PPOLL, READ, UUID, Maker

HEADER = 160
SOME = (OPENAT, EXECVE, PPOLL, READ)


def some_calls(maker: Maker, cpu: int = 0, begin: int = 0, count: int = 4) -> None:
    """Calls of all kinds, one after the other."""
    for time in range(begin, begin + count):
        maker.process(cpu, time, 7, 7, comm=b"tool", exe=b"/bin/tool")
        maker.call(cpu, time, 7, "openat", {"dir": -100, "path": b"/x%d" % time, "flags": 0, "mode": 0}, ret=time)
        maker.call(cpu, time, 7, "execve", {"path": b"/bin/x", "argv": (b"x", b"yz")})
        maker.call(cpu, time, 7, "ppoll", {"fds": ({"fd": 1, "events": 2, "revents": 3},), "mask": 1, "more": (1, 2)})
        maker.call(cpu, time, 7, "read", {"fd": 1, "size": 1 << 40}, exit={"data": b"data"})


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A trace of three packets, of 16 calls each."""
    maker = Maker(SOME)
    for number in range(3):
        some_calls(maker, begin=number * 10)
        maker.packet(0, flags=number == 2)
    return maker.write(tmp_path / "trace")


def read(path: Path) -> tuple[list[int], Trace]:
    """The times of all calls, and the trace, which knows what is wrong with it."""
    found = open_trace(path)
    times = [call.time for batch in Merger([found]).batches() for call in calls_of(batch)]
    return [time for time in times if time is not None], found


def read_in_all_ways(path: Path) -> None:
    """All that a reader can do with a trace: no exception may come but ReadError."""
    try:
        source = open_source([path])
        writer = json.Writer()
        for batch in source.batches():
            list(calls_of(batch))
            bytes(record.lines(batch))
            bytes(writer.lines(batch))
    except ReadError:
        pass


def packets(path: Path) -> Iterator[tuple[int, int]]:
    """Offset and size of each packet in a sound file."""
    data = path.read_bytes()
    at = 0
    while at < len(data):
        size = struct.unpack_from("<Q", data, at + 56)[0] // 8
        yield at, size
        at += size


def test_a_file_cut_off_anywhere_is_read_up_to_its_last_whole_packet(trace: Path) -> None:
    (_, first), (begin, size), *_ = packets(trace / "cpu0")
    data = (trace / "cpu0").read_bytes()[: begin + size]
    whole, _ = read(trace)
    for cut in range(1, size):
        (trace / "cpu0").write_bytes(data[: begin + cut])
        times, found = read(trace)
        assert times == whole[:16]
        assert found.unread == cut
        (problem,) = found.problems
        assert problem.offset == first and "cut off" in problem.what


@pytest.mark.parametrize("packets_left", [0, 1, 2, 3])
def test_a_file_that_ends_between_packets_is_no_problem(trace: Path, packets_left: int) -> None:
    ends = [0, *(at + size for at, size in packets(trace / "cpu0"))]
    os.truncate(trace / "cpu0", ends[packets_left])
    times, found = read(trace)
    assert len(times) == packets_left * 16
    assert found.problems == []


def test_what_is_no_packet_is_passed_over(trace: Path) -> None:
    data = (trace / "cpu0").read_bytes()
    (_, first), *_ = packets(trace / "cpu0")
    whole, _ = read(trace)
    for size in (1, 100, 5000, 300_000):
        (trace / "cpu0").write_bytes(data[:first] + random.Random(size).randbytes(size) + data[first:])
        times, found = read(trace)
        assert times == whole
        assert found.unread == size
        (problem,) = found.problems
        assert problem.offset == first and f"{size} bytes were passed over" in problem.what


def test_zeros_where_packets_should_be_are_passed_over(trace: Path) -> None:
    """As a file system may leave them after a power loss."""
    data = (trace / "cpu0").read_bytes()
    (trace / "cpu0").write_bytes(data + bytes(10_000))
    times, found = read(trace)
    assert len(times) == 3 * 16 and found.unread == 10_000


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"magic": 1}, "no packet begins here"),
        ({"stream": 1}, "a packet of stream 1 begins here"),
        ({"content": 151 * 8}, "with 1208 of content"),
        ({"content": 161 * 8, "size": 160 * 8}, "with 1288 of content"),
        ({"size": 160 * 8 + 1}, "a packet of 1281 bits"),
        ({"size": (PACKET_MAX + 1) * 8}, "begins here"),
        ({"size": (1 << 64) - 8}, "begins here"),
        ({"begin": 5, "end": 4}, "lasts from 5 to 4 ns"),
        ({"end": 1 << 63}, "lasts from"),
    ],
)
def test_headers_that_cannot_be_are_told(tmp_path: Path, changes: dict[str, int], what: str) -> None:
    maker = Maker()
    some_calls(maker)
    maker.packet(0, **changes)
    some_calls(maker, begin=100)
    times, found = read(maker.write(tmp_path / "trace"))
    assert len(times) == 16
    assert what in found.problems[0].what


def test_a_packet_of_another_trace_is_told(tmp_path: Path) -> None:
    maker, other = Maker(), Maker()
    some_calls(maker)
    some_calls(other)
    path = maker.write(tmp_path / "trace")
    foreign = bytearray(other.packet(0))
    foreign[4:20] = bytes(16)
    with (path / "cpu0").open("ab") as file:
        file.write(foreign)
    times, found = read(path)
    assert len(times) == 16
    assert found.problems[0].what.startswith("a packet of another trace begins here")


@pytest.mark.parametrize("size", [0, 1, 5])
def test_an_event_without_a_size_ends_a_packet(tmp_path: Path, size: int) -> None:
    maker = Maker()
    some_calls(maker)
    packet = bytearray(maker.packet(0))
    second = HEADER + 2 * struct.unpack_from("<H", packet, HEADER + 6)[0]
    struct.pack_into("<H", packet, second + 6, size)
    left = len(packet) - second
    maker.streams[0] = packet
    some_calls(maker, begin=50)
    times, found = read(maker.write(tmp_path / "trace"))
    assert len(times) == 16
    assert found.problems[0].what == f"{left} bytes at the end of this packet are no event"


def test_an_event_beyond_the_packets_end_is_told(tmp_path: Path) -> None:
    maker = Maker()
    maker.call(0, 1, 7, "close", {"fd": 1})
    packet = bytearray(maker.packet(0))
    struct.pack_into("<H", packet, HEADER + 6, 30_000)
    maker.streams[0] = packet
    times, found = read(maker.write(tmp_path / "trace"))
    assert times == []
    assert found.problems[0].what == "the last event of this packet goes beyond its end"


def test_fields_beyond_the_events_end_are_told(tmp_path: Path) -> None:
    maker = Maker()
    maker.call(0, 1, 7, "write", {"fd": 1, "data": b"abcd", "size": 4})
    maker.call(0, 2, 7, "close", {"fd": 1})
    packet = bytearray(maker.packet(0))
    length = HEADER + 12 + 8 + 4
    assert struct.unpack_from("<I", packet, length)[0] == 4
    struct.pack_into("<I", packet, length, 0xFFFFFF)
    maker.streams[0] = packet
    times, found = read(maker.write(tmp_path / "trace"))
    assert len(times) == 1
    assert found.problems[0].what == "1 events of this packet do not fit what the metadata says of them"


def test_strings_beyond_the_events_end_are_told(tmp_path: Path) -> None:
    maker = Maker()
    for time in range(3):
        maker.call(0, time, 7, "execve", {"path": b"/x", "argv": (b"abcd", b"efgh")})
    packet = bytearray(maker.packet(0))
    at = packet.index(b"efgh") - 2
    struct.pack_into("<H", packet, at, 0xFFF)
    maker.streams[0] = packet
    path = maker.write(tmp_path / "trace")
    found = open_trace(path)
    calls = [call for batch in Merger([found]).batches() for call in calls_of(batch)]
    assert [call.entry["argv"] for call in calls] == [(b"abcd", b"efgh")] * 2
    assert len(found.problems) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120)
@given(data=st.data())
def test_flipped_bits_never_crash(trace: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["cpu0", "cpu0", "metadata"]))
    sound = (trace / name).read_bytes()
    damaged = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(sound) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    (trace / name).write_bytes(damaged)
    try:
        read_in_all_ways(trace)
    finally:
        (trace / name).write_bytes(sound)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(data=st.data())
def test_words_of_any_value_never_crash(trace: Path, data: st.DataObject) -> None:
    """Lengths, sizes and numbers of classes, anywhere behind the headers of packets."""
    sound = (trace / "cpu0").read_bytes()
    damaged = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 20))):
        word = data.draw(st.sampled_from([0, 1, 6, 0xFFFF, 0xFFF, 0x8000, 0xFC00, 0xFC07, 0xFF00, 0xFF01, 0xFF02]))
        struct.pack_into("<H", damaged, HEADER + 2 * data.draw(st.integers(0, (len(sound) - HEADER) // 2 - 1)), word)
    (trace / "cpu0").write_bytes(damaged)
    try:
        read_in_all_ways(trace)
    finally:
        (trace / "cpu0").write_bytes(sound)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(garbage=st.binary(max_size=2000), marked=st.booleans())
def test_garbage_never_crashes(trace: Path, garbage: bytes, marked: bool) -> None:
    mark = struct.pack("<I", 0xC1FC1FC1) + UUID.bytes
    (trace / "cpu1").write_bytes(mark * 3 + garbage if marked else garbage)
    (trace / "state").write_bytes(garbage)
    try:
        read_in_all_ways(trace)
    finally:
        (trace / "cpu1").unlink()
        (trace / "state").unlink()


def test_very_many_problems_take_no_memory(tmp_path: Path) -> None:
    maker = Maker()
    some_calls(maker)
    path = maker.write(tmp_path / "trace")
    mark = struct.pack("<I", 0xC1FC1FC1) + UUID.bytes
    (path / "cpu1").write_bytes(mark * 20_000)
    times, found = read(path)
    assert len(times) == 16
    assert len(found.problems) == 1000
    assert found.unreported > 18_000


def test_what_is_no_plain_file_is_left_alone(trace: Path) -> None:
    os.mkfifo(trace / "cpu1")
    (trace / "cpu2").mkdir()
    (trace / "cpu3").symlink_to(trace / "nowhere")
    times, found = read(trace)
    assert len(times) == 3 * 16
    assert len(found.problems) == 3


def test_files_of_other_names_are_no_streams(trace: Path) -> None:
    for name in ("cpu", "cpu01", "cpu0.0", "cpu0.x", "notes", "cpu0~", "cpu1000000"):
        (trace / name).write_bytes(b"garbage")
    assert read(trace)[1].problems == []


# Rotation


def test_rotated_files_are_read_in_the_order_of_time(tmp_path: Path) -> None:
    """However they are numbered: the module gives the oldest the highest number."""
    maker = Maker()
    path = tmp_path / "trace"
    for number in (11, 2, 1, 0):
        some_calls(maker, begin=100 - number)
        maker.packet(0)
        maker.write(path)
        data = bytes(maker.streams.pop(0))
        (path / f"cpu0.{number}" if number else path / "cpu0").write_bytes(data)
    times, found = read(path)
    assert times == sorted(times) and len(times) == 4 * 16 and found.problems == []


def test_a_file_that_is_renamed_while_it_waits_is_found(trace: Path) -> None:
    found = open_trace(trace)
    (trace / "cpu0").rename(trace / "cpu0.1")
    assert sum(len(batch) for batch in Merger([found]).batches()) == 3 * 20
    assert found.problems == []


def test_a_file_that_is_removed_while_it_waits_is_told(trace: Path) -> None:
    found = open_trace(trace)
    (trace / "cpu0").unlink()
    assert sum(len(batch) for batch in Merger([found]).batches()) == 0
    assert "removed, by rotation or by somebody" in found.problems[0].what


def test_a_file_that_is_cut_off_while_it_is_read_is_told(trace: Path) -> None:
    found = open_trace(trace)
    batches = Merger([found], budget=1).batches()
    next(batches)
    os.truncate(trace / "cpu0", 10)
    list(batches)
    assert found.problems != []


# Finding traces, and metadata


def test_traces_below_a_directory_are_found(tmp_path: Path) -> None:
    for name in ("b/x", "a", "b/y/z"):
        Maker().write(tmp_path / name)
    assert find_traces(tmp_path) == tuple(tmp_path / name for name in ("a", "b/x", "b/y/z"))
    assert find_traces(tmp_path / "a") == (tmp_path / "a",)
    assert find_traces(tmp_path / "b" / "y") == (tmp_path / "b" / "y" / "z",)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ('tracer_name = "syscord"', 'tracer_name = "lttng"', "its tracer is lttng: try babeltrace2"),
        ("byte_order = le", "byte_order = be", "it is not little-endian"),
        ("freq = 1000000000", "freq = 1000", "the clock counts 1000 times a second"),
        ("uuid = ", "other = ", "it has no uuid for the trace"),
        ("\t\tuint64_t filtered;\n", "", "packets begin with 152 bytes, not 160"),
        ("\t\tuint64_t filtered;\n\t\tuint64_t overwritten;\n", "", "packets begin with 144 bytes, not 160"),
        ("\t\tuint16_t __size;\n", "", "events begin with"),
        ("offset_s = ", "offset_s = 99999999999", "offset"),
        ("uint16_t id;", "uint99_t id;", "metadata:92: there is no type 'uint99_t'"),
        ("size = 12;", "size = 65;", "an integer has 1 to 64 bits"),
        ("};\nevent", "}\nevent", "metadata:"),
    ],
)
def test_metadata_of_other_kinds_is_told(tmp_path: Path, old: str, new: str, error: str) -> None:
    path = Maker().write(tmp_path / "trace")
    text = (path / "metadata").read_text()
    assert old in text
    (path / "metadata").write_text(text.replace(old, new))
    with pytest.raises(ReadError) as raised:
        open_trace(path)
    assert error in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"\0", b"trace {", b"x" * 100, b'env { a = "', b"/*"])
def test_metadata_that_is_none_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "metadata").write_bytes(data)
    with pytest.raises(ReadError):
        open_trace(tmp_path)


def test_a_trace_without_metadata_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="it cannot be read"):
        open_trace(tmp_path)
