"""``syscord stat``: strace -c's table, percentiles, and sums by error, process, path and peer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len
from rich.console import Console

from syscord_read.cli.command import cli
from syscord_read.measure.recording import sum_up
from syscord_read.model.call import calls_of
from syscord_read.model.selection import Selection
from syscord_read.report.printable import printable
from syscord_read.report.stat.sections import tables
from syscord_read.source import open_source
from syscord_read.write.tables import Heading, Table, plain, rich, terminal_width
from tests.unit.traces import OFFSET, Maker


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["stat", *map(str, arguments)], standalone_mode=False)


def output(*arguments: str | Path, status: int = 0) -> str:
    result = run(*arguments)
    assert (result.exception, result.return_value) == (None, status), result.output
    return result.output


def document(*arguments: str | Path) -> Any:
    return json.loads(output("--json", *arguments))


def rows(text: str) -> list[list[str]]:
    """The cells of a table's rows, without headings and rules."""
    return [line.split() for line in text.splitlines() if re.match(r" *\d", line)]


@pytest.fixture
def maker() -> Maker:
    """A shell (7), which made a reader (8); a call takes as many µs as the time says that it ended behind the last."""
    found = Maker()
    found.process(-1, 1, 7, 7, comm=b"sh", exe=b"/bin/sh", reason="state")
    found.open_file(2, 7, 0, b"/dev/tty")
    found.process(0, 5, 8, 8, ppid=7, comm=b"sh", reason="fork")
    found.process(0, 6, 8, 8, ppid=7, comm=b"cat", exe=b"/bin/cat", reason="exec")
    for number in range(1, 101):
        found.call(0, 1000 * number, 8, "read", {"fd": 0, "size": 9}, exit={"data": b""}, ret=9, duration=1000 * number)
    for number, path in enumerate((b"/a", b"/b", b"/a")):
        entry = {"dir": -100, "path": path, "flags": 0, "mode": 0}
        found.call(1, 200_000 + number, 7, "openat", entry, ret=-2, duration=500)
    found.call(1, 300_000, 7, "close", {"fd": 9}, ret=-9, duration=250)
    found.call(1, 300_001, 7, "close", {"fd": 0}, unseen=True)
    return found


@pytest.fixture
def trace(maker: Maker, tmp_path: Path) -> Path:
    return maker.write(tmp_path / "trace")


def test_the_columns_are_those_of_strace_with_percentiles(trace: Path) -> None:
    heading, rule, *body = output(trace).splitlines()
    names = "% time seconds usecs/call p50 p99 max % wait calls errors syscall"
    assert heading.split() == names.split()
    assert set(rule) == {"-", " "} and body[-2] == rule
    assert [line.split() for line in body[:-2]] == [
        ["99.97", "0.005050", "50.5", "49.9", "98.8", "100.0", "100", "100", "read"],
        ["0.03", "0.000002", "0.5", "0.5", "0.5", "0.5", "3", "3", "openat"],
        ["0.00", "0.000000", "0.2", "0.2", "0.2", "0.2", "2", "1", "close"],
    ]
    assert body[-1].split() == ["100.00", "0.005052", "48.6", "47.9", "98.8", "100.0", "100", "105", "4", "total"]


def test_strace_s_own_columns_are_as_wide_as_strace_s(trace: Path) -> None:
    """So that what reads strace's table finds what it looks for at both ends of a line."""
    strace = "------ ----------- ----------- --------- --------- ----------------"
    _, rule, *_ = output(trace).splitlines()
    assert rule.split()[:3] + rule.split()[-3:] == strace.split()


def test_percentiles_are_those_of_the_durations_in_ns(trace: Path) -> None:
    read = next(row for row in document(trace)["syscalls"] if row["syscall"] == "read")
    assert read["calls"] == read["timed"] == 100 and read["time"] == 5_050_000 and read["max"] == 100_000
    assert read["p50"] == pytest.approx(50_000, rel=0.008) and read["p99"] == pytest.approx(99_000, rel=0.008)


def test_calls_whose_duration_is_not_known_count_but_take_no_time(trace: Path) -> None:
    close = next(row for row in document(trace)["syscalls"] if row["syscall"] == "close")
    assert (close["calls"], close["timed"], close["time"], close["errors"]) == (2, 1, 250, 1)


