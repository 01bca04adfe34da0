"""``syscord top``: who is the busiest, in all of a recording or lately."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from syscord_read.cli.command import cli
from syscord_read.measure.window import Window
from syscord_read.model.batch import Batch
from syscord_read.report.top.live import Reader
from syscord_read.report.top.screen import View, short_number, tables
from syscord_read.source import open_source
from tests.unit.read.program import COMMAND
from tests.unit.traces import Maker

TOP = [*COMMAND, "top"]
DEADLINE = 60
SECOND = 1_000_000_000


def output(*arguments: str | Path) -> str:
    result = CliRunner().invoke(cli, ["top", *map(str, arguments)], standalone_mode=False)
    assert (result.exception, result.return_value) == (None, 0), result.output
    return result.output


def rows(text: str, title: str) -> list[list[str]]:
    block = next(block for block in text.split("\n\n") if block.startswith(title))
    return [line.split() for line in block.strip().splitlines()[3:]]


def read(maker: Maker, time: int, pid: int, fd: int, ret: int) -> None:
    maker.call(0, time, pid, "read", {"fd": fd, "size": 9}, exit={"data": b""}, ret=ret, duration=1000)


@pytest.fixture
def maker() -> Maker:
    found = Maker()
    for pid, name in ((7, b"often"), (8, b"large")):
        found.process(-1, 10 * pid, pid, pid, comm=name, reason="state")
        found.open_file(10 * pid + 1, pid, 3, b"/" + name)
    for number in range(5):
        read(found, 1000 + number, 7, 3, 1)
    read(found, 2000, 8, 3, 2_000_000)
    read(found, 2001, 8, 9, -9)
    return found


@pytest.fixture
def trace(maker: Maker, tmp_path: Path) -> Path:
    return maker.write(tmp_path / "trace")


def test_the_busiest_processes_and_files_come_first(trace: Path) -> None:
    text = output(trace)
    assert rows(text, "Processes") == [
        ["5", "0.000s", "0.000s", "5", "7", "often"],
        ["2", "1", "0.000s", "0.000s", "2000K", "8", "large"],
    ]
    assert rows(text, "Files") == [
        ["5", "0.000s", "0.000s", "5", "/often"],
        ["1", "0.000s", "0.000s", "2000K", "/large"],
    ]
    assert "Sockets" not in text


@pytest.mark.parametrize(("order", "first"), [("calls", "often"), ("errors", "large"), ("read", "large")])
def test_what_comes_first_can_be_chosen(trace: Path, order: str, first: str) -> None:
    assert rows(output("--sort", order, trace), "Processes")[0][-1] == first


def test_only_so_many_rows_are_shown(trace: Path) -> None:
    assert len(rows(output("-n", "1", trace), "Processes")) == 1


def test_filters_hold(trace: Path) -> None:
    assert [row[-1] for row in rows(output("--comm", "large", "--ok", trace), "Files")] == ["/large"]


def test_sockets_are_shown_by_their_peers(maker: Maker, tmp_path: Path) -> None:
    address = b"\x02\x00\xc0\x00\x0a\x00\x00\x09" + bytes(8)
    maker.call(0, 3000, 7, "accept4", {"sockfd": 4, "flags": 0}, exit={"addr": address}, ret=5)
    maker.call(0, 3001, 7, "write", {"fd": 5, "data": b"", "size": 70}, ret=70)
    assert rows(output(maker.write(tmp_path / "trace")), "Sockets") == [["2", "0.000s", "0.000s", "70", "10.0.0.9"]]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (7, "7"),
        (0.25, "0.2"),
        (12.3, "12.3"),
        (950.4, "950"),
        (9999, "9999"),
        (12_345, "12.3K"),
        (2e7, "20M"),
    ],
)
def test_numbers_are_short(number: float, text: str) -> None:
    assert short_number(number) == text


@pytest.fixture
def window() -> Window:
    return Window(SECOND, lambda: 77 * SECOND)


def test_rates_are_a_second(window: Window, tmp_path: Path) -> None:
    maker = Maker()
    for when in (0, 1, 2, 3, SECOND):
        read(maker, when, 7, 3, 1)
    for batch in open_source([maker.write(tmp_path / "1")]).batches():
        window.add(batch, batch.is_call)
    table, *_ = tables(window.last(), window.process_tree, View(seconds=2.0))
    assert [heading.text for heading in table.headings][:4] == ["calls/s", "errors/s", "busy", "waiting"]
    assert table.rows == [("2", "", "0.0%", "0.0%", "2", "", "7")]


def test_what_ends_the_reading_is_raised_where_it_can_be_told(window: Window) -> None:
    def batches() -> Iterator[tuple[Batch, object]]:
        raise OSError("gone")
        yield

    reader = Reader(batches(), window)  # type: ignore[arg-type]
    reader.start()
    reader.join(DEADLINE)
    with pytest.raises(OSError, match="gone"):
        reader.check()


class Terminal:
    """``top --follow`` in a terminal of its own."""

    def __init__(self, *arguments: str | Path) -> None:
        self.fd, other = pty.openpty()
        # So that Ctrl-C reaches it, it must be its controlling terminal, which setsid(1) sees to.
        command = ["setsid", "--ctty", "--wait", *TOP, "--follow", *map(str, arguments)]
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
        self.process = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, env=environment)
        os.close(other)
        self.seen = ""

    def wait_for(self, pattern: str) -> None:
        """Read until something was shown."""
        end = time.monotonic() + DEADLINE
        while not re.search(pattern, self.seen):
            ready, _, _ = select.select([self.fd], [], [], max(end - time.monotonic(), 0))
            assert ready, f"{pattern!r} was not shown, but {self.seen[-2000:]!r}"
            self.seen += os.read(self.fd, 65536).decode("utf-8", "replace")

    def press(self, keys: bytes) -> None:
        self.seen = ""
        os.write(self.fd, keys)

    def end(self) -> int:
        """Wait until it has ended, and read what it still shows."""
        end = time.monotonic() + DEADLINE
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it goes on, and shows {self.seen[-2000:]!r}"
            if select.select([self.fd], [], [], 0.1)[0]:
                self.read_rest()
        return self.process.returncode

    def read_rest(self) -> None:
        try:
            self.seen += os.read(self.fd, 65536).decode("utf-8", "replace")
        except OSError:
            # Linux says so when nobody has the other end open any more.
            return


@contextmanager
def terminal(*arguments: str | Path) -> Iterator[Terminal]:
    found = Terminal(*arguments)
    try:
        yield found
    finally:
        found.process.kill()
        found.process.wait(DEADLINE)
        os.close(found.fd)


def append(maker: Maker, trace: Path, second: int) -> None:
    """What the module would write now: calls of two seconds."""
    for place in range(20):
        maker.call(0, second * SECOND + place, 8, "write", {"fd": 3, "data": b"", "size": 50}, ret=50, duration=1000)
    maker.call(0, (second + 1) * SECOND, 8, "close", {"fd": 3})
    with (trace / "cpu0").open("ab") as file:
        file.write(maker.packet(0))


def test_live_rates_are_shown_until_q(maker: Maker, tmp_path: Path) -> None:
    trace = maker.write(tmp_path / "trace", finish=False)
    with terminal("--interval", "1", trace) as shown:
        shown.wait_for(r"7 calls so far")
        append(maker, trace, 5)
        shown.wait_for(r"28 calls so far")
        shown.wait_for(r"20 .* 8 large")
        shown.press(b"w")
        shown.wait_for("by written")
        shown.press(b"q")
        assert shown.end() == 0
        # The screen that was there before is back, with its cursor.
        assert "\x1b[?1049l" in shown.seen and "\x1b[?25h" in shown.seen
        assert "Traceback" not in shown.seen


def test_ctrl_c_ends_it_as_well(maker: Maker, tmp_path: Path) -> None:
    trace = maker.write(tmp_path / "trace", finish=False)
    with terminal(trace) as shown:
        shown.wait_for(r"7 calls so far")
        shown.press(b"\x03")
        assert shown.end() == 0
        assert "Traceback" not in shown.seen


def test_what_is_no_terminal_gets_text_until_it_is_stopped(maker: Maker, tmp_path: Path) -> None:
    trace = maker.write(tmp_path / "trace", finish=False)
    command = [*TOP, "--follow", "--interval", "0.5", str(trace)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        seen = ""
        while "calls/s" not in seen:
            seen += process.stdout.readline()
            if "7 calls so far" in seen and "28" not in seen:
                append(maker, trace, 5)
                seen += "28"
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0 and errors == "" and "\x1b" not in seen + rest


def test_a_reader_that_went_away_ends_it(maker: Maker, tmp_path: Path) -> None:
    trace = maker.write(tmp_path / "trace", finish=False)
    command = [*TOP, "--follow", "--interval", "0.1", str(trace)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(DEADLINE) == -signal.SIGPIPE and process.stderr.read() == ""
