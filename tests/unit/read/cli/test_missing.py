"""What is missing is said by every style and every subcommand: where it was, why, and by the exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from syscord_read import live
from syscord_read.check.verify import verify
from syscord_read.cli.command import cli
from syscord_read.cli.status import MEANINGS, Status
from syscord_read.ctf.ledger import CUT_OFF
from syscord_read.source import open_source
from syscord_read.write.parquet import LOST
from tests.pages import DOCS, codes, rows
from tests.unit.read.program import COMMAND
from tests.unit.traces import OFFSET, Counts, Maker

DEADLINE = 60
CLOSE = "pid=7, close, fd=3, res=0\n"
STYLES = ("record", "strace", "json")
READERS = (
    *(["read", "--style", style] for style in STYLES),
    ["stat"],
    ["top"],
    ["report", "-o", "OUT"],
    *(["convert", "--to", kind, "-o", "OUT"] for kind in ("parquet", "perfetto", "json")),
    ["verify"],
)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)), standalone_mode=False)


def run_on(command: list[str], trace: Path) -> Result:
    """Run a subcommand whose output may be a file."""
    return run(*(str(trace.parent / "out") if word == "OUT" else word for word in command), trace)


def close(maker: Maker, time: int, cpu: int = 0) -> None:
    maker.call(cpu, time, 7, "close", {"fd": 3})


def rotated(folder: Path) -> Path:
    """Two CPUs, and three files of CPU 1, with ten records each, of which the one in the middle is not there."""
    maker = Maker(cpus="0-1")
    close(maker, 5)
    maker.write(folder, finish=False)
    for number, name in enumerate(("cpu1.2", "cpu1.1", "cpu1")):
        for time in range(10):
            close(maker, 100 * number + time + 10, 1)
        maker.packet(1)
        if name != "cpu1":
            (folder / name).write_bytes(maker.streams.pop(1))
            maker.counts[1].last = -1
    maker.write(folder)
    (folder / "cpu1.1").unlink()
    return folder


def dropped(folder: Path) -> Path:
    """70 records were dropped, as the ring was full."""
    maker = Maker(cpus="0")
    close(maker, 10)
    maker.packet(0)
    maker.counts[0].dropped["ring"] = 70
    close(maker, 20)
    return maker.write(folder)


def without_a_cpu(folder: Path) -> Path:
    """A CPU's only file was removed."""
    maker = Maker(cpus="0-1")
    close(maker, 10)
    close(maker, 20, 1)
    maker.write(folder)
    (folder / "cpu1").unlink()
    return folder


def without_an_end(folder: Path) -> Path:
    """Of one CPU the last packet is not there, though the recording has ended."""
    maker = Maker(cpus="0-1")
    close(maker, 10)
    close(maker, 20, 1)
    maker.write(folder, finish=False)
    maker.packet(0, flags=1, begin=30, end=30)
    return maker.write(folder, finish=False)


def unreadable(folder: Path) -> Path:
    """Where a file should be there is a folder."""
    rotated(folder)
    (folder / "cpu1.1").mkdir()
    return folder


def cut(folder: Path) -> Path:
    """A file is shorter than it was, and it was the last of its CPU."""
    maker = Maker(cpus="0-1")
    close(maker, 10)
    for time in (20, 30):
        close(maker, time, 1)
        maker.packet(1)
    maker.write(folder)
    os.truncate(folder / "cpu1", (folder / "cpu1").stat().st_size - 5)
    return folder


MAKERS = (rotated, dropped, without_a_cpu, without_an_end, unreadable, cut)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("command", READERS, ids=lambda command: " ".join(command[:3]))
def test_every_subcommand_says_it_and_ends_with_1(command: list[str], make: Any, tmp_path: Path) -> None:
    trace = make(tmp_path / "trace")
    done = run_on(command, trace)
    assert (done.exception, done.return_value) == (None, Status.MISSING), done.output
    said = done.stdout if command[0] == "verify" else done.stderr
    assert str(trace) in said and "Traceback" not in said