def test_the_whole_document(trace: Path) -> None:
    found = document("--by", "all", trace)
    assert found["traces"] == [{"path": str(trace), "hostname": "guest", "release": None, "machine": "arm64"}]
    assert (found["begin"], found["end"]) == (OFFSET + 1000, OFFSET + 300_001)
    assert found["total"]["calls"] == 105 and found["lost"] == {}
    assert found["errors"] == [
        {"error": "ENOENT", "number": 2, "syscall": "openat", "count": 3},
        {"error": "EBADF", "number": 9, "syscall": "close", "count": 1},
    ]
    shell, cat = sorted(found["processes"], key=lambda row: row["pid"])
    assert (cat["names"], cat["exe"], cat["ppid"], cat["host"]) == (["sh", "cat"], "/bin/cat", 7, "guest")
    assert (cat["calls"], cat["time"], cat["read"]) == (100, 5_050_000, 900)
    assert (shell["calls"], shell["errors"], shell["timed"]) == (5, 4, 4)
    assert {row["path"]: row["calls"] for row in found["files"]} == {"/a": 2, "/b": 1, "/dev/tty": 101}
    assert found["peers"] == []


def test_sections_that_are_not_asked_for_are_not_there(trace: Path) -> None:
    assert "syscalls" in document(trace)
    assert set(document("--by", "path", "--by", "error", trace)) >= {"files", "errors"}
    assert not {"syscalls", "processes", "peers"} & set(document("--by", "path", "--by", "error", trace))


def test_several_sections_have_titles(trace: Path) -> None:
    text = output("--by", "error", "--by", "process", trace)
    assert [block.splitlines()[0] for block in text.split("\n\n")] == ["By error", "By process"]
    assert rows(text.split("\n\n")[0]) == [
        ["3", "100.00", "ENOENT", "openat"],
        ["1", "50.00", "EBADF", "close"],
        ["4", "total"],
    ]
    assert rows(text.split("\n\n")[1])[0][-4:] == ["8", "sh", ">", "cat"]


@pytest.mark.parametrize(
    ("order", "first"), [("calls", "read"), ("errors", "openat"), ("name", "close"), ("p99", "read"), ("max", "read")]
)
def test_rows_can_be_sorted(trace: Path, order: str, first: str) -> None:
    assert document("--sort", order, trace)["syscalls"][0]["syscall"] == first


def test_only_some_rows_of_a_section_are_shown_and_the_rest_is_counted(trace: Path) -> None:
    text = output("--by", "path", "-n", "1", "--sort", "calls", trace)
    assert [row[-1] for row in rows(text)] == ["/dev/tty"] and "... and 2 more" in text
    assert "more" not in output("--by", "path", "-n", "0", trace)


def test_filters_select_what_is_summed_up_but_not_what_is_known(trace: Path) -> None:
    assert [row["syscall"] for row in document("-e", "openat", trace)["syscalls"]] == ["openat"]
    assert document("--comm", "cat", trace)["total"]["calls"] == 100
    assert document("--failed", "-p", "7", trace)["total"]["calls"] == 4
    files = document("--by", "path", "-e", "read", "--min-duration", "99us", trace)["files"]
    assert [(row["path"], row["calls"]) for row in files] == [("/dev/tty", 2)]
    files = document("--by", "path", "-P", "/a", trace)["files"]
    assert [(row["path"], row["calls"]) for row in files] == [("/a", 2)]
    assert document("--by", "path", "--comm", "cat", "--since", "+50us", trace)["files"][0]["calls"] == 50


def test_several_traces_are_summed_up_together_and_hosts_are_told_apart(maker: Maker, tmp_path: Path) -> None:
    first = maker.write(tmp_path / "first")
    maker.hostname = "board"
    second = maker.write(tmp_path / "second")
    found = document("--by", "syscall", "--by", "process", first, second)
    assert found["total"]["calls"] == 210
    assert sorted((row["host"], row["pid"]) for row in found["processes"]) == [
        ("board", 7),
        ("board", 8),
        ("guest", 7),
        ("guest", 8),
    ]
    assert {row[-5] for row in rows(output("--by", "process", first, second)) if row[-1] == "cat"} == {"guest", "board"}


