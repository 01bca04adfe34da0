"""Filters: each wants what it says, all must hold, and what is no syscall is never filtered out."""

from __future__ import annotations

from pathlib import Path

import pytest

from syscord_read.errors import UsageError
from syscord_read.model.call import calls_of
from syscord_read.model.selection import Selection, parse_errnos
from syscord_read.model.syscall_sets import Syscalls
from syscord_read.model.times import Origin, When
from syscord_read.source import open_source
from tests.unit.traces import OFFSET, Maker

SECOND = 1_000_000_000


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A call each 10 ns, whose time says which it is."""
    maker = Maker()
    maker.process(-1, 1, 7, 7, comm=b"nginx")
    maker.process(-1, 2, 8, 7, comm=b"nginx-io")
    maker.process(-1, 3, 9, 9, comm=b"sh")
    opened = {"dir": -100, "flags": 0, "mode": 0}
    maker.call(0, 10, 7, "openat", {**opened, "path": b"/etc/hosts"}, ret=3, duration=100)
    maker.call(0, 20, 8, "openat", {**opened, "path": b"/tmp/\xff"}, ret=-2, pid=7, duration=5000)
    maker.call(0, 30, 9, "close", {"fd": 3}, ret=-9, duration=10)
    maker.call(0, 40, 9, "exit", {"status": 1})
    maker.call(1, 50, 11, "close", None, ret=0, unseen=True)
    maker.process(0, 55, 9, 9, comm=b"bash")
    maker.call(0, 60, 9, "execve", {"path": b"/bin/ls", "argv": (b"/etc/x",)}, duration=1 << 33)
    maker.other(0, 70, 9, 5, 0, compat=True)
    return maker.write(tmp_path / "trace")


def chosen(path: Path, **wishes: object) -> list[int]:
    """The times of the calls that are wanted."""
    source = open_source([path])
    batches = list(source.batches(Selection(**wishes)))  # type: ignore[arg-type]
    assert sum(int((~batch.is_call).sum()) for batch in batches) == 4
    return [call.time - OFFSET for batch in batches for call in calls_of(batch) if call.time]


@pytest.mark.parametrize(
    ("wishes", "times"),
    [
        ({}, [10, 20, 30, 40, 50, 60, 70]),
        ({"pids": frozenset({7})}, [10, 20]),
        ({"tids": frozenset({7, 11})}, [10, 50]),
        ({"comms": ("nginx",)}, [10]),
        ({"comms": ("nginx*", "b?sh")}, [10, 20, 60, 70]),
        ({"comms": ("sh",)}, [30, 40]),
        ({"names": Syscalls(frozenset({"close", "exit"}))}, [30, 40, 50]),
        ({"not_names": Syscalls(frozenset({"close", "openat"}))}, [40, 60, 70]),
        ({"names": Syscalls(frozenset({"open"}))}, [70]),
        ({"outcome": "failed"}, [20, 30]),
        ({"outcome": "ok"}, [10, 40, 50, 60, 70]),
        ({"errnos": frozenset({2})}, [20]),
        ({"errnos": frozenset({2, 9})}, [20, 30]),
        ({"least": 100}, [10, 20, 60]),
        ({"most": 100}, [10, 30, 70]),
        ({"least": 11, "most": 5000}, [10, 20]),
        ({"paths": ("/etc/*",)}, [10]),
        ({"paths": ("/bin/l?", "/tmp/*")}, [20, 60]),
        ({"paths": ("*",), "names": Syscalls(frozenset({"execve"}))}, [60]),
        ({"since": When(OFFSET + 40)}, [40, 50, 60, 70]),
        ({"until": When(39, Origin.BEGIN)}, [10, 20, 30, 40]),
        ({"since": When(20 - 1, Origin.BEGIN), "until": When(OFFSET + 50)}, [20, 30, 40, 50]),
        ({"since": When(-25, Origin.END)}, [50, 60, 70]),
        ({"pids": frozenset({9}), "outcome": "failed"}, [30]),
        ({"pids": frozenset({12345})}, []),
    ],
)
def test_what_is_wanted_is_what_comes(trace: Path, wishes: dict[str, object], times: list[int]) -> None:
    assert chosen(trace, **wishes) == times


def test_text_records_are_selected_by_what_they_say(tmp_path: Path) -> None:
    path = tmp_path / "record"
    lines = [
        "pid=7, openat, dir=-100, path=/etc/hosts, flags=0, mode=0, res=3\n",
        "pid=7, tid=8, rename, oldpath=/a, newpath=/etc/b, res=-2\n",
        "pid=9, write, fd=1, data=/etc/x, size=6, res=6\n",
    ]
    path.write_text("".join(lines))

    def chosen(**wishes: object) -> list[bytes]:
        batches = open_source([path]).batches(Selection(**wishes))  # type: ignore[arg-type]
        return [line for batch in batches if batch.lines is not None for line in batch.lines.to_pylist()]

    assert chosen(paths=("/etc/*",)) == [line.encode() for line in lines[:2]]
    assert chosen(tids=frozenset({8})) == [lines[1].encode()]
    assert chosen(outcome="failed") == [lines[1].encode()]
    assert chosen(names=Syscalls(frozenset({"write", "banana"}))) == [lines[2].encode()]


@pytest.mark.parametrize(
    ("wishes", "error"),
    [
        ({"since": When(0)}, "a text record has no times"),
        ({"least": 0}, "a text record has no durations"),
        ({"comms": ("x",)}, "a text record has no names of processes"),
    ],
)
def test_what_text_does_not_say_cannot_be_asked(tmp_path: Path, wishes: dict[str, object], error: str) -> None:
    path = tmp_path / "record"
    path.write_text("pid=7, close, fd=1, res=0\n")
    with pytest.raises(UsageError, match=error):
        list(open_source([path]).batches(Selection(**wishes)))  # type: ignore[arg-type]


def test_a_name_that_no_syscall_has_is_refused(trace: Path) -> None:
    with pytest.raises(UsageError, match="there is no syscall 'opnat': did you mean openat"):
        chosen(trace, not_names=Syscalls(frozenset({"opnat"})))


def times(trace: Path, **wishes: object) -> list[int]:
    """The times of the calls that are wanted, as read, and as read -y and stat, select them."""
    source = open_source([trace])
    selection = Selection(**wishes)  # type: ignore[arg-type]
    found = [time for batch in source.batches(selection) for time in (batch.time[batch.is_call] - OFFSET).tolist()]
    masked = open_source([trace]).masked_batches(selection)
    assert [time for batch, wanted in masked for time in (batch.time[wanted] - OFFSET).tolist()] == found
    return found


def test_calls_on_a_file_are_those_that_name_it_and_those_on_its_descriptors(tmp_path: Path) -> None:
    maker = Maker()
    maker.open_file(1, 7, -100, b"/etc")
    opened = {"flags": 0, "mode": 0}
    maker.call(0, 10, 7, "openat", {**opened, "dir": -100, "path": b"."}, ret=4)
    maker.call(0, 20, 7, "openat", {**opened, "dir": 4, "path": b"passwd"}, ret=5)
    maker.call(0, 30, 7, "read", {"fd": 5, "size": 9}, exit={"data": b""}, ret=9)
    maker.call(0, 40, 7, "read", {"fd": 6, "size": 9}, ret=-9)
    maker.call(0, 50, 7, "openat", {**opened, "dir": -100, "path": b"passwd"}, ret=-2)
    maker.call(0, 60, 7, "close", {"fd": 5})
    maker.call(0, 70, 7, "read", {"fd": 5, "size": 9}, ret=-9)
    trace = maker.write(tmp_path / "trace")
    assert times(trace, paths=("/etc/passwd",)) == [20, 30, 50, 60]
    assert times(trace, paths=("passwd",)) == [20, 50], "as it was given"
    assert times(trace, paths=("/etc/*",)) == [20, 30, 50, 60]
    # The call that opened it need not be selected.
    assert times(trace, paths=("/etc/passwd",), names=Syscalls(frozenset({"read"}))) == [30]
    assert times(trace, paths=("/etc/passwd",), since=When(20, Origin.BEGIN)) == [30, 50, 60]
    assert times(trace, paths=("/etc/passwd",), until=When(25, Origin.BEGIN)) == [20]


def test_a_range_that_ends_before_it_begins_is_refused(trace: Path) -> None:
    with pytest.raises(UsageError, match="ends before it begins"):
        chosen(trace, since=When(5), until=When(4))


def test_errors_have_names() -> None:
    assert parse_errnos(["ENOENT", "EAGAIN"]) == {2, 11}
    with pytest.raises(UsageError, match="there is no error 'EACES': did you mean EACCES"):
        parse_errnos(["EACES"])
