"""Text records give the same objects as traces do, as far as text says it."""

from __future__ import annotations

from functools import partial
from json import loads
from pathlib import Path

import numpy as np
import pytest

from syscord_read.errors import ReadError
from syscord_read.model.batch import Batch
from syscord_read.model.call import Call, calls_of
from syscord_read.model.layout import Kind, Shape
from syscord_read.model.value import Cut, Missing
from syscord_read.record.text_trace import LINES, TextTrace
from syscord_read.source import open_source
from syscord_read.write import json, record

EVERYTHING = """\
pid=22569, openat, dir=-100, path=/etc/hosts, flags=524288, mode=0, res=3
pid=22569, tid=22571, read, fd=3, size=4096, res=5, data(part+late)="a, b\\n"
pid=1, statfs, entry=unseen, res=-2
lost=70, cause=ring, cpu=1
pid=1, unknown, nr=999, res=-38
pid=1, open, abi=32, res=0x7fff
pid=1, exit_group, status=0, res=?
pid=9, execve, path=<fault>, argv=[tool "a b" <fault> lo...], res=0
pid=9, ppoll, fds=[{fd=3 events=0x1}], timeout={sec=1 nsec=-5}, sigmask=<null>, res=1
pid=9, getsockname, sockfd=3, addr=127.0.0.1:80, res=0, addr=[::1]:80
pid=9, mmap, addr=0x0, res=0xffffffffff600000
lost=1, cause=sink, cpu=0
"""


def text(tmp_path: Path, content: str | bytes = EVERYTHING) -> TextTrace:
    path = tmp_path / "record"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return TextTrace(path)


def calls(trace: TextTrace) -> list[Call]:
    return [call for batch in trace.batches() for call in calls_of(batch)]


def test_lines_come_out_as_they_were(tmp_path: Path) -> None:
    source = open_source([text(tmp_path).path])
    lines = b"".join(bytes(record.lines(batch)) for batch in source.batches())
    assert lines.decode() == EVERYTHING
    assert source.problems == []


def test_a_call_has_what_its_line_says(tmp_path: Path) -> None:
    found = calls(text(tmp_path))
    opened, was_read = found[0], found[1]
    assert (opened.pid, opened.tid, opened.name, opened.ret) == (22569, 22569, "openat", 3)
    assert (opened.time, opened.duration, opened.cpu, opened.nr) == (None, None, None, None)
    assert opened.entry == {"dir": b"-100", "path": b"/etc/hosts", "flags": b"524288", "mode": b"0"}
    assert (was_read.tid, was_read.exit) == (22571, {"data": b"a, b\n"})
    assert was_read.exit_marks == {"data": {"part", "late"}}


def test_kinds_of_calls_are_told_apart(tmp_path: Path) -> None:
    found = calls(text(tmp_path))
    assert [(call.name, call.unseen, call.compat, call.nr, call.ret) for call in found[2:6]] == [
        ("statfs", True, False, None, -2),
        ("unknown", False, False, 999, -38),
        ("open", False, True, None, 0x7FFF),
        ("exit_group", False, False, None, None),
    ]
    assert [call.event_class.kind for call in found[2:5]] == [Kind.SYSCALL, Kind.UNKNOWN, Kind.COMPAT]


def test_lists_and_structs_are_what_they_are_in_a_trace(tmp_path: Path) -> None:
    found = calls(text(tmp_path))
    assert found[6].entry == {"path": Missing.FAULT, "argv": (b"tool", b"a b", Missing.FAULT, Cut(b"lo"))}
    assert found[7].entry == {
        "fds": ({"fd": 3, "events": 1},),
        "timeout": {"sec": 1, "nsec": -5},
        "sigmask": Missing.NULL,
    }
    assert (found[8].entry["addr"], found[8].exit["addr"]) == (b"127.0.0.1:80", b"[::1]:80")
    shapes = [field.shape for field in found[7].event_class.fields]
    assert shapes == [Shape.STRUCTS, Shape.STRUCT, Shape.BYTES]


def test_large_results_keep_their_bits(tmp_path: Path) -> None:
    (batch,) = text(tmp_path).batches()
    assert int(batch.ret[-1]) % (1 << 64) == 0xFFFFFFFFFF600000