def test_a_text_record_has_no_times_and_says_so(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.write_text("pid=7, openat, dir=-100, path=/a, flags=0, mode=0, res=-2\npid=7, close, fd=3, res=0\n")
    text = output("--by", "all", record)
    assert "seconds" not in text and "p50" not in text and "text record has no durations" in text
    found = document("--by", "all", record)
    assert found["begin"] is None and found["total"] == {
        "syscall": "total",
        "calls": 2,
        "errors": 1,
        "timed": 0,
        "time": None,
        "waited": None,
        "p50": None,
        "p99": None,
        "max": None,
    }
    assert found["files"][0] == {
        "path": "/a",
        "calls": 1,
        "errors": 1,
        "timed": 0,
        "time": None,
        "waited": None,
        "read": 0,
        "written": 0,
    }


def test_an_empty_trace_has_no_rows(tmp_path: Path) -> None:
    maker = Maker()
    maker.process(0, 1, 7, 7, comm=b"tool")
    trace = maker.write(tmp_path / "trace")
    assert rows(output("--by", "all", trace, status=3)) == [["0", "total"], ["0", "total"]]
    assert json.loads(output("--json", trace, status=3).partition("syscord:")[0])["syscalls"] == []


def test_what_was_lost_is_told(maker: Maker, tmp_path: Path) -> None:
    maker.packet(0)
    maker.counts[0].dropped |= {"ring": 70, "sink": 2}
    maker.call(0, 900_000, 8, "close", {"fd": 1})
    trace = maker.write(tmp_path / "trace")
    assert "72 records were lost (70 ring, 2 sink): syscord verify says where." in output(trace, status=1)
    found = json.loads(output("--json", trace, status=1).partition("syscord:")[0])
    assert found["lost"] == {"ring": 70, "sink": 2}


def test_a_damaged_trace_is_read_as_far_as_it_goes(trace: Path) -> None:
    with (trace / "cpu0").open("ab") as file:
        file.write(b"nonsense")
    result = run(trace)
    assert result.return_value == 1 and "100.00" in result.output and "cpu0" in result.output


def test_32_bit_calls_are_others_than_those_of_64_bits(tmp_path: Path) -> None:
    maker = Maker()
    maker.call(0, 10, 7, "read", {"fd": 0, "size": 9}, exit={"data": b""})
    maker.other(0, 20, 7, 3, 0, compat=True)
    trace = maker.write(tmp_path / "trace")
    assert {row["syscall"] for row in document(trace)["syscalls"]} == {"read", "read (32-bit)"}


def test_what_a_process_is_called_cannot_drive_a_terminal(tmp_path: Path) -> None:
    maker = Maker()
    maker.process(0, 1, 7, 7, comm=b"\x1b[31mred\n")
    maker.call(0, 10, 7, "openat", {"dir": -100, "path": b"/\x1b]0;title\x07\xff\xe2\x80\xae", "flags": 0, "mode": 0})
    text = output("--by", "process", "--by", "path", maker.write(tmp_path / "trace"))
    assert r"\x1b[31mred\n" in text and r"/\x1b]0;title\x07\xff\u202e" in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_printable_text_stays_as_it_is() -> None:
    assert printable("/über/日本 x".encode()) == "/über/日本 x"


def shown(table: Table, width: int | None, *, fold: bool = True) -> list[str]:
    console = Console(width=width or 1000, force_terminal=True, color_system=None, record=True)
    console.print(rich(table, width, fold=fold), soft_wrap=True)
    return console.export_text().splitlines()


@pytest.mark.parametrize("width", [40, 200])
def test_a_terminal_shows_the_same(width: int) -> None:
    table = Table(
        "Files",
        (Heading("calls"), Heading("path", left=True, long=True)),
        [("1", "[red]/a" + "b" * 50)],
        ("1", "total"),
        ("note",),
    )
    text = "\n".join(shown(table, width))
    assert "[red]" in text and "total" in text and "note" in text and "calls" in text
    assert re.sub(r"\s", "", text).count("b") == 50
    assert all(len(line) <= width for line in text.splitlines())
    assert plain(table).splitlines()[0] == "Files"


WIDE = Table(
    "",
    (Heading("time", spare=2), Heading("mean", spare=1), Heading("calls"), Heading("path", left=True, long=True)),
    [("1234567.890123", "1234.5", "123456789", "/usr/lib/" + "x" * 60 + "/libc.so.6")],
)


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120])
def test_numbers_are_never_cut_but_long_texts_are(width: int) -> None:
    heading, _, row, *_ = shown(WIDE, width, fold=False)
    assert len(row) <= max(width, 9 + 1 + 24)
    assert "123456789 " in row and row.endswith("/libc.so.6")
    assert ("…" in row) == (width < 116)
    for name, number in (("time", "1234567.890123"), ("mean", "1234.5")):
        assert (name in heading) == (number in row), "a column is there whole, or not at all"


