"""The text record read back: what the module may write, and what is none of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syscord_read.model.value import Cut, Missing, parse_integer
from syscord_read.record.text import BadRecord, Lost, Record, parse_line, parse_lines
from tests.pages import DOCS, blocks
from tests.unit.read.quoting import quote, quote_element


def record(line: str) -> Record:
    """What a line says, which must be a syscall."""
    parsed = parse_line(line)
    assert isinstance(parsed, Record)
    return parsed


def test_a_record_in_full() -> None:
    assert record("pid=22569, openat, dir=-100, path=/etc/hosts, flags=524288, mode=0, res=3\n") == Record(
        pid=22569,
        tid=22569,
        name="openat",
        fields={"dir": b"-100", "path": b"/etc/hosts", "flags": b"524288", "mode": b"0"},
        res=3,
    )


def test_what_the_kernel_wrote_stands_after_the_result() -> None:
    read = record("pid=1, read, fd=0, size=100, res=5, data=hello")
    assert read.fields == {"fd": b"0", "size": b"100"}
    assert read.after == {"data": b"hello"}


def test_the_same_label_may_stand_before_and_after() -> None:
    both = record("pid=1, x, addr=1, res=0, addr=2")
    assert (both.fields["addr"], both.after["addr"]) == (b"1", b"2")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("pid=1, tid=2, getuid, res=0", Record(1, 2, "getuid", {}, 0)),
        ("pid=1, exit_group, status=-1, res=?", Record(1, 1, "exit_group", {"status": b"-1"}, None)),
        ("pid=1, unknown, nr=-1, res=-38", Record(1, 1, "unknown", {}, -38, nr=-1)),
        ("pid=1, unknown, nr=9999, abi=32, res=-38", Record(1, 1, "unknown", {}, -38, nr=9999, compat=True)),
        ("pid=1, write, abi=32, entry=unseen, res=1", Record(1, 1, "write", {}, 1, compat=True, unseen=True)),
        ("pid=1, mmap, addr=0x0, res=0x7f00", Record(1, 1, "mmap", {"addr": b"0x0"}, 0x7F00)),
        # A syscall's own field of that name is no part of who made it.
        ("pid=1, tgkill, tgid=3, tid=4, res=0", Record(1, 1, "tgkill", {"tgid": b"3", "tid": b"4"}, 0)),
    ],
)
def test_who_made_which_call(line: str, expected: Record) -> None:
    assert parse_line(line) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a b=c;d", b"a b=c;d"),
        ('""', b""),
        (r'"a\n\t\r\"\\\000\377"', b'a\n\t\r"\\\x00\xff'),
        ('"x, res=0"', b"x, res=0"),
        ("<fault>", Missing.FAULT),
        ("<null>", Missing.NULL),
        ('"<null>"', b"<null>"),
        ("[]", ()),
        ('[tiny "a b" "" <fault> -l]', (b"tiny", b"a b", b"", Missing.FAULT, b"-l")),
        ('[long... "and, quoted"... "dots..."]', (Cut(b"long"), Cut(b"and, quoted"), b"dots...")),
        ("{sec=1 nsec=-5}", {"sec": b"1", "nsec": b"-5"}),
        ("[{fd=3 events=1} {fd=-1 events=0}]", ({"fd": b"3", "events": b"1"}, {"fd": b"-1", "events": b"0"})),
        ("{dev=0x2 mode=0644}", {"dev": b"0x2", "mode": b"0644"}),
        ("[1 -2]", (b"1", b"-2")),
        ("127.0.0.1:80", b"127.0.0.1:80"),
        ("[::1]:80", b"[::1]:80"),
        ("[fe80::1%2]:80", b"[fe80::1%2]:80"),
        ("[::ffff:1.2.3.4]:80", b"[::ffff:1.2.3.4]:80"),
        ("unix:@name", b"unix:@name"),
        (r'"unix:@a\000b"', b"unix:@a\0b"),
        ("af16:00", b"af16:00"),
    ],
)
def test_values(text: str, value: object) -> None:
    before = record(f"pid=1, x, field={text}, res=0")
    after = record(f"pid=1, x, res=0, field={text}")
    assert before.fields == after.after == {"field": value}


def test_marks_tell_what_is_to_be_known_of_a_field() -> None:
    marked = record("pid=1, x, a(part)=1, b(fault+late)=2, c=3, res=0, d(late)=4")
    assert marked.marks == {"a": {"part"}, "b": {"fault", "late"}, "d": {"late"}}
    assert marked.fields == {"a": b"1", "b": b"2", "c": b"3"}


def test_what_was_lost() -> None:
    assert parse_line("lost=70, cause=ring, cpu=1\n") == Lost(70, "ring", 1)


def test_a_file_is_lines() -> None:
    lines = ["pid=1, getuid, res=0\n", "lost=1, cause=sink, cpu=0\n"]
    assert list(parse_lines(lines)) == [Record(1, 1, "getuid", {}, 0), Lost(1, "sink", 0)]


@pytest.mark.parametrize(
    ("text", "number"), [(b"12", 12), (b"-3", -3), (b"0x1f", 31), (b"0644", 0o644), (b"0", 0), (b"0x0", 0)]
)
def test_numbers(text: bytes, number: int) -> None:
    assert parse_integer(text) == number


@pytest.mark.parametrize("number", [-(2**63), 2**63, 2**64 - 1])
@pytest.mark.parametrize("form", ["{}", "{:#x}", "0{:o}"])
def test_numbers_are_all_of_64_bits(number: int, form: str) -> None:
    if number > 0 or form == "{}":
        assert parse_integer(form.format(number).encode()) == number


@pytest.mark.parametrize("value", [b"18446744073709551616", b"-9223372036854775809", b"9" * 5000, b"0x1" + b"0" * 16])
def test_numbers_of_more_than_64_bits_are_none(value: bytes) -> None:
    with pytest.raises(ValueError, match="more than 64 bits"):
        parse_integer(value)


@pytest.mark.parametrize("value", [b"", b"x", b"1 2", b"0x", b"\xff", Missing.NULL, ()])
def test_what_is_no_number(value: bytes) -> None:
    with pytest.raises(ValueError, match="no number"):
        parse_integer(value)


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        ("", 1, "'pid=' is missing here"),
        ("pid=x, getuid, res=0", 5, "a number is missing here"),
        ("pid=1, , res=0", 8, "a syscall's name is missing here"),
        ("pid=1, getuid", 14, "the line ends without ', res='"),
        ("pid=1, read, fd=", 17, "a value is missing here"),
        ("pid=1, read, fd=1, fd=2, res=0", 22, "there is a second field 'fd'"),
        ("pid=1, getuid, res=x", 20, "a result is missing here"),
        ('pid=1, x, a="b, res=0', 13, "a quoted value has no end"),
        (r'pid=1, x, a="\q", res=0', 13, "a quoted value has no end, or an escape that is none"),
        ("pid=1, x, a=<what>, res=0", 13, "only <fault> and <null>"),
        ("pid=1, x, a=[b c, res=0", 17, "' ' is missing here"),
        ("pid=1, x, a={b}, res=0", 15, "'=' is missing here"),
        ("pid=1, x, a={b=c}, res=0", 16, "a number is missing here"),
        ("pid=1, x, a(odd)=1, res=0", 12, "'=' is missing here"),
        ("pid=1, x, a=\x1b, res=0", 13, "a value is missing here"),
        ("pid=1, x, a=é, res=0", 13, "a value is missing here"),
        ("pid=99999999999999999999, getuid, res=0", 5, "from 0 to 2147483647"),
        (f"pid={'9' * 5000}, getuid, res=0", 5, "from 0 to 2147483647"),
        ("pid=1, getuid, res=18446744073709551616", 20, "no integer of 64 bits"),
        ("pid=1, getuid, res=08", 20, "no integer of 64 bits"),
        ("pid=1, x, a={b=18446744073709551616}, res=0", 16, "no integer of 64 bits"),
        ("lost=1, cause=ring", 19, "', cpu=' is missing here"),
        ("lost=1, cause=ring, cpu=0, more", 26, "the line should end here"),
    ],
)
def test_what_is_no_record_is_refused_with_its_place(line: str, column: int, problem: str) -> None:
    with pytest.raises(BadRecord, match=f"^line 7, column {column}: .*{re.escape(problem)}"):
        parse_line(line, 7)


def test_the_first_bad_line_is_named() -> None:
    with pytest.raises(BadRecord, match=r"^line 2, "):
        list(parse_lines(["pid=1, getuid, res=0\n", "nonsense\n"]))


@given(st.binary(max_size=60))
def test_any_bytes_come_back_from_a_value(value: bytes) -> None:
    parsed = record(f"pid=1, write, fd=1, data={quote(value)}, size=1, res=1, more={quote(value)}")
    assert parsed.fields == {"fd": b"1", "data": value, "size": b"1"}
    assert parsed.after == {"more": value}


@given(st.lists(st.binary(max_size=20), max_size=8))
def test_any_bytes_come_back_from_a_list(values: list[bytes]) -> None:
    line = f"pid=1, execve, argv=[{' '.join(map(quote_element, values))}], res=0"
    assert record(line).fields["argv"] == tuple(values)


@given(st.text(max_size=80))
def test_any_text_is_a_record_or_refused(text: str) -> None:
    try:
        parse_line(text)
    except BadRecord as error:
        assert str(error).startswith("line 1, column ")


@given(st.sampled_from(["openat", "read"]), st.integers(0, 60), st.characters())
def test_one_wrong_character_never_crashes(name: str, at: int, character: str) -> None:
    line = f'pid=1, tid=2, {name}, path(part)="a\\nb", argv=[a {{b=1}} <null>], res=0x1'
    try:
        parse_line(line[:at] + character + line[at + 1 :])
    except BadRecord as error:
        assert error.column <= len(line) + 1


def test_the_page_shows_records_and_nothing_else() -> None:
    shown = [block for block in blocks(DOCS / "record-format.md") if block.language == "text"]
    lines = [line for block in shown for line in block.text.splitlines()]
    assert len(list(parse_lines(lines))) == len(lines) > 10


def test_the_example_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = (block for block in blocks(DOCS / "record-format.md") if block.language == "python")
    (tmp_path / "record").write_text("pid=1, openat, dir=-100, path=/etc/hosts, flags=0, mode=0, res=3\n")
    monkeypatch.chdir(tmp_path)
    printed = subprocess.run([sys.executable, "-c", example.text], check=True, capture_output=True, text=True)
    assert printed.stdout == "1 b'/etc/hosts' 3\n"