def test_losses_stand_before_the_row_that_came_next(tmp_path: Path) -> None:
    (batch,) = text(tmp_path).batches()
    assert [(loss.row, loss.count, loss.cause) for loss in batch.losses] == [(3, 70, "ring"), (10, 1, "sink")]


def test_records_of_the_same_fields_share_a_class(tmp_path: Path) -> None:
    line = "pid=1, close, fd=1, res=0\n"
    trace = text(tmp_path, line * 10 + line.replace("res=0", "res=-9") + "pid=1, close, entry=unseen, res=0\n")
    (batch,) = trace.batches()
    assert [len(group.rows) for group in batch.groups("close")] == [11, 1]
    assert batch.failed.tolist() == [False] * 10 + [True, False]


def test_long_records_come_in_several_batches(tmp_path: Path) -> None:
    count = LINES * 2 + 5
    trace = text(tmp_path, "".join(f"pid={number}, close, fd=1, res=0\n" for number in range(count)))
    batches = list(trace.batches())
    assert [len(batch) for batch in batches] == [LINES, LINES, 5]
    assert [pid for batch in batches for pid in batch.pid.tolist()] == list(range(count))


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (b"pid=1, close, fd=1", "the line has no end: it was cut off"),
        (b"pid=1, close, fd=1\n", "column 19: the line ends without ', res='"),
        (b"pid=1, close, fd=\xff, res=0\n", "byte 17 of the line is not ASCII"),
        (b"\n", "'pid=' is missing here"),
        (b"\0\0\0\n", "'pid=' is missing here"),
    ],
)
def test_a_line_that_is_no_record_is_told_and_passed_over(tmp_path: Path, bad: bytes, problem: str) -> None:
    good = b"pid=1, close, fd=1, res=0\n"
    trace = text(tmp_path, good + bad + (good if bad.endswith(b"\n") else b""))
    assert len(calls(trace)) == 1 + bad.endswith(b"\n")
    assert [(found.offset, problem in found.what) for found in trace.problems] == [(len(good), True)]


def test_a_batch_of_text_can_be_selected_from(tmp_path: Path) -> None:
    (batch,) = text(tmp_path).batches()
    some = batch.select(batch.pid == 9)
    assert list(calls_of(some)) == [call for call in calls_of(batch) if call.pid == 9]
    assert some.lines is not None and len(some.lines) == len(some) == 4


class EndOfTestError(Exception):
    pass


def follow(trace: TextTrace, *steps: object) -> list[int]:
    """The processes of the records that came, while the steps were done instead of sleeping."""
    rest = list(steps)

    def pause(_seconds: float) -> None:
        if not rest:
            raise EndOfTestError
        step = rest.pop(0)
        if callable(step):
            step()

    found: list[int] = []
    with pytest.raises(EndOfTestError):
        for batch in trace.follow(pause):
            assert isinstance(batch, Batch)
            found += batch.pid.tolist()
    return found


def line(pid: int) -> str:
    return f"pid={pid}, close, fd=1, res=0\n"


def append(path: Path, content: str) -> None:
    with path.open("a") as file:
        file.write(content)


def test_what_is_written_next_is_read(tmp_path: Path) -> None:
    trace = text(tmp_path, line(1))
    steps = [line(2) + line(3)[:5], line(3)[5:]]
    found = follow(trace, None, *(partial(append, trace.path, step) for step in steps), None)
    assert found == [1, 2, 3] and trace.problems == []


def test_rotation_is_followed(tmp_path: Path) -> None:
    trace = text(tmp_path, line(1))

    def rotate() -> None:
        trace.path.rename(tmp_path / "record.1")
        append(tmp_path / "record.1", line(2))
        append(trace.path, line(3))

    assert follow(trace, None, rotate, None) == [1, 2, 3]


def rotate(path: Path, content: str) -> None:
    """As the module does it: record.1 becomes record.2, record becomes record.1."""
    numbers = sorted((int(each.suffix[1:]) for each in path.parent.glob("record.*")), reverse=True)
    for number in numbers:
        path.with_suffix(f".{number}").rename(path.with_suffix(f".{number + 1}"))
    path.rename(path.with_suffix(".1"))
    path.write_text(content)