def test_a_column_that_has_no_room_is_told() -> None:
    lines = shown(WIDE, 50)
    assert "time" not in lines[0] and "mean" in lines[0]
    assert "No room in 50 columns for: time. A file or a pipe gets them." in lines
    assert not any("No room" in line for line in shown(WIDE, 120))


def test_nothing_is_cut_where_nobody_knows_how_wide_the_terminal_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert terminal_width() is None, "a test's output is no terminal"
    monkeypatch.setenv("COLUMNS", "72")
    assert terminal_width() == 72
    assert WIDE.rows[0][-1] in "\n".join(shown(WIDE, None))


def test_characters_of_two_cells_are_counted_as_such() -> None:
    table = Table("", (Heading("n"), Heading("path", left=True, long=True)), [("1", "/日本" * 20)])
    lines = shown(table, 40)
    assert all(cell_len(line) <= 40 for line in lines)
    assert "".join(line.split()[-1] for line in lines[2:] if line) == "/日本" * 20


def test_eighty_columns_have_the_syscall(maker: Maker, tmp_path: Path) -> None:
    """Also of a long recording, whose numbers are long."""
    for number in range(3):
        entry = {"dir": -100, "path": b"/a", "flags": 0, "mode": 0}
        maker.call(1, 10**12 + number, 7, "openat", entry, ret=-2, duration=10**11 + number)
    source = open_source([maker.write(tmp_path / "trace")])
    (table,) = tables(source, sum_up(source, Selection()), {"syscall": None}, None)
    lines = shown(table, 80)
    assert all(len(line) <= 80 for line in lines)
    assert {line.split()[-1] for line in lines[2:5]} == {"read", "openat", "close"}
    assert "syscall" in lines[0] and "calls" in lines[0] and "100000000.0" in "".join(lines)


def test_the_limit_holds_for_every_section(trace: Path) -> None:
    found = document("--by", "all", "-n", "1", trace)
    sections = ("syscalls", "errors", "processes", "files", "slowest", "longest_waits")
    assert [len(found[name]) for name in sections] == [1] * len(sections)
    assert "... and 2 more" in output("-n", "1", trace)
    assert len(document("--by", "all", "-n", "0", trace)["slowest"]) == 4


def test_single_calls_have_time_process_and_arguments(trace: Path) -> None:
    found = document("--by", "slow", "--by", "wait", "-n", "2", trace)
    assert [call["call"] for call in found["longest_waits"]] == ['read(0, 9, "") = 9'] * 2
    slow = found["slowest"][0]
    assert (slow["duration"], slow["time"], slow["tid"], slow["name"]) == (500, OFFSET + 200_000, 7, "sh")
    assert slow["call"] == 'openat(AT_FDCWD, "/a", O_RDONLY) = -1 ENOENT (No such file or directory)'
    text = output("--utc", "--by", "slow", "-n", "1", trace)
    assert "2023-11-14T22:13:20.000199+00:00" in text and "O_RDONLY" in text and "... and 3 more" in text


def test_waiting_is_told_from_working(trace: Path) -> None:
    """read takes from a terminal."""
    found = document("--by", "all", trace)
    assert found["total"]["waited"] == 5_050_000 == found["total"]["time"] - 1750
    assert {row["syscall"]: row["waited"] for row in found["syscalls"]} == {"read": 5_050_000, "openat": 0, "close": 0}
    assert document("--sort", "worked", trace)["syscalls"][0]["syscall"] == "openat"


def test_percentiles_agree_with_sorting_every_duration(trace: Path) -> None:
    durations = sorted(
        call.duration
        for batch in open_source([trace]).batches()
        for call in calls_of(batch)
        if call.duration is not None
    )
    total = document(trace)["total"]
    assert total["p50"] == pytest.approx(durations[(len(durations) + 1) // 2 - 1], rel=0.008)
    assert total["time"] == sum(durations)
