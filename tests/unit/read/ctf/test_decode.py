"""Events of a trace come out as they were put in, whatever they are made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syscord_read.ctf.merge import Merger
from syscord_read.ctf.trace import Trace, open_trace
from syscord_read.model.batch import Batch
from syscord_read.model.call import Call, calls_of
from syscord_read.model.layout import FAULT, LATE, NULL, PART, Base, Kind, Shape
from syscord_read.model.value import Cut, Missing
from tests.unit.read.trace_values import Event, events, put
from tests.unit.traces import ALL, BARE, CLOSE, MMAP, OFFSET, OPENAT, READ, Declared, Maker

ADDRESS = b"\x02\0\0\x50\x7f\0\0\x01" + bytes(8)


@pytest.fixture
def maker() -> Maker:
    return Maker()


def trace_of(maker: Maker, folder: Path) -> Trace:
    return open_trace(maker.write(folder))


def batches(maker: Maker, folder: Path) -> list[Batch]:
    """All batches; there is nothing wrong with the trace."""
    trace = trace_of(maker, folder)
    found = list(Merger([trace]).batches())
    assert trace.problems == []
    return found


def calls(maker: Maker, folder: Path) -> list[Call]:
    return [call for batch in batches(maker, folder) for call in calls_of(batch)]


def only_call(maker: Maker, folder: Path) -> Call:
    (call,) = calls(maker, folder)
    return call


def test_a_call_has_all_that_the_trace_says(maker: Maker, tmp_path: Path) -> None:
    entry = {"dir": -100, "path": b"/etc/hosts", "flags": 0o2000000, "mode": 0o644}
    maker.call(2, 1234, 22, "openat", entry, ret=3, pid=7, duration=999)
    call = only_call(maker, tmp_path)
    assert (call.time, call.duration, call.cpu, call.pid, call.tid) == (OFFSET + 1234, 999, 2, 7, 22)
    assert (call.name, call.nr, call.ret, call.ret_type) == ("openat", 56, 3, "fd")
    assert (call.unseen, call.compat, call.entry, call.exit) == (False, False, entry, {})
    assert list(call.entry) == ["dir", "path", "flags", "mode"]


@pytest.mark.parametrize(
    ("name", "entry", "exit"),
    [
        ("read", {"fd": 3, "size": 100}, {"data": b"a, b\n"}),
        ("read", {"fd": 3, "size": 1 << 40}, {"data": b""}),
        ("newfstatat", {"dir": 3, "path": b"", "flags": 0}, {"stat": {"dev": 1 << 63, "mode": 0o100644, "size": -1}}),
        ("nanosleep", {"request": {"sec": 1, "nsec": -1}}, {"remain": Missing.NULL}),
        ("execve", {"path": b"/x", "argv": (b"x", Cut(b"lo"), Missing.FAULT, b"")}, None),
        ("execve", {"path": Missing.FAULT, "argv": ()}, None),
        ("ppoll", {"fds": ({"fd": -1, "events": -2, "revents": 65535},), "mask": 5, "more": (1, -2)}, None),
        ("ppoll", {"fds": Missing.NULL, "mask": Missing.FAULT, "more": ()}, None),
        ("accept4", {"sockfd": 3, "flags": 0}, {"addr": ADDRESS}),
        ("getsockname", {"sockfd": 3, "addr": Missing.NULL}, {"addr": ADDRESS}),
    ],
)
def test_every_shape_comes_back(maker: Maker, tmp_path: Path, name: str, entry: Any, exit: Any) -> None:
    maker.call(0, 1, 7, name, entry, exit=exit)
    call = only_call(maker, tmp_path)
    assert (call.entry, call.exit) == (entry, exit or {})


def test_marks_are_told_by_label_and_part(maker: Maker, tmp_path: Path) -> None:
    entry = {"sockfd": 3, "addr": ADDRESS}
    marks = {"addr": ["late", "part"], "addr_out": ["fault"]}
    maker.call(0, 1, 7, "getsockname", entry, exit={"addr": ADDRESS}, marks=marks)
    call = only_call(maker, tmp_path)
    assert call.entry_marks == {"addr": {"late", "part"}}
    assert call.exit_marks == {"addr": {"fault"}}


def test_what_is_not_there_has_no_marks(maker: Maker, tmp_path: Path) -> None:
    maker.call(0, 1, 7, "execve", {"path": Missing.FAULT, "argv": Missing.NULL}, marks={"path": ["late"]})
    assert only_call(maker, tmp_path).entry_marks == {}


@pytest.mark.parametrize(("pid", "duration", "ret"), [(7, 1, 0), (8, 1, -1), (7, 1 << 32, 5), (7, 1, 1 << 40)])
def test_every_form_says_the_same(maker: Maker, tmp_path: Path, pid: int, duration: int, ret: int) -> None:
    maker.call(0, 1, 7, "read", {"fd": 1, "size": 2}, ret=ret, pid=pid, duration=duration)
    call = only_call(maker, tmp_path)
    assert (call.pid, call.tid, call.duration, call.ret) == (pid, 7, duration, ret)


def test_numbers_of_64_bits_are_that_however_they_are_stored(maker: Maker, tmp_path: Path) -> None:
    maker.call(0, 1, 7, "read", {"fd": 1, "size": 2})
    maker.call(0, 2, 7, "read", {"fd": 1, "size": 1 << 33})
    (batch,) = batches(maker, tmp_path)
    columns = [group.labelled("size") for group in batch.groups("read")]
    assert [str(column.values.type) for column in columns if column] == ["uint64", "uint64"]
    assert {column.field.type for column in columns if column} == {"size_t"}


def test_an_unseen_entry_has_no_duration(maker: Maker, tmp_path: Path) -> None:
    maker.call(0, 1, 7, "close", None, ret=-9, unseen=True)
    call = only_call(maker, tmp_path)
    assert (call.unseen, call.duration, call.entry, call.ret) == (True, None, {}, -9)


def test_an_unseen_execve_still_has_its_fields(maker: Maker, tmp_path: Path) -> None:
    entry = {"path": b"/x", "argv": (b"x",)}
    maker.call(0, 1, 7, "execve", entry, unseen=True)
    assert only_call(maker, tmp_path).entry == entry


def test_a_call_without_a_result_has_none(maker: Maker, tmp_path: Path) -> None:
    maker.call(0, 1, 7, "exit", {"status": 1})
    assert only_call(maker, tmp_path).ret is None


@pytest.mark.parametrize(
    ("name", "stored", "ret"),
    [
        ("mmap", 0x7FFF12345000, 0x7FFF12345000),
        ("mmap", -8192, (1 << 64) - 8192),
        ("mmap", -12, -12),
        ("getuid", 4294967294, 4294967294),
        ("close", -4096, -4096),
        ("statfs", -(1 << 63), -(1 << 63)),
    ],
)
def test_results_are_what_their_type_makes(maker: Maker, tmp_path: Path, name: str, stored: int, ret: int) -> None:
    maker.call(0, 1, 7, name, {"addr": 0, "size": 0, "fd": 1}, ret=stored)
    assert only_call(maker, tmp_path).ret == ret


def test_32_bit_calls_have_the_names_of_their_table(maker: Maker, tmp_path: Path) -> None:
    maker.other(0, 1, 7, 5, -38, compat=True)
    maker.other(0, 2, 7, 999, 0, compat=True, bits=2)
    maker.other(0, 3, 7, 4, 2, compat=True)
    maker.other(0, 4, 7, 5, 1, compat=True)
    found = calls(maker, tmp_path)
    assert [(call.name, call.nr, call.compat) for call in found] == [
        ("open", 5, True),
        ("unknown", 999, True),
        ("write", 4, True),
        ("open", 5, True),
    ]
    assert [call.unseen for call in found] == [False, True, False, False]


def test_numbers_of_no_table_are_told(maker: Maker, tmp_path: Path) -> None:
    maker.other(0, 1, 7, -1, -38)
    maker.other(0, 2, 7, 1_000_000, 0, bits=1)
    found = calls(maker, tmp_path)
    assert [(call.name, call.nr, call.ret, call.compat) for call in found] == [
        ("unknown", -1, -38, False),
        ("unknown", 1_000_000, None, False),
    ]


def test_columns_have_the_types_that_their_shapes_promise(maker: Maker, tmp_path: Path) -> None:
    maker.call(0, 1, 7, "ppoll", {"fds": (), "mask": 1, "more": ()})
    maker.call(0, 2, 7, "execve", {"path": b"/x", "argv": (b"a",)})
    maker.call(0, 3, 7, "newfstatat", {"dir": 1, "path": b"/x", "flags": 0}, exit={"stat": Missing.FAULT})
    (batch,) = batches(maker, tmp_path)
    types = {
        (group.event_class.name, field.label): str(group.column(field).values.type)
        for group in batch.groups()
        for field in group.event_class.fields
    }
    assert types == {
        ("ppoll", "fds"): "list<item: struct<fd: int32, events: int16, revents: uint16>>",
        ("ppoll", "mask"): "uint64",
        ("ppoll", "more"): "list<item: int32>",
        ("execve", "path"): "binary",
        ("execve", "argv"): "list<item: binary>",
        ("newfstatat", "dir"): "int32",
        ("newfstatat", "path"): "binary",
        ("newfstatat", "flags"): "int32",
        ("newfstatat", "stat"): "struct<dev: uint64, mode: uint32, size: int64>",
    }
    stat = batch.groups("newfstatat")[0].labelled("stat", exit=True)
    assert stat is not None and stat.values.null_count == 1 and stat.marks.tolist() == [FAULT]


def test_a_batch_tells_marks_as_the_trace_does(maker: Maker, tmp_path: Path) -> None:
    for marks in (["part"], ["late", "fault"], []):
        maker.call(0, 1, 7, "write", {"fd": 1, "data": b"x", "size": 1}, marks={"data": marks})
    maker.call(0, 1, 7, "write", {"fd": 1, "data": Missing.NULL, "size": 1})
    (batch,) = batches(maker, tmp_path)
    column = batch.groups("write")[0].labelled("data")
    assert column is not None and column.marks.tolist() == [PART, LATE | FAULT, 0, NULL]


def test_classes_know_what_they_are(maker: Maker, tmp_path: Path) -> None:
    entry = {"dir": -100, "path": b"/x", "flags": 0, "mode": 0}
    maker.call(0, 1, 7, "openat", entry)
    of = only_call(maker, tmp_path).event_class
    assert (of.kind, of.nr, of.ret.bits, of.ret.signed) == (Kind.SYSCALL, 56, 32, True)
    flags = of.entry[2]
    assert flags.integer and flags.integer.symbols
    assert (flags.integer.symbols.name, flags.integer.symbols.kind) == ("open_flags", "flags")
    assert flags.integer.symbols.values["O_CLOEXEC"] == 0o2000000
    folder = of.entry[0].integer
    assert folder and folder.symbols and folder.symbols.labels == {-100: "AT_FDCWD"}
    assert [(each.label, each.type, each.shape) for each in of.entry] == [
        ("dir", "fd", Shape.INTEGER),
        ("path", "path", Shape.TEXT),
        ("flags", "int", Shape.INTEGER),
        ("mode", "mode_t", Shape.INTEGER),
    ]
    assert of.entry[3].integer and of.entry[3].integer.base is Base.OCT
    assert of.prototype and [fields[0].label for fields in of.prototype.arguments] == ["dir", "path", "flags", "mode"]


def test_times_go_on_where_32_bits_end(maker: Maker, tmp_path: Path) -> None:
    times = [(1 << 32) - 5, (1 << 32) + 5, (2 << 32) + 4, (2 << 32) + 4]
    for time in times:
        maker.call(0, time, 7, "close", {"fd": 1})
    assert [call.time for call in calls(maker, tmp_path)] == [OFFSET + time for time in times]


def test_events_of_odd_size_are_found(maker: Maker, tmp_path: Path) -> None:
    paths = [b"x" * size for size in range(1, 8)]
    for time, path in enumerate(paths):
        maker.call(0, time, 7, "execve", {"path": path, "argv": ()})
        maker.packet(0)
    assert [call.entry["path"] for call in calls(maker, tmp_path)] == paths


def test_selecting_rows_keeps_what_belongs_to_them(maker: Maker, tmp_path: Path) -> None:
    for time in range(20):
        argv = tuple(b"%d" % number for number in range(time % 4))
        maker.call(0, time, 7 + time % 3, "execve", {"path": b"/%d" % time, "argv": argv})
        maker.call(0, time, 7, "ppoll", {"fds": (), "mask": time, "more": tuple(range(time % 3))})
    (batch,) = batches(maker, tmp_path)
    wanted = batch.time % 3 == 1
    expected = [call for call in calls_of(batch) if call.time is not None and call.time % 3 == 1]
    assert list(calls_of(batch.select(wanted))) == expected
    assert len(batch.select(batch.time < 0)) == 0
    assert batch.select(batch.time < 0).groups() == ()


def found_marks(call: Call) -> dict[str, frozenset[str]]:
    """The marks by the fields' keys, as they were put in."""
    exit = {field.label: field.key for field in call.event_class.exit}
    return {**call.entry_marks, **{exit[label]: marks for label, marks in call.exit_marks.items()}}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(event=events(), copies=st.integers(1, 3))
