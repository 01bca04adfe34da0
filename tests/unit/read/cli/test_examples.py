"""The examples of ``--help`` and of the pages do what they say: each is run, as a user would copy it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from syscord_read.cli.command import COMMANDS, cli
from tests.pages import DOCS, ROOT, blocks
from tests.unit.read.program import MAIN
from tests.unit.traces import ALL, FD, Declared, Maker, integer

DEADLINE = 120
TRACE = "/var/tmp/trace"

#: What a user has in the path, in Python's words.
PROGRAMS = {
    "syscord": MAIN,
    "duckdb": "import sys, duckdb\nprint(duckdb.sql(sys.argv[2]))",
}


def of_help() -> Iterator[tuple[str, str]]:
    context = click.Context(cli, info_name="syscord", **cli.context_settings)
    for name in ("", *COMMANDS):
        command = cli.get_command(context, name) if name else cli
        assert command and command.epilog
        for line in command.epilog.splitlines():
            if line.startswith("  "):
                yield f"syscord {name} --help".replace("  ", " "), line.strip()


def of_pages() -> Iterator[tuple[str, str]]:
    for page in (DOCS / "reading.md", DOCS / "strace-style.md", ROOT / "README.md"):
        for block in blocks(page):
            if block.language == "sh":
                for line in block.text.splitlines():
                    if line.startswith(("syscord ", "duckdb ")):
                        yield page.name, line


EXAMPLES = [*of_help(), *of_pages()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the examples read; those that read what others have written come behind them."""
    found = tmp_path_factory.mktemp("examples")
    connect = Declared(203, "connect", (integer("sockfd", FD, "fd"),))
    for name in ("trace", "board1", "board2"):
        maker = Maker([*ALL, connect], hostname=name)
        for pid, comm in ((7, b"nginx"), (8, b"postgres"), (9, b"sh")):
            maker.process(-1, pid, pid, pid, comm=comm, reason="state")
            for second in (0, 15):
                entry = {"dir": -100, "path": b"/etc/hosts", "flags": 0, "mode": 0}
                when = 10**9 * second + pid + 10
                maker.call(0, when, pid, "openat", entry, ret=-2, duration=12_000_000 if second else 10)
        # A packet each, so that times may be far from each other.
        calls = sorted(maker.events.pop(0), key=lambda event: event[0])
        for place, event in enumerate(calls):
            maker.events[0] = [event]
            maker.packet(0, flags=int(place == len(calls) - 1))
        maker.write(found / name)
    programs = found / "bin"
    programs.mkdir()
    for name, text in PROGRAMS.items():
        path = programs / name
        path.write_text(f'#!{sys.executable}\nimport sys\nsys.path.insert(0, "{ROOT}")\n{text}\n')
        path.chmod(0o755)
    return found


@pytest.mark.parametrize(("where", "line"), EXAMPLES, ids=lambda text: str(text)[:60])
def test_an_example_does_what_it_says(where: str, line: str, folder: Path) -> None:
    if "--follow" in line.partition("#")[0]:
        _is_understood(line)
        return
    # Some give the same name to what they write.
    line = re.sub(r"(syscord (?:convert|report)) ", r"\1 --force ", line)
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line.replace(TRACE, "trace")],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
        env=environment,
        cwd=folder,
    )
    assert (done.returncode, done.stderr) == (0, ""), where
    if " -o " not in line and not line.startswith(("eval", "syscord verify --quiet")):
        assert done.stdout.strip() and "null" not in done.stdout.split(), done.stdout


def _is_understood(line: str) -> None:
    """It would never end; that its options are understood is all that can be told."""
    _, name, *arguments = shlex.split(line.replace(TRACE, str(ROOT)), comments=True)
    command = cli.get_command(click.Context(cli, info_name="syscord", **cli.context_settings), name)
    assert command and command.make_context(name, arguments, help_option_names=["-h", "--help"]).params["follow"]


def test_there_are_examples_of_each_command() -> None:
    assert {where.split()[1] for where, _ in EXAMPLES if where.startswith("syscord ")} >= {*COMMANDS}
    assert len(EXAMPLES) > 40