@pytest.mark.parametrize(
    ("make", "where", "line"),
    [
        (rotated, 11, "--- 10 calls lost on CPU 1 (packets missing: packet 1) ---"),
        (dropped, 1, "--- 70 calls lost on CPU 0 (ring full) ---"),
        (without_a_cpu, 1, "--- calls may be lost on CPU 1 (file missing) ---"),
        (without_an_end, 2, "--- calls may be lost on CPU 1 (cut off) ---"),
        (unreadable, 11, "--- 10 calls lost on CPU 1 (unreadable: packet 1) ---"),
        (cut, 2, "--- calls may be lost on CPU 1 (cut off) ---"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_strace_has_a_line_where_it_was(make: Any, where: int, line: str, tmp_path: Path) -> None:
    lines = run("read", "--style", "strace", "-f", make(tmp_path / "trace")).stdout.splitlines()
    assert lines[where] == line
    assert all(other.startswith("close(3)") for place, other in enumerate(lines) if place != where)


def test_strace_puts_a_time_before_it_as_before_other_lines(tmp_path: Path) -> None:
    lines = run("read", "--style", "strace", "-ttt", dropped(tmp_path / "trace")).stdout.splitlines()
    assert lines[1] == f"{OFFSET // 10**9}.000000 --- 70 calls lost on CPU 0 (ring full) ---"


def test_a_line_of_strace_that_is_open_is_interrupted(tmp_path: Path) -> None:
    maker = Maker()
    maker.call(1, 10, 8, "close", {"fd": 1})
    maker.packet(1)
    maker.counts[1].dropped["ring"] = 2
    maker.call(1, 50, 8, "close", {"fd": 2})
    maker.call(0, 100, 7, "close", {"fd": 3}, duration=80)
    lines = run("read", "--style", "strace", "-f", maker.write(tmp_path / "trace")).stdout.splitlines()
    assert lines[1:3] == ["[pid     7] close(3 <unfinished ...>", "--- 2 calls lost on CPU 1 (ring full) ---"]


def test_the_text_has_a_line_where_it_was(tmp_path: Path) -> None:
    first = run("read", rotated(tmp_path / "trace")).stdout.splitlines(keepends=True)
    assert first == [CLOSE] * 11 + ["lost=10, cause=gap, cpu=1\n"] + [CLOSE] * 10
    second = run("read", without_a_cpu(tmp_path / "other")).stdout
    assert second == CLOSE + "lost=?, cause=absent, cpu=1\n"
    (tmp_path / "record").write_text(second)
    again = run("read", tmp_path / "record")
    assert (again.stdout, again.return_value) == (second, Status.MISSING)


def objects(text: str) -> list[dict[str, Any]]:
    return [found for found in map(json.loads, text.splitlines()) if "lost" in found]


def test_json_has_an_object_where_it_was(tmp_path: Path) -> None:
    gap = {"time": OFFSET + 210, "lost": 10, "cause": "gap", "cpu": 1, "packets": 1, "packet": 1}
    trace = rotated(tmp_path / "trace")
    assert objects(run("read", "--style", "json", trace).stdout) == [gap]
    run("convert", "--to", "json", "-o", tmp_path / "out", trace)
    assert objects((tmp_path / "out").read_text()) == [gap]
    run("convert", "--to", "parquet", "-o", tmp_path / "tables", trace)
    assert objects((tmp_path / "tables" / LOST).read_text()) == [gap]
    run("convert", "--to", "parquet", "-o", tmp_path / "others", without_a_cpu(tmp_path / "other"))
    assert objects((tmp_path / "others" / LOST).read_text()) == [
        {"time": OFFSET + 10, "lost": None, "cause": "absent", "cpu": 1}
    ]


def test_parquet_of_a_whole_trace_says_that_nothing_is_missing(tmp_path: Path) -> None:
    maker = Maker()
    close(maker, 10)
    assert run("convert", "--to", "parquet", "-o", tmp_path / "out", maker.write(tmp_path / "trace")).return_value == 0
    assert (tmp_path / "out" / LOST).read_bytes() == b""


def test_stderr_says_how_many_where_and_when(tmp_path: Path) -> None:
    assert run("stat", rotated(tmp_path / "trace")).stderr == (
        f"syscord: {tmp_path}/trace: CPU 1: 10 records in packet 1, as their packets are not there: removed, by "
        "rotation or by somebody, between 2023-11-14T22:13:20.000000+00:00 and 2023-11-14T22:13:20.000000+00:00\n"
    )


@pytest.mark.parametrize("command", [["read"], ["read", "--style", "strace", "-y"], ["stat", "--by", "path"]])
@pytest.mark.parametrize(
    ("since", "until", "status"),
    [("+0ns", "+10ns", Status.WELL), ("+206ns", "+300ns", Status.WELL), ("+20ns", "+80ns", Status.MISSING)],
)
def test_what_is_missing_outside_of_the_range_of_time_is_not_told(
    command: list[str], since: str, until: str, status: Status, tmp_path: Path
) -> None:
    """Packet 1 is missing, between 19 ns and 210 ns; the recording begins at 5 ns."""
    done = run(*command, "--since", since, "--until", until, rotated(tmp_path / "trace"))
    assert done.return_value == status
    assert ("10 records in packet 1" in done.stderr) == (status == Status.MISSING)


# Files that cannot be read


@pytest.mark.parametrize("command", READERS, ids=lambda command: " ".join(command[:3]))
def test_a_file_that_cannot_be_read_is_called_so(command: list[str], tmp_path: Path) -> None:
    trace = unreadable(tmp_path / "trace")
    done = run_on(command, trace)
    assert f"{trace}/cpu1.1: it cannot be read: it is a folder" in done.output
    assert f"{trace}/cpu1.1: it is not there" not in done.output


def test_a_file_without_permission_is_called_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    trace = rotated(tmp_path / "trace")
    really = os.open

    def refuse(path: Any, *arguments: Any, **more: Any) -> int:
        if str(path).endswith("cpu1.2"):
            raise PermissionError(13, "Permission denied", str(path))
        return really(path, *arguments, **more)

    monkeypatch.setattr(os, "open", refuse)
    done = run("read", trace)
    assert f"syscord: {trace}/cpu1.2: it cannot be read: Permission denied\n" in done.stderr
    assert (done.return_value, done.stdout.count(CLOSE)) == (Status.MISSING, 11)
    assert "lost=?, cause=unreadable, cpu=1\n" in done.stdout


def test_an_input_error_is_called_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    maker = Maker()
    for time in range(10, 40, 10):
        for each in range(8):
            close(maker, time + each)
        maker.packet(0)
    trace, offset = maker.write(tmp_path / "trace"), len(maker.streams[0]) // 3
    really = os.pread

    def fail(fd: int, size: int, at: int) -> bytes:
        # A packet's beginning can be read, but not all of it.
        if at == offset and size > 300:
            raise OSError(5, "Input/output error")
        return really(fd, size, at)

    monkeypatch.setattr(os, "pread", fail)
    done = run("read", trace)
    assert f"{trace}/cpu0, byte {offset}: this packet cannot be read: Input/output error\n" in done.stderr
    assert done.stdout == f"{8 * CLOSE}lost=8, cause=unreadable, cpu=0\n{8 * CLOSE}"
    assert done.return_value == Status.MISSING


def test_a_folder_that_cannot_be_listed_is_called_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    maker = Maker()
    close(maker, 10)
    maker.write(tmp_path / "traces" / "one")
    hidden = maker.write(tmp_path / "traces" / "two")
    really = os.scandir

    def refuse(path: Any) -> Any:
        if Path(path) == hidden:
            raise PermissionError(13, "Permission denied", str(path))
        return really(path)

    monkeypatch.setattr(os, "scandir", refuse)
    done = run("read", tmp_path / "traces")
    assert (done.return_value, done.stdout) == (Status.MISSING, CLOSE)
    assert f"{hidden}: the folder cannot be read: Permission denied" in done.stderr


def test_a_part_of_a_packet_that_is_damaged_has_a_line(tmp_path: Path) -> None:
    maker = Maker()
    close(maker, 10)
    close(maker, 20)
    packet = bytearray(maker.packet(0))
    packet[160 + 6 : 160 + 8] = b"\0\0"  # the first event has no size
    maker.streams[0] = packet
    done = run("read", maker.write(tmp_path / "trace"))
    assert (done.return_value, done.stdout) == (Status.MISSING, "lost=2, cause=damaged, cpu=0\n")


def test_a_line_of_a_text_record_that_is_damaged_has_a_line(tmp_path: Path) -> None:
    path = tmp_path / "record"
    path.write_text(f"{CLOSE}nonsense\n{CLOSE}")
    done = run("read", path)
    assert (done.return_value, done.stdout) == (Status.MISSING, f"{CLOSE}lost=1, cause=damaged, cpu=?\n{CLOSE}")
    assert f"{path}, byte {len(CLOSE)}: " in done.stderr


# What is missing as wished, and what was removed


def test_what_a_flight_recorder_overwrote_is_told_and_well(tmp_path: Path) -> None:
    """The first packet of the second snapshot does not know yet that the ones before it were overwritten."""
    maker = Maker(more_env={"mode": "overwrite", "param_rotate_mb": "0", "param_rotate_s": "0"})
    for seq, recorded, overwritten in ((4, 40, 0), (9, 90, 0), (10, 91, 89)):
        maker.counts[0] = Counts(seq, recorded, overwritten=overwritten, last=len(maker.streams.get(0, b"")))
        close(maker, seq * 10)
        maker.packet(0)
    trace = maker.write(tmp_path / "trace")
    done = run("read", trace)
    lost = ["lost=40, cause=overwritten, cpu=0\n", CLOSE, "lost=49, cause=overwritten, cpu=0\n", CLOSE, CLOSE]
    assert (done.stdout.splitlines(keepends=True), done.return_value) == (lost, Status.WELL)
    assert "CPU 0: 89 records in packets 0 to 3, 5 to 8, as mode=overwrite overwrote them" in done.stderr
    assert run("verify", trace).return_value == Status.WELL


def test_more_than_a_flight_recorder_overwrote_is_missing(tmp_path: Path) -> None:
    maker = Maker(more_env={"mode": "overwrite"})
    close(maker, 10)
    maker.packet(0)
    maker.counts[0].seq, maker.counts[0].recorded, maker.counts[0].overwritten = 5, 50, 30
    close(maker, 20)
    trace = maker.write(tmp_path / "trace")
    assert "lost=19, cause=gap, cpu=0\n" in run("read", trace).stdout
    done = run("verify", trace)
    assert (done.return_value, "CPU 0: 19 records are not there" in done.stdout) == (Status.MISSING, True)


@pytest.mark.parametrize(("rotates", "status"), [("0", Status.MISSING), ("16", Status.WELL)])
def test_the_first_packets_may_be_missing_only_if_files_are_rotated(
    rotates: str, status: Status, tmp_path: Path
) -> None:
    maker = Maker(more_env={"param_rotate_mb": rotates, "param_rotate_s": "0"})
    maker.counts[0] = Counts(seq=3, recorded=30)
    close(maker, 10)
    trace = maker.write(tmp_path / "trace")
    done = run("read", trace)
    assert done.return_value == run("verify", trace).return_value == status
    assert ("lost=30, cause=gap, cpu=0\n" in done.stdout) == (status == Status.MISSING)


# Nothing to show


@pytest.mark.parametrize(
    "command", [each for each in READERS if each != ["verify"]], ids=lambda each: " ".join(each[:3])
)
def test_an_empty_selection_says_that_nothing_matched(command: list[str], tmp_path: Path) -> None:
    maker = Maker()
    for time in (10, 20):
        close(maker, time)
    done = run_on([*command, "-p", "99"], maker.write(tmp_path / "trace"))
    assert (done.exception, done.return_value) == (None, Status.NOTHING)
    assert done.stderr == "syscord: nothing matched: none of 2 records is selected\n"


def test_a_range_of_time_without_records_says_how_many_there_are(tmp_path: Path) -> None:
    maker = Maker()
    close(maker, 10)
    maker.packet(0)
    close(maker, 20)
    done = run("read", "--since", "+1s", maker.write(tmp_path / "trace"))
    assert (done.return_value, done.stderr) == (3, "syscord: nothing matched: none of 2 records is selected\n")


def test_an_empty_selection_of_text_says_so(tmp_path: Path) -> None:
    (tmp_path / "record").write_text(CLOSE)
    done = run("read", "-p", "99", tmp_path / "record")
    assert (done.return_value, done.stderr) == (3, "syscord: nothing matched: none of 1 records is selected\n")
    (tmp_path / "record").write_text("")
    assert run("read", tmp_path / "record").stderr == "syscord: there are no records\n"


# What is being written


@pytest.fixture
def recorded_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A module that is loaded here, and writes to trace."""
    (tmp_path / "parameters").mkdir()
    (tmp_path / "parameters" / "record").write_text(f"{tmp_path}/trace\n")
    monkeypatch.setattr(live, "PARAMETERS", tmp_path / "parameters")
    return tmp_path / "trace"


@pytest.mark.parametrize("torn", [0, 5])
def test_a_trace_that_is_being_written_is_not_damaged(recorded_here: Path, torn: int) -> None:
    """Also if a packet is there only in part."""
    maker = Maker(cpus="0-1")
    close(maker, 10)
    maker.packet(0)
    close(maker, 20)
    trace = maker.write(recorded_here, finish=False)
    os.truncate(trace / "cpu0", (trace / "cpu0").stat().st_size - torn)
    done = run("verify", trace)
    assert done.return_value == Status.BEING_WRITTEN
    assert done.stdout.splitlines()[1:] == ["  being written: more is to come", "  whole so far: nothing is missing"]
    read = run("read", trace)
    assert (read.return_value, read.stderr) == (Status.WELL, "")


def test_what_was_lost_of_a_trace_that_is_being_written_is_told(recorded_here: Path) -> None:
    maker = Maker()
    close(maker, 10)
    maker.packet(0)
    maker.counts[0].dropped["ring"] = 5
    close(maker, 20)
    done = run("verify", maker.write(recorded_here, finish=False))
    assert done.return_value == Status.MISSING
    assert "being written" in done.stdout and "damaged" not in done.stdout


def test_a_text_record_that_is_being_written_may_end_in_a_line(recorded_here: Path) -> None:
    recorded_here.write_text(CLOSE + CLOSE[:5])
    done = run("verify", recorded_here)
    assert (done.return_value, "being written" in done.stdout) == (Status.BEING_WRITTEN, True)
    assert run("read", recorded_here).return_value == Status.WELL


@pytest.mark.parametrize("command", READERS, ids=lambda command: " ".join(command[:3]))
def test_a_trace_without_an_end_that_nobody_writes_was_cut_off(command: list[str], tmp_path: Path) -> None:
    maker = Maker(cpus="0-1")
    close(maker, 10)
    trace = maker.write(tmp_path / "trace", finish=False)
    done = run_on(command, trace)
    assert done.return_value == Status.MISSING and f"{trace}: {CUT_OFF}" in done.output
    if command == ["read", "--style", "strace"]:
        assert done.stdout.splitlines()[1:] == ["--- calls may be lost on CPU 0 (cut off) ---"]


def test_a_trace_that_grows_while_it_is_read_is_being_written(tmp_path: Path) -> None:
    """Also where no module is loaded, as on another machine that shares the folder."""
    maker = Maker(cpus="0-1")
    close(maker, 10)
    trace = maker.write(tmp_path / "trace", finish=False)
    source = open_source([trace])
    close(maker, 20)
    with (trace / "cpu0").open("ab") as file:
        file.write(maker.packet(0))
    (found,) = verify(source)
    assert found.is_being_written and found.is_whole


# Following


def test_following_a_trace_that_has_ended_ends(tmp_path: Path) -> None:
    trace = dropped(tmp_path / "trace")
    done = run("read", "--follow", trace)
    assert (done.stdout, done.return_value) == (f"{CLOSE}lost=70, cause=ring, cpu=0\n{CLOSE}", Status.MISSING)
    top = run("top", "--follow", "--interval", "0.1", trace)
    assert top.return_value == Status.MISSING and "CPU 0: 70 records" in top.stderr
    assert top.stdout.rstrip().endswith("the recording has ended") and "2 calls so far, 70 lost" in top.stdout


def test_whoever_stops_following_is_told_what_was_missing(tmp_path: Path) -> None:
    maker = Maker()
    close(maker, 10)
    maker.packet(0)
    maker.counts[0].dropped["ring"] = 70
    close(maker, 20)
    trace = maker.write(tmp_path / "trace", finish=False)
    command = [*COMMAND, "read", "--follow", str(trace)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        assert [process.stdout.readline() for _ in range(3)][1] == "lost=70, cause=ring, cpu=0\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == -signal.SIGINT
        assert process.stderr.read().startswith(f"syscord: {trace}: CPU 0: 70 records, as the ring was full")


# Standard input, output, and what is closed


def program(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=DEADLINE, check=False, **more)


def test_standard_input_and_pipes_are_read_once_and_whole(tmp_path: Path) -> None:
    text = "".join(f"pid={number}, close, fd=3, res=0\n" for number in range(1, 2000)).encode()
    for name in ("-", "/dev/stdin"):
        done = program("read", name, input=text)
        assert (done.returncode, done.stdout, done.stderr) == (0, text, b""), name
    assert program("read", "--follow", "-", input=text).stdout == text
    with (tmp_path / "record").open("wb+") as file:
        file.write(text)
        file.seek(0)
        assert program("read", "-", stdin=file).stdout == text
    assert json.loads(program("stat", "--json", "-", input=text).stdout)["total"]["calls"] == 1999


def test_a_pipe_that_is_named_is_read_whole(tmp_path: Path) -> None:
    text = CLOSE.encode() * 5000
    os.mkfifo(tmp_path / "pipe")
    command = [*COMMAND, "read", str(tmp_path / "pipe")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as reader:
        (tmp_path / "pipe").write_bytes(text)
        assert reader.communicate(timeout=DEADLINE)[0] == text
    assert reader.returncode == 0


def test_standard_input_that_is_no_record_is_refused() -> None:
    done = program("read", "-", input=b"root:x:0\n")
    assert done.returncode == 1
    assert done.stderr == (
        b"syscord: standard input: this is neither a trace nor a text record: give what record= said\n"
    )
    assert b"given twice" in program("read", "-", "-", input=b"").stderr


@pytest.mark.parametrize("command", [["convert", "--to", "json"], ["convert", "--to", "perfetto"], ["report"]])
def test_the_standard_output_can_be_the_file(command: list[str], tmp_path: Path) -> None:
    maker = Maker()
    close(maker, 10)
    trace = maker.write(tmp_path / "trace")
    done = program(*command, "-o", "-", trace)
    run(*command, "-o", tmp_path / "out", trace)
    assert (done.returncode, done.stdout) == (0, (tmp_path / "out").read_bytes())
    assert not (tmp_path / "-").exists()


def test_tables_do_not_fit_in_the_standard_output(tmp_path: Path) -> None:
    done = program("convert", "--to", "parquet", "-o", "-", tmp_path)
    assert done.returncode == 2 and b"Parquet is a folder: give its name" in done.stderr


def shell(script: str, trace: Path) -> subprocess.CompletedProcess[str]:
    """What a shell makes of it, in which ``syscord`` is the command."""
    (trace.parent / "syscord").write_text(f"#!/bin/sh\nexec {COMMAND[0]} -c '{COMMAND[2]}' \"$@\"\n")
    (trace.parent / "syscord").chmod(0o755)
    environment = {**os.environ, "PATH": f"{trace.parent}:{os.environ['PATH']}", "PYTHONPATH": os.getcwd()}  # noqa: PTH109
    return subprocess.run(
        ["/bin/sh", "-c", script], capture_output=True, text=True, timeout=DEADLINE, check=False, env=environment
    )


@pytest.mark.parametrize("command", ["read", "read --style strace", "stat", "stat --json", "top", "verify"])
@pytest.mark.parametrize(("to", "why"), [(">&-", "Bad file descriptor"), (">/dev/full", "No space left on device")])
def test_an_output_that_takes_nothing_is_told_in_a_line(command: str, to: str, why: str, tmp_path: Path) -> None:
    maker = Maker()
    close(maker, 10)
    trace = maker.write(tmp_path / "trace")
    done = shell(f"syscord {command} {trace} {to}", trace)
    assert (done.returncode, done.stderr) == (1, f"syscord: standard output: it cannot be written: {why}\n")


def test_files_that_are_closed_are_not_taken_for_others(tmp_path: Path) -> None:
    maker = Maker()
    close(maker, 10)
    trace = maker.write(tmp_path / "trace")
    done = shell(f"syscord convert --to json -o {tmp_path}/out {trace} <&- >&- 2>&-", trace)
    assert done.returncode == 0
    assert json.loads((tmp_path / "out").read_text())["syscall"] == "close"


# The table of statuses


def test_the_page_has_the_statuses() -> None:
    shown = {int(codes(status)[0]): meaning for status, meaning in rows(DOCS / "reading.md", "status")}
    assert {status: meaning.replace("`", "") for status, meaning in shown.items()} == {
        int(status): meaning for status, meaning in MEANINGS.items()
    }
