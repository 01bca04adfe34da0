"""The command ``syscord``, as its users meet it: output, exit status, errors of one line, pipes, Ctrl-C."""

from __future__ import annotations

import io
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from syscord_read.cli import manual, output
from syscord_read.cli.command import COMMANDS, cli
from syscord_read.model.layout import Integer, Shape, Symbols
from tests.unit.read.program import COMMAND
from tests.unit.traces import FD, Declared, Maker, integer, memory

DEADLINE = 60


def run(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
        env={**os.environ, **more},
    )


@pytest.fixture
def maker() -> Maker:
    found = Maker()
    found.process(-1, 1, 7, 7, comm=b"tool")
    found.description(2, 1, 1)
    found.call(0, 10, 7, "openat", {"dir": -100, "path": b"/etc/hosts", "flags": 0, "mode": 0}, ret=3, duration=5)
    found.call(0, 20, 7, "close", {"fd": 3}, ret=-9)
    return found


@pytest.fixture
def trace(maker: Maker, tmp_path: Path) -> Path:
    return maker.write(tmp_path / "trace")


OPENAT = "pid=7, openat, dir=-100, path=/etc/hosts, flags=0, mode=0, res=3\n"
CLOSE = "pid=7, close, fd=3, res=-9\n"


# Reading


def test_records_are_printed(trace: Path) -> None:
    done = run("read", trace)
    assert (done.returncode, done.stdout, done.stderr) == (0, OPENAT + CLOSE, "")


def test_several_traces_and_texts_are_printed(trace: Path, tmp_path: Path) -> None:
    text = tmp_path / "record"
    text.write_text("pid=1, statfs, res=0\n")
    done = run("read", text, trace)
    assert (done.returncode, done.stdout) == (0, OPENAT + CLOSE + "pid=1, statfs, res=0\n")


def test_traces_in_a_directory_are_printed(trace: Path) -> None:
    assert run("read", trace.parent).stdout == OPENAT + CLOSE


def test_filters_are_applied(trace: Path) -> None:
    assert run("read", "--failed", trace).stdout == CLOSE
    assert run("read", "-e", "trace=openat,close", "-P", "/etc/*", trace).stdout == OPENAT + CLOSE
    assert run("read", "-e", "%file", "-P", "/etc/*", trace).stdout == OPENAT
    assert run("read", "-e", "!openat", "--comm", "t*", "-p", "7,8", trace).stdout == CLOSE
    assert run("read", "--since", "+15ns", "--max-duration", "0", trace).stdout == CLOSE


