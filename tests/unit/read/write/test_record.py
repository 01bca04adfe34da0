"""``--style record`` is the module's own text: what print.c would have written, byte for byte."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syscord_read.ctf.merge import Merger
from syscord_read.ctf.trace import open_trace
from syscord_read.model.layout import MARK_NAMES, Base, Field, Integer, Shape
from syscord_read.model.value import Cut, Missing, Value
from syscord_read.record.text import Record, parse_line, parse_lines
from syscord_read.write.record import address, lines
from tests.unit.read.quoting import quote, quote_element
from tests.unit.read.trace_values import Event, events, put, shape_of
from tests.unit.traces import ACCEPT4, CLOSE, STATAT, WRITE, Maker

# The reference: print.c in plain Python.


def line(event: Event) -> str:
    """What the module writes of an event."""
    items = [f"pid={event.pid}"]
    items += [f"tid={event.tid}"] if event.tid != event.pid else []
    items += [event.declared.name]
    items += ["entry=answered"] if event.answered else ["entry=unseen"] if event.unseen else []
    has_entry = not event.unseen or bool(event.entry)
    entry = [field for field in event.declared.fields if not field.exit and has_entry]
    items += [item(field, event.entry[field.label], event) for field in entry]
    items += [f"res={result(event.declared.ret, event.ret)}"]
    exit = event.exit or {}
    items += [item(field, exit[field.label], event) for field in event.declared.fields if field.exit and exit]
    return ", ".join(items) + "\n"


def result(type: str, ret: int) -> str:
    if -4095 <= ret < 0:
        return str(ret)
    wide = ret % (1 << 64)
    return {
        "int": str((ret + (1 << 31)) % (1 << 32) - (1 << 31)),
        "uid_t": str(ret % (1 << 32)),
        "pointer": f"{wide:#x}",
        "size_t": str(wide),
    }[type]


def item(field: Field, value: Value, event: Event) -> str:
    marks = [name for _, name in MARK_NAMES if name in event.marks.get(field.key, ())]
    return f"{field.label}{'(' + '+'.join(marks) + ')' if marks else ''}={text(field, value)}"


def text(field: Field, value: Value) -> str:
    match value:
        case Missing():
            return value.value
        case bytes() if field.shape is Shape.ADDRESS:
            return address(value).decode()
        case bytes():
            return quote(value)
        case tuple():
            return "[" + " ".join(element(field, each) for each in value) + "]"
    return element(field, value)


def element(field: Field, value: Value) -> str:
    match value:
        case Missing():
            return value.value
        case Cut():
            return quote_element(value.beginning) + "..."
        case bytes():
            return quote_element(value)
        case int():
            assert field.integer
            return number(field.integer, value)
        case Mapping():
            members = (f"{each.label}={number(each.integer, value[each.label])}" for each in field.members)
            return "{" + " ".join(members) + "}"
    raise AssertionError(value)


def number(kind: Integer, value: int) -> str:
    match kind.base:
        case Base.HEX:
            return f"{value % (1 << 64):#x}"
        case Base.OCT:
            return f"0{value % (1 << 64):o}" if value else "0"
    return str(value)


def written(maker: Maker, folder: Path) -> str:
    """All lines of a trace."""
    trace = open_trace(maker.write(folder))
    found = b"".join(bytes(lines(batch)) for batch in Merger([trace]).batches())
    assert trace.problems == []
    return found.decode("ascii")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(event=events(), copies=st.integers(1, 3))
def test_any_event_is_written_as_the_module_writes_it(tmp_path: Path, event: Event, copies: int) -> None:
    maker = Maker([event.declared])
    for time in range(copies):
        put(maker, event, time)
    assert written(maker, tmp_path) == line(event) * copies


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(event=events())
def test_every_line_can_be_read_back(tmp_path: Path, event: Event) -> None:
    maker = Maker([event.declared])
    put(maker, event, 1)
    record = parse_line(written(maker, tmp_path))
    assert isinstance(record, Record)
    assert (record.pid, record.tid, record.name) == (event.pid, event.tid, "syscall")
    assert (record.unseen, record.answered) == (event.unseen, event.answered)
    for at_exit, fields, values in ((False, record.fields, event.entry), (True, record.after, event.exit or {})):
        assert list(fields) == list(values)
        for label, value in values.items():
            if isinstance(value, bytes) and shape_of(event, label, at_exit) is not Shape.ADDRESS:
                assert fields[label] == value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(contents=st.lists(st.binary(max_size=400) | st.text('ab\n\t"\\,é').map(str.encode), min_size=1, max_size=30))
def test_content_of_many_records_is_quoted_as_that_of_one(tmp_path: Path, contents: list[bytes]) -> None:
    maker = Maker([WRITE])
    for time, content in enumerate(contents):
        maker.call(0, time, 7, "write", {"fd": 1, "data": content, "size": 9}, ret=9)
    expected = [f"pid=7, write, fd=1, data={quote(content)}, size=9, res=9" for content in contents]
    assert written(maker, tmp_path).splitlines() == expected


def test_classes_and_losses_stand_in_the_order_of_time(tmp_path: Path) -> None:
    maker = Maker([CLOSE, STATAT])
    maker.call(0, 1, 7, "close", {"fd": 1})
    maker.call(0, 2, 7, "newfstatat", {"dir": -100, "path": b"/x", "flags": 0}, ret=-2)
    maker.packet(0)
    maker.counts[0].dropped["ring"] = 70
    maker.process(0, 3, 7, 7, comm=b"tool")
    maker.call(0, 4, 8, "close", {"fd": 2}, pid=7)
    maker.other(1, 2, 7, 5, -38, compat=True)
    assert written(maker, tmp_path) == (
        "pid=7, close, fd=1, res=0\n"
        "pid=7, newfstatat, dir=-100, path=/x, flags=0, res=-2\n"
        "pid=7, open, abi=32, res=-38\n"
        "lost=70, cause=ring, cpu=0\n"
        "pid=7, tid=8, close, fd=2, res=0\n"
    )


def test_missing_packets_have_a_line(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.call(0, 1, 7, "close", {"fd": 1})
    maker.packet(0)
    maker.counts[0] = replace(maker.counts[0], seq=9, recorded=40)
    maker.call(0, 2, 7, "close", {"fd": 1})
    close = "pid=7, close, fd=1, res=0\n"
    assert written(maker, tmp_path) == f"{close}lost=39, cause=gap, cpu=0\n{close}"


def test_a_trace_without_records_has_no_lines(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.process(0, 3, 7, 7, comm=b"tool")
    assert written(maker, tmp_path) == ""


INET6 = b"\x0a\0\0\x50" + bytes(4)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", '""'),
        (b"\x02", '"\\002"'),
        (b"\x02\0\0\x50\x7f\0\0\x01" + bytes(8), "127.0.0.1:80"),
        (b"\x02\0\0\x50\x7f\0\0\x01", "af2:00507f000001"),
        (INET6 + bytes(15) + b"\x01", "[::1]:80"),
        (INET6 + b"\xfe\x80" + bytes(13) + b"\x01" + b"\x02\0\0\0", "[fe80::1%2]:80"),
        (INET6 + bytes(10) + b"\xff\xff\x01\x02\x03\x04", "[::ffff:1.2.3.4]:80"),
        (INET6 + b"\xfe\x80" + bytes(8) + b"\x5e\xfe\x01\x02\x03\x04", "[fe80::5efe:1.2.3.4]:80"),
        (INET6 + bytes(15), "af10:0050" + "00" * 19),
        (b"\x01\0", "unix:"),
        (b"\x01\0/run/x\0garbage", "unix:/run/x"),
        (b"\x01\0/a, b", '"unix:/a, b"'),
        (b"\x01\0@x", '"unix:@x"'),
        (b"\x01\0\0name", "unix:@name"),
        (b"\x01\0\0na\0me", '"unix:@na\\000me"'),
        (b"\x01\0\0", "unix:@"),
        (b"\x10\0\x00\xab", "af16:00ab"),
        (b"\x10\0", "af16:"),
    ],
)
def test_addresses_are_written_as_in_the_kernel(value: bytes, expected: str) -> None:
    assert address(value).decode() == expected


@given(st.lists(st.sampled_from([b"\0\0", b"\0\0", b"\0\x01", b"\xab\xcd"]), min_size=8, max_size=8))
def test_ipv6_addresses_are_as_short_as_can_be(words: list[bytes]) -> None:
    parsed = ipaddress.IPv6Address(b"".join(words))
    assert address(INET6 + parsed.packed).decode() == f"[{parsed}]:80"


def test_accepted_peers_of_many_calls_are_told_apart(tmp_path: Path) -> None:
    maker = Maker([ACCEPT4])
    peers = [b"\x02\0" + port.to_bytes(2, "big") + b"\x7f\0\0\x01" + bytes(8) for port in range(1, 300)]
    for time, peer in enumerate(peers):
        maker.call(0, time, 7, "accept4", {"sockfd": 3, "flags": 0}, exit={"addr": peer}, ret=4)
    records = list(parse_lines(written(maker, tmp_path).splitlines()))
    assert [record.after["addr"] for record in records if isinstance(record, Record)] == [
        b"127.0.0.1:%d" % port for port in range(1, 300)
    ]