def test_any_layout_and_any_values_come_back(tmp_path: Path, event: Event, copies: int) -> None:
    maker = Maker([event.declared])
    for time in range(copies):
        put(maker, event, time)
    found = calls(maker, tmp_path)
    assert len(found) == copies
    for call in found:
        assert (call.entry, call.exit) == (event.entry, event.exit or {})
        assert found_marks(call) == event.marks
        assert (call.pid, call.tid, call.unseen) == (event.pid, event.tid, event.unseen)
        assert call.duration == (None if event.unseen else event.duration)
        if -4096 < event.ret < 0:
            assert call.ret == event.ret


def test_a_real_sum_of_classes_is_no_problem(tmp_path: Path) -> None:
    """As many as x86_64 has."""
    declared = [Declared(nr, f"call{nr}", OPENAT.fields) for nr in range(450)]
    maker = Maker(declared)
    entry = {"dir": -100, "path": b"/x", "flags": 0, "mode": 0}
    for nr in range(450):
        maker.call(0, nr, 7, f"call{nr}", entry)
    assert [call.name for call in calls(maker, tmp_path)] == [each.name for each in declared]


@pytest.mark.parametrize("missing", [OPENAT, READ, CLOSE, MMAP, BARE], ids=lambda declared: declared.name)
def test_events_of_classes_that_are_not_declared_are_left_out(tmp_path: Path, missing: Declared) -> None:
    maker = Maker(ALL)
    entry = {"dir": 1, "path": b"", "flags": 0, "mode": 0, "fd": 1, "addr": 0, "size": 0}
    for name in ("openat", "read", "close", "mmap", "statfs"):
        maker.call(0, 1, 7, name, entry)
    maker.declared = [declared for declared in ALL if declared is not missing]
    trace = trace_of(maker, tmp_path)
    names = [call.name for batch in Merger([trace]).batches() for call in calls_of(batch)]
    assert names == [name for name in ("openat", "read", "close", "mmap", "statfs") if name != missing.name]
    assert [problem.what for problem in trace.problems] == [
        "1 events of this packet do not fit what the metadata says of them"
    ]
