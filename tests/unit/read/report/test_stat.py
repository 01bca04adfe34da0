"""``syscord stat``: strace -c's table, percentiles, and sums by error, process, path and peer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from syscord_read.cli.command import cli
from syscord_read.model.call import calls_of
from syscord_read.report.printable import printable
from syscord_read.source import open_source
from syscord_read.write.tables import Heading, Table, plain, rich
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
    assert heading.split() == ["%", "time", "seconds", "usecs/call", "p50", "p99", "max", "calls", "errors", "syscall"]
    assert set(rule) == {"-", " "} and body[-2] == rule
    assert [line.split() for line in body[:-2]] == [
        ["99.97", "0.005050", "50.5", "49.9", "98.8", "100.0", "100", "read"],
        ["0.03", "0.000002", "0.5", "0.5", "0.5", "0.5", "3", "3", "openat"],
        ["0.00", "0.000000", "0.2", "0.2", "0.2", "0.2", "2", "1", "close"],
    ]
    assert body[-1].split() == ["100.00", "0.005052", "48.6", "47.9", "98.8", "100.0", "105", "4", "total"]


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


@pytest.mark.parametrize("width", [40, 200])
def test_a_terminal_shows_the_same(width: int) -> None:
    table = Table(
        "Files",
        (Heading("calls"), Heading("path", left=True)),
        [("1", "[red]/a" + "b" * 50)],
        ("1", "total"),
        ("note",),
    )
    console = Console(width=width, force_terminal=True, color_system=None, record=True)
    console.print(rich(table))
    shown = console.export_text()
    assert "[red]" in shown and "total" in shown and "note" in shown and "calls" in shown
    assert re.sub(r"\s", "", shown).count("b") == 50
    assert plain(table).splitlines()[0] == "Files"


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
