"""``--style json``: one documented schema, and nothing of a record is lost in it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syscord_read.model.layout import Shape
from syscord_read.model.processes import NAMESPACES, Ids, Number
from syscord_read.model.value import Cut, Missing, Value
from syscord_read.source import open_source
from syscord_read.write.json import Writer
from tests.pages import DOCS, blocks
from tests.unit.read.trace_values import Event, events, put, shape_of
from tests.unit.traces import ACCEPT4, OFFSET, Maker, life


@cache
def schema() -> jsonschema.Draft202012Validator:
    found = json.loads((DOCS / "record.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


def objects(*paths: Path) -> list[dict[str, Any]]:
    """All lines, each of which fits the schema."""
    source, writer = open_source(paths), Writer()
    text = b"".join(bytes(writer.lines(batch)) for batch in source.batches()).decode("utf-8")
    found = [json.loads(line) for line in text.split("\n")[:-1]]
    assert source.problems == []
    for each in found:
        schema().validate(each)
    return found


def of(maker: Maker, folder: Path) -> list[dict[str, Any]]:
    return objects(maker.write(folder / "trace"))


def plain(value: Any) -> Value:
    """The value that a piece of JSON stands for; missing ones are NULL."""
    match value:
        case None:
            return Missing.NULL
        case str():
            return value.encode()
        case {"base64": data}:
            return base64.b64decode(data)
        case {"begins": text}:
            begins = plain(text)
            assert isinstance(begins, bytes)
            return Cut(begins)
        case list():
            return tuple(plain(each) for each in value)
    assert isinstance(value, int | dict)
    return value


def same(found: Any, value: Value) -> bool:
    """Whether a piece of JSON stands for a value; faults are null there, and told by marks."""
    if isinstance(value, Missing):
        return found is None
    if isinstance(value, tuple):
        return len(found) == len(value) and all(map(same, found, value))
    if isinstance(value, Mapping):
        return bool(found == value)
    return plain(found) == value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=75)
@given(event=events())
def test_any_event_keeps_all_of_its_values(tmp_path: Path, event: Event) -> None:
    maker = Maker([event.declared])
    put(maker, event, 5)
    (found,) = of(maker, tmp_path)
    assert (found["time"], found["pid"], found["tid"]) == (OFFSET + 5, event.pid, event.tid)
    assert found.get("duration") == (None if event.unseen else event.duration)
    assert (found.get("unseen", False), found.get("answered", False)) == (event.unseen, event.answered)
    for key, values in (("args", event.entry), ("out", event.exit or {})):
        assert list(found.get(key, {})) == list(values)
        for label, value in values.items():
            if shape_of(event, label, key == "out") is not Shape.ADDRESS:
                assert same(found[key][label], value)
            faulted = "fault" in found.get("marks", {}).get(key, {}).get(label, [])
            assert faulted or value is not Missing.FAULT


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(contents=st.lists(st.binary(max_size=50) | st.text().map(str.encode), min_size=1, max_size=20))
def test_bytes_that_are_no_text_are_kept(tmp_path: Path, contents: list[bytes]) -> None:
    maker = Maker()
    for time, content in enumerate(contents):
        maker.call(0, time, 7, "write", {"fd": 1, "data": content, "size": 1})
    assert [plain(found["args"]["data"]) for found in of(maker, tmp_path)] == contents


def test_a_record_in_full(tmp_path: Path) -> None:
    maker = Maker()
    maker.process(-1, 1, 7, 7, comm=b"ls\xff")
    maker.process(-1, 1, 8, 7, comm=b"ls", uid=1000, ids=Ids(0, 1000, 50, 0, 1))
    entry = {"dir": -100, "path": b"/etc", "flags": 0, "mode": 0}
    maker.call(1, 5, 8, "openat", entry, ret=-2, pid=7, duration=9, marks={"path": ["part"]})
    maker.call(1, 6, 7, "exit", {"status": 0})
    assert of(maker, tmp_path) == [
        {
            "time": OFFSET + 5,
            "duration": 9,
            "cpu": 1,
            "pid": 7,
            "tid": 8,
            "comm": "ls",
            "ppid": 1,
            "uid": 1000,
            "euid": 0,
            "gid": 1000,
            "egid": 50,
            "syscall": "openat",
            "args": {"dir": -100, "path": "/etc", "flags": 0, "mode": 0},
            "names": {"dir": "AT_FDCWD", "flags": "O_RDONLY"},
            "ret": -2,
            "error": "ENOENT",
            "marks": {"args": {"path": ["part"]}},
        },
        {
            "time": OFFSET + 6,
            "cpu": 1,
            "pid": 7,
            "tid": 7,
            "comm": {"base64": "bHP/"},
            "ppid": 1,
            "uid": 0,
            "syscall": "exit",
            "args": {"status": 0},
            "ret": None,
        },
    ]


def test_calls_without_a_class_of_their_own(tmp_path: Path) -> None:
    maker = Maker()
    maker.other(0, 1, 7, 999, 0, bits=2)
    maker.other(0, 2, 7, 5, -38, compat=True)
    maker.other(0, 3, 7, 999, -9999, compat=True)
    keys = ("syscall", "nr", "compat", "unseen", "error")
    assert [{key: each.get(key) for key in keys} for each in of(maker, tmp_path)] == [
        {"syscall": "unknown", "nr": 999, "compat": None, "unseen": True, "error": None},
        {"syscall": "open", "nr": None, "compat": True, "unseen": None, "error": "ENOSYS"},
        {"syscall": "unknown", "nr": 999, "compat": True, "unseen": None, "error": None},
    ]


def test_losses_stand_where_they_were(tmp_path: Path) -> None:
    maker = Maker()
    maker.call(0, 1, 7, "close", {"fd": 1})
    maker.packet(0)
    maker.counts[0].dropped["ring"] = 70
    maker.counts[0].seq = 5
    maker.call(0, 2, 7, "close", {"fd": 1})
    assert of(maker, tmp_path)[1:3] == [
        {"time": OFFSET + 2, "lost": 70, "cause": "ring", "cpu": 0},
        {"time": OFFSET + 2, "lost": 0, "cause": "gap", "cpu": 0, "packets": 4, "packet": 1},
    ]


INET6 = b"\x0a\0\0\x50" + bytes(19) + b"\x01"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"\x02\0\0\x50\x7f\0\0\x01" + bytes(8), {"family": "inet", "address": "127.0.0.1", "port": 80}),
        (INET6 + b"\x02\0\0\0", {"family": "inet6", "address": "::1", "port": 80, "scope": 2}),
        (INET6, {"family": "inet6", "address": "::1", "port": 80}),
        (b"\x01\0/run/x\0", {"family": "unix", "path": "/run/x"}),
        (b"\x01\0\0a\0b", {"family": "unix", "abstract": "a\0b"}),
        (b"\x01\0/\xff", {"family": "unix", "path": {"base64": "L/8="}}),
        (b"\x01\0", {"family": "unix"}),
        (b"\x10\0\x00\xab", {"family": 16, "data": "00ab"}),
        (b"\x10", {"base64": "EA=="}),
    ],
)
def test_addresses_are_objects(tmp_path: Path, value: bytes, expected: dict[str, Any]) -> None:
    maker = Maker([ACCEPT4])
    maker.call(0, 1, 7, "accept4", {"sockfd": 3, "flags": 0}, exit={"addr": value}, ret=4)
    assert of(maker, tmp_path)[0]["out"] == {"addr": expected}


def test_a_process_has_a_life_and_numbers_of_its_own_namespace(tmp_path: Path) -> None:
    maker = Maker()
    namespaces = dict.fromkeys(NAMESPACES, 0) | {"pid_ns": 40}
    for time, numbers in ((10, (Number(30, 5, 6), Number(40, 1, 2))), (20, (Number(30, 5, 6),)), (30, ())):
        maker.process(0, time, 8, 7, comm=b"x", life=life(start=9, namespaces=namespaces, numbers=numbers))
        maker.call(0, time + 1, 8, "close", {"fd": 1}, pid=7)
    inside, *others = of(maker, tmp_path)
    own = {"own_pid": 1, "own_tid": 2, "pid_ns": 40}
    assert inside.items() >= {"pid": 7, "tid": 8, "start": 9, **own}.items()
    assert all(each["start"] == 9 and not own.keys() & each.keys() for each in others)


def test_how_threads_and_processes_end_is_told_in_its_place(tmp_path: Path) -> None:
    maker = Maker()
    maker.call(0, 10, 8, "close", {"fd": 1})
    ends = ((9, 3 << 8, False), (10, 11 | 0x80, True), (8, 40, True))
    for tid, status, ended in ends:
        said = life(start=5, status=status, ended=ended, process_status=0x8B if ended else 0)
        maker.process(0, 20, tid, 8, ppid=7, comm=b"x", reason="exit", life=said)
    maker.process(0, 25, 6, 6, comm=b"old", reason="exit", ids=Ids(0, 0, 0, 0, 0))
    maker.call(0, 30, 11, "close", {"fd": 1})
    before, first, last, too, after = of(maker, tmp_path)
    assert (before["tid"], after["tid"]) == (8, 11)
    who = {"time": OFFSET + 20, "cpu": 0, "pid": 8, "comm": "x", "ppid": 7, "start": 5}
    by_itself = {"code": 3, "signal": None, "core": False}
    assert first == who | dict.fromkeys(("uid", "euid", "gid", "egid"), 0) | {
        "tid": 9,
        "exit": by_itself,
        "process_exit": None,
    }
    assert last["exit"] == last["process_exit"] == {"code": None, "signal": "SIGSEGV", "core": True}
    # The process ends once, though two threads are its last.
    assert (too["exit"]["signal"], too["process_exit"]) == ("SIGRT_8", None)


def test_text_records_come_out_as_far_as_they_say_it(tmp_path: Path) -> None:
    path = tmp_path / "record"
    path.write_text(
        "pid=7, tid=8, ppoll, fds=[{fd=3 events=0x1}], timeout=<null>, res=1\n"
        "lost=3, cause=sink, cpu=1\n"
        'pid=9, execve, path(part)=/x, argv=[a "b c" lo... <fault>], res=-2\n'
        "pid=9, exit_group, status=0, res=?\n"
    )
    assert objects(path) == [
        {
            "pid": 7,
            "tid": 8,
            "syscall": "ppoll",
            "args": {"fds": [{"fd": 3, "events": 1}], "timeout": None},
            "ret": 1,
        },
        {"lost": 3, "cause": "sink", "cpu": 1},
        {
            "pid": 9,
            "tid": 9,
            "syscall": "execve",
            "args": {"path": "/x", "argv": ["a", "b c", {"begins": "lo"}, None]},
            "ret": -2,
            "error": "ENOENT",
            "marks": {"args": {"path": ["part"]}},
        },
        {"pid": 9, "tid": 9, "syscall": "exit_group", "args": {"status": "0"}, "ret": None},
    ]


def test_the_page_shows_what_the_schema_allows() -> None:
    shown = [block for block in blocks(DOCS / "reading.md") if block.language == "json"]
    assert shown
    for line in shown[0].text.splitlines():
        schema().validate(json.loads(line))


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"pid": 1, "tid": 1, "syscall": "x"},
        {"pid": 1, "tid": 1, "syscall": "x", "ret": "0"},
        {"pid": 1, "tid": 1, "syscall": "x", "ret": 0, "more": 1},
        {"pid": 1, "tid": 1, "syscall": "x", "ret": 0, "marks": {"args": {"a": ["null"]}}},
        {"lost": -1, "cause": "ring", "cpu": 0},
        {"lost": 1, "cause": "banana", "cpu": 0},
    ],
)
def test_the_schema_refuses_what_is_none(wrong: dict[str, Any]) -> None:
    assert not schema().is_valid(wrong)