def test_times_are_local_or_utc_and_can_be_copied_from_any_output(trace: Path, tmp_path: Path) -> None:
    zone = {"TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}
    page, utc_page = tmp_path / "page.html", tmp_path / "utc.html"
    run("report", trace, "-o", page, **zone)
    run("report", "--utc", trace, "-o", utc_page, **zone)
    local, utc = run("verify", trace, **zone).stdout, run("verify", "--utc", trace, **zone).stdout
    assert "from 2023-11-14T23:13:20.000000+01:00 to 2023-11-14T23:13:20.000000+01:00" in local
    assert "from 2023-11-14T22:13:20.000000+00:00 to " in utc
    assert "2023-11-14T23:13:20.000+01:00" in page.read_text()
    assert "2023-11-14T22:13:20.000+00:00" in utc_page.read_text()
    for option, clock in (("-t", "23:13:20 "), ("-tt", "23:13:20.000000 "), ("-ttt", "1700000000.000000 ")):
        shown = run("read", "--style", "strace", option, trace, **zone).stdout
        assert shown.startswith(clock)
        selected = run("read", "--style", "strace", "--since", clock.strip(), option, trace, **zone).stdout
        assert selected == shown
    assert run("read", "--style", "strace", "--utc", "-t", trace, **zone).stdout.startswith("22:13:20 ")
    assert run("read", "--since", "-5ns", trace).stdout == CLOSE
    nothing = run("stat", "--json", "--until", "2023-11-14T23:13:19", trace, **zone).stdout
    assert json.loads(nothing)["total"]["calls"] == 0


def test_json_is_a_line_a_syscall(trace: Path) -> None:
    lines = run("read", "--style", "json", trace).stdout.splitlines()
    assert [json.loads(line)["syscall"] for line in lines] == ["openat", "close"]


def test_the_way_of_strace_has_its_options(trace: Path) -> None:
    done = run("read", "--style", "strace", "-T", trace)
    assert done.stdout.splitlines()[0] == 'openat(AT_FDCWD, "/etc/hosts", O_RDONLY) = 3 <0.000000>'
    assert done.stdout.splitlines()[1].endswith("= -1 EBADF (Bad file descriptor) <0.000000>")


def test_strace_knows_paths_also_from_calls_that_are_not_selected(trace: Path) -> None:
    done = run("read", "--style", "strace", "-y", "-e", "close", trace)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["close(3</etc/hosts>)"]


def test_strace_shows_every_process_that_is_selected(maker: Maker, tmp_path: Path) -> None:
    """Whether or not it was born while the trace was recorded."""
    maker.process(0, 21, 8, 8, ppid=7, comm=b"child", reason="fork")
    maker.call(0, 22, 8, "close", {"fd": 4}, ret=-9)
    trace = maker.write(tmp_path / "trace")
    shown = {
        arguments: run("read", "--style", "strace", *arguments, trace).stdout.count("close(4)")
        for arguments in ((), ("-p", "8"), ("--comm", "child"), ("-Z",), ("-e", "close"), ("-y",), ("-f",), ("-p", "7"))
    }
    assert [count for arguments, count in shown.items()] == [1, 1, 1, 1, 1, 1, 1, 0]


def test_strace_has_names_that_no_call_before_has_brought(tmp_path: Path) -> None:
    """An attached server was never seen to make a socket."""
    domains = Integer(32, True, symbols=Symbols("socket_domains", "enum", {"AF_UNIX": 1, "AF_INET": 2}))
    never_called = Declared(198, "socket", (integer("domain", domains),), "fd")
    fields = integer("sockfd", FD, "fd"), memory("addr", Shape.ADDRESS, "sockaddr"), integer("addrlen", FD)
    maker = Maker([Declared(203, "connect", fields), never_called])
    address = bytes.fromhex("02001f907f000001") + bytes(8)
    maker.call(0, 1, 7, "connect", {"sockfd": 5, "addr": address, "addrlen": 16})
    assert run("read", "--style", "strace", maker.write(tmp_path / "trace")).stdout == (
        'connect(5, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("127.0.0.1")}, 16) = 0\n'
    )


def test_strace_knows_paths_of_files_that_were_open_already(tmp_path: Path) -> None:
    maker = Maker()
    maker.open_file(1, 7, 5, b"/etc/passwd")
    maker.same_file(1, 8, 1, 7, 5)
    maker.open_files(1, 9, 8)
    for at, (pid, fd) in enumerate(((7, 5), (9, 1), (8, 1)), 10):
        maker.call(0, at, pid, "close", {"fd": fd})
    done = run("read", "--style", "strace", "-y", maker.write(tmp_path / "trace"))
    # The last one has the descriptors that the one before has closed.
    assert done.stdout.count("</etc/passwd>") == 2


@pytest.mark.parametrize(
    ("recorded", "known"), [("openat,read,write", False), ("openat,read,write,close,execve", True)]
)
def test_nobody_knows_what_a_descriptor_is_if_its_end_was_not_recorded(
    recorded: str, known: bool, tmp_path: Path
) -> None:
    """The number may be that of a socket by then, which was left out, too."""
    maker = Maker(syscalls=recorded)
    maker.open_file(1, 7, 0, b"/dev/null")
    maker.open_file(1, 7, -100, b"/etc")
    maker.call(0, 10, 7, "openat", {"dir": -100, "path": b"hosts", "flags": 0, "mode": 0}, ret=3)
    maker.call(0, 20, 7, "write", {"fd": 3, "data": b"GET", "size": 3}, ret=3)
    maker.call(0, 30, 7, "read", {"fd": 0, "size": 9}, exit={"data": b""}, ret=0)
    trace = maker.write(tmp_path / "trace")
    done = run("read", "--style", "strace", "-y", trace)
    lines = done.stdout.splitlines()
    assert ("left out calls that end it: record close, execve, too" in done.stderr) == (not known)
    files = {
        row["path"]: row["written"] for row in json.loads(run("stat", "--by", "path", "--json", trace).stdout)["files"]
    }
    if known:
        assert lines[0].endswith("= 3</etc/hosts>") and lines[1].startswith("write(3</etc/hosts>, ")
        assert files == {"/etc/hosts": 3, "/dev/null": 0}
    else:
        assert lines[0].endswith("= 3") and lines[1].startswith("write(3, ") and lines[2].startswith("read(0, ")
        assert files == {"hosts": 0}
    assert len(run("read", "-P", "/etc/hosts", trace).stdout.splitlines()) == 2 * known


def test_what_is_damaged_is_read_as_far_as_it_can_be(trace: Path) -> None:
    with (trace / "cpu0").open("ab") as file:
        file.write(b"x" * 50)
    done = run("read", trace)
    assert (done.returncode, done.stdout) == (1, OPENAT + CLOSE)
    assert done.stderr.count("\n") == 1
    assert "the last packet is cut off" in done.stderr and str(trace / "cpu0") in done.stderr


def test_very_many_problems_are_only_counted(trace: Path) -> None:
    with (trace / "cpu0").open("ab") as file:
        file.write((trace / "cpu0").read_bytes()[:20] * 500)
    done = run("read", trace)
    assert done.returncode == 1 and done.stderr.count("\n") == 11
    assert done.stderr.splitlines()[-1].endswith("more such places: syscord verify lists them")


# Wrong use, and what is no trace


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["read"], "Missing argument 'TRACE...'"),
        (["read", "/nonexistent"], "'/nonexistent' does not exist"),
        (["banana"], "No such command 'banana'"),
        (["read", "--pid", "x", "."], "'x' is no number"),
        (["read", "--min-duration", "5x", "."], "syscord: '5x' is no duration: write 250us, 10ms or 1.5s"),
        (["read", "--since", "soon", "."], "syscord: 'soon' is no time"),
        (["read", "--ok", "--failed", "."], "leave nothing"),
        (["read", "--error", "EBANANA", "."], "syscord: there is no error 'EBANANA'"),
        (["read", "-T", "."], "-T is an option of --style strace"),
    ],
)
def test_wrong_use_ends_with_2_and_says_why(arguments: list[str], error: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert error in done.stderr and "Traceback" not in done.stderr


def test_a_syscall_that_there_is_not_is_wrong_use(trace: Path) -> None:
    done = run("read", "-e", "opnat", trace)
    assert (done.returncode, done.stderr) == (2, "syscord: there is no syscall 'opnat': did you mean openat?\n")


def test_a_folder_without_a_trace_is_told(tmp_path: Path) -> None:
    done = run("read", tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        f"syscord: {tmp_path}: there is no trace in it: a trace is a directory with a file called metadata\n"
    )


@pytest.mark.parametrize("content", ["trace {", "garbage"])
def test_metadata_that_cannot_be_read_is_told_in_a_line(trace: Path, content: str) -> None:
    (trace / "metadata").write_text(content)
    done = run("read", trace)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(f"syscord: {trace}/metadata:1: ")


# Hostile names

#: What makes a terminal do something: ESC, C1's CSI, DEL, what turns the direction of writing.
DANGEROUS = "\x1b\x9b\x7f\u202e\u2066\u061c\u200f"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A damaged trace, in a folder, and of a process, of such names."""
    maker = Maker(hostname=f"h{DANGEROUS}")
    text = f"a{DANGEROUS}z".encode()
    maker.process(-1, 1, 7, 7, comm=text[:16], exe=text)
    maker.call(0, 10, 7, "openat", {"dir": -100, "path": b"/" + text, "flags": 0, "mode": 0}, ret=3, duration=5)
    maker.call(0, 20, 7, "execve", {"path": text, "argv": (text, b"\xff" + text)}, duration=7)
    maker.call(0, 30, 7, "read", {"fd": 3, "size": 9}, exit={"data": text}, ret=len(text), duration=9)
    trace = maker.write(tmp_path / f"f{DANGEROUS}" / "trace")
    with (trace / "cpu0").open("ab") as file:
        file.write(b"nonsense")
    return trace


@pytest.mark.parametrize(
    "arguments",
    [
        ["read"],
        ["read", "--style", "strace", "-y"],
        ["read", "--style", "json"],
        ["verify"],
        ["stat", "--by", "all"],
        ["stat", "--by", "all", "--json"],
        ["top"],
        ["report", "--force", "-o", "/dev/null/x"],
    ],
    ids=" ".join,
)
def test_no_name_does_anything_to_a_terminal(arguments: list[str], hostile: Path) -> None:
    done = run(*arguments, hostile)
    assert done.returncode == 1 and done.stderr + done.stdout
    assert not set(DANGEROUS) & set(done.stdout + done.stderr)


def test_nor_does_a_name_in_an_error(trace: Path, tmp_path: Path) -> None:
    folder = tmp_path / DANGEROUS
    tried: list[list[str | Path]] = [[folder], ["-e", DANGEROUS, trace], ["--since", DANGEROUS, trace]]
    for arguments in tried:
        done = run("read", *arguments)
        assert done.returncode == 2 and done.stderr and not set(DANGEROUS) & set(done.stderr)
    folder.mkdir()
    done = run("read", folder)
    assert done.returncode == 1 and "there is no trace in it" in done.stderr
    assert not set(DANGEROUS) & set(done.stderr)


def test_json_means_what_the_bytes_are(hostile: Path) -> None:
    first = json.loads(run("read", "--style", "json", hostile).stdout.splitlines()[0])
    assert first["args"]["path"] == f"/a{DANGEROUS}z"


def test_metadata_whose_names_do_not_print_is_refused(trace: Path) -> None:
    path = trace / "metadata"
    path.write_text(path.read_text().replace('name = "openat"', 'name = "open\x1b[31mat"'))
    done = run("read", trace)
    assert done.returncode == 1 and "this event has a name that does not print" in done.stderr
    assert "\x1b" not in done.stderr


# Verifying


def test_a_whole_trace_ends_with_0(maker: Maker, trace: Path) -> None:
    done = run("verify", trace)
    assert (done.returncode, done.stderr) == (0, "")
    summary, *rest = done.stdout.splitlines()
    assert summary.startswith(f"{trace}: 2 syscalls and 2 other events, in 2 packets of 1 CPUs, from ")
    assert rest[0].startswith("  finished: each CPU that has a file has its last packet; old traces do not say which")
    assert rest[1:] == ["  whole: nothing is missing"]
    maker.cpus = "0"
    finished = "  finished: the last packet of each CPU is there"
    assert finished in run("verify", maker.write(trace)).stdout.splitlines()


def test_a_trace_that_is_not_whole_ends_with_1(trace: Path) -> None:
    os.truncate(trace / "cpu0", 200)
    done = run("verify", trace)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "  not whole: 2 places are damaged, 200 bytes cannot be read"
    assert run("verify", "--quiet", trace).stdout == ""


def test_records_that_are_lost_are_told(maker: Maker, tmp_path: Path) -> None:
    maker.packet(0)
    maker.counts[0].dropped["ring"] = 70
    maker.call(0, 30, 7, "close", {"fd": 3})
    done = run("verify", maker.write(tmp_path / "trace"))
    assert done.returncode == 1
    assert "  lost: CPU 0: 70 records, as the ring was full (give more ring_kb=), between " in done.stdout
    assert done.stdout.splitlines()[-1] == "  not whole: 70 records are lost"


# Pipes, signals, and what is still being written


@contextmanager
def started(*arguments: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [*COMMAND, *map(str, arguments)]
    process = subprocess.Popen(command, bufsize=0, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def next_line(process: subprocess.Popen[bytes]) -> str:
    """A line of the output, which must come in time."""
    assert process.stdout
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        assert selector.select(DEADLINE), "there is no line"
    return process.stdout.readline().decode()


def test_output_that_nobody_reads_ends_quietly(maker: Maker, tmp_path: Path) -> None:
    for at in range(20_000):
        maker.call(0, 100 + at, 7, "close", {"fd": 3})
        if at % 1000 == 0:
            maker.packet(0)
    with started("read", maker.write(tmp_path / "trace")) as process:
        assert next_line(process) == OPENAT
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.wait(DEADLINE) == -signal.SIGPIPE
        assert process.stderr.read() == b""


def test_what_is_recorded_next_is_printed_until_ctrl_c(maker: Maker, tmp_path: Path) -> None:
    path = maker.write(tmp_path / "trace", finish=False)
    with started("read", "--follow", path) as process:
        assert [next_line(process), next_line(process)] == [OPENAT, CLOSE]
        maker.call(0, 30, 7, "close", {"fd": 4})
        with (path / "cpu0").open("ab") as file:
            file.write(maker.packet(0))
        assert next_line(process) == "pid=7, close, fd=4, res=0\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == -signal.SIGINT
        assert process.stderr and process.stderr.read() == b""


def test_a_text_record_is_followed_too(tmp_path: Path) -> None:
    path = tmp_path / "record"
    path.write_text(CLOSE)
    with started("read", "--follow", "--style", "json", path) as process:
        assert json.loads(next_line(process))["ret"] == -9
        with path.open("a") as file:
            file.write("pid=8, close, fd=1, res=0\n")
        assert json.loads(next_line(process))["pid"] == 8


def test_what_cannot_be_followed_together_is_told(trace: Path, tmp_path: Path) -> None:
    path = tmp_path / "record"
    path.write_text(CLOSE)
    done = run("read", "--follow", trace, path)
    assert done.returncode == 2 and "--follow takes one text record, or traces" in done.stderr


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_comes_when_it_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")  # not a dumb one, as where tests are run without any
    with output.progress_bar("Reading", 100) as bar:
        bar.advance(10)
        assert screen.getvalue() == ""
        monkeypatch.setattr(output, "BAR_AFTER_SECONDS", 0)
        bar.advance(10)
    assert bar.done == 20 and "Reading" in screen.getvalue()


def test_there_is_no_bar_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(output, "BAR_AFTER_SECONDS", 0)
    with output.progress_bar("Reading", 100) as bar:
        bar.advance(10)
    assert screen.getvalue() == ""


# Help


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(cli, info_name="syscord", **cli.context_settings)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command
        yield name, command


def test_every_subcommand_has_help_with_examples() -> None:
    for name, command in commands():
        assert command.name == name
        text = command.get_help(click.Context(command, info_name=name, help_option_names=["-h", "--help"]))
        assert "Examples:" in text and f"syscord {name} " in text


def test_the_command_lists_its_subcommands() -> None:
    done = run("--help")
    assert done.returncode == 0 and "Examples:" in done.stdout
    for name, entry in COMMANDS.items():
        assert name in done.stdout and entry.help in done.stdout


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS)], ids=str)
def test_help_loads_nothing_that_takes_long(arguments: list[str]) -> None:
    code = f"""
import sys
from syscord_read.cli.command import cli
try:
    cli.main({arguments!r}, standalone_mode=False)
finally:
    loaded = {{"numpy", "pyarrow", "rich", "asyncio"}} & set(sys.modules)
    assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=DEADLINE)


def test_help_is_quick() -> None:
    best = min(timed("--help") for _ in range(5))
    assert best < 1


def timed(*arguments: str) -> float:
    begin = time.monotonic()
    run(*arguments)
    return time.monotonic() - begin


def test_the_man_page_says_what_help_says() -> None:
    assert manual.PAGE.read_text(encoding="utf-8") == manual.page(), "run python -m syscord_read.cli.manual"


def test_the_man_page_has_every_option() -> None:
    page = manual.page().replace("\\-", "-")
    for _, command in commands():
        for parameter in command.params:
            assert all(name in page for name in parameter.opts if name.startswith("-"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [("syscord re", "read"), ("syscord read --sty", "--style"), ("syscord read --style st", "strace")],
)
def test_words_are_completed(words: str, expected: str) -> None:
    done = run(_SYSCORD_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split()) - 1))
    assert f"plain,{expected}" in done.stdout.splitlines()


def test_completion_can_be_installed() -> None:
    assert "complete -o nosort" in run(_SYSCORD_COMPLETE="bash_source").stdout