def test_files_that_were_begun_between_two_looks_are_read_in_their_order(tmp_path: Path) -> None:
    """And those that were rotated out before are not."""
    trace = text(tmp_path, line(1))
    (tmp_path / "record.1").write_text(line(99))

    def thrice() -> None:
        for pid in (2, 3, 4):
            rotate(trace.path, line(pid))

    assert follow(trace, None, thrice, None, partial(rotate, trace.path, line(5)), None) == [1, 2, 3, 4, 5]
    assert trace.problems == []


def test_a_file_that_rotation_removed_meanwhile_is_told(tmp_path: Path) -> None:
    trace = text(tmp_path, line(1))

    def thrice() -> None:
        for pid in (2, 3, 4):
            rotate(trace.path, line(pid))
        for number in (2, 3):
            (tmp_path / f"record.{number}").unlink()

    assert follow(trace, None, thrice, None) == [1, 3, 4]
    (problem,) = trace.problems
    assert problem.what.startswith("it was removed, by rotation or by somebody: if files were begun in between")


def test_a_file_that_is_emptied_is_read_from_its_beginning(tmp_path: Path) -> None:
    trace = text(tmp_path, line(1) + line(2))

    def empty() -> None:
        trace.path.write_text(line(3))

    assert follow(trace, None, empty, None) == [1, 2, 3]


@pytest.mark.parametrize("content", [b"root:x:0:0:root:/root:/bin/bash\n", b"\x7fELF", b"/* CTF 1.8 */\n"])
def test_files_of_other_kinds_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "metadata"
    path.write_bytes(content)
    with pytest.raises(ReadError) as raised:
        open_source([path])
    assert str(tmp_path) in str(raised.value)


def test_an_empty_record_is_one(tmp_path: Path) -> None:
    assert calls(text(tmp_path, "")) == []
    assert list(open_source([tmp_path / "record"]).batches()) == []


HUGE = """\
pid=199, prlimit64, pid=0, resource=3, new=<null>, res=0, old={cur=8388608 max=18446744073709551615}
pid=199, prlimit64, pid=0, resource=3, new=<null>, res=0, old={cur=-1 max=-9223372036854775808}
pid=199, epoll_ctl, epfd=9, op=1, fd=11, event={events=0x80002001 data=0xffffffffffffffff}, res=0
pid=199, poll, fds=[{fd=3 events=18446744073709551615} {fd=-1 events=0} <fault>], res=0
"""


def test_numbers_are_any_of_64_bits_whatever_stands_beside_them(tmp_path: Path) -> None:
    found = calls(text(tmp_path, HUGE))
    assert found[0].exit == {"old": {"cur": 8388608, "max": 2**64 - 1}}
    assert found[1].exit == {"old": {"cur": -1, "max": -(2**63)}}
    assert found[2].entry["event"] == {"events": 0x80002001, "data": 2**64 - 1}
    assert found[3].entry["fds"] == ({"fd": 3, "events": 2**64 - 1}, {"fd": -1, "events": 0}, Missing.FAULT)


def test_the_type_of_a_column_does_not_depend_on_its_values(tmp_path: Path) -> None:
    trace = text(tmp_path, "".join(f"pid=1, x, a={{b={number}}}, res=0\n" for number in (1, 2**64 - 1, -1)))
    (batch,) = trace.batches()
    (group,) = batch.groups()
    field = group.event_class.fields[0]
    types = {str(group.select(np.array([row]), np.array([0])).column(field).values.type) for row in range(3)}
    assert types == {"struct<b: decimal128(20, 0)>"}


def test_they_are_numbers_in_json(tmp_path: Path) -> None:
    source = open_source([text(tmp_path, HUGE).path])
    found = [each for batch in source.batches() for each in bytes(json.Writer().lines(batch)).splitlines()]
    assert loads(found[0])["out"] == {"old": {"cur": 8388608, "max": 2**64 - 1}}
    assert loads(found[2])["args"]["event"] == {"events": 0x80002001, "data": 2**64 - 1}
    assert loads(found[3])["args"]["fds"] == [{"fd": 3, "events": 2**64 - 1}, {"fd": -1, "events": 0}, None]
