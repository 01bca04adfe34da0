"""What is rendered: the C of every kind of statement, the whole tree, the same bytes each time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from syscord_gen.check import load_and_check
from syscord_gen.render import render, write
from syscord_gen.resolve import Handler, Resolved, resolve
from tests.unit.specs import GOLDEN, HANDLERS, ROOT

TEMPLATES = ROOT / "kmod_templates"


def resolved(folder: Path) -> Resolved:
    model, problems = load_and_check(folder)
    assert problems == []
    return resolve(model)


def handler(name: str) -> Handler:
    return next(handler for handler in resolved(GOLDEN / "handlers").handlers if handler.name == name)


def test_the_c_of_every_kind_is_the_golden_file(request: pytest.FixtureRequest) -> None:
    rendered = render(resolved(GOLDEN / "handlers"), TEMPLATES, "")["capture/handlers.c"]
    golden = GOLDEN / "handlers.c"
    if request.config.getoption("--write-golden"):
        golden.write_text(rendered, encoding="utf-8")
    assert rendered == golden.read_text(encoding="utf-8"), "right? pytest tests/unit --write-golden"


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from syscord_build.source import generate;"
        "generate(Path(sys.argv[1]), dot_config=Path('/nonexistent'))"
    )
    for run, seed in (("one", "1"), ("two", "2")):
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / run)],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        )
    one, two = (
        {path.relative_to(tmp_path / run): path.read_bytes() for path in (tmp_path / run).rglob("*") if path.is_file()}
        for run in ("one", "two")
    )
    assert one == two
    assert Path("capture/handlers.c") in one


def test_a_file_that_says_the_same_is_left_alone(tmp_path: Path) -> None:
    tree = {"a.c": "a", "compat/b.h": "b"}
    assert write(tree, tmp_path).changed == ["a.c", "compat/b.h"]
    before = (tmp_path / "a.c").stat().st_mtime_ns
    assert write({**tree, "compat/b.h": "c"}, tmp_path).changed == ["compat/b.h"]
    assert (tmp_path / "a.c").stat().st_mtime_ns == before
    assert (tmp_path / "compat/b.h").read_text(encoding="utf-8") == "c"


def test_the_tree_stands_alone() -> None:
    tree = render(resolved(HANDLERS), TEMPLATES, "/* config */\n")
    assert tree["config.h"] == "/* config */\n"
    assert {"Kbuild", "Makefile", "main.c", "capture/handlers.c", "compat/file_open_root.h"} <= tree.keys()
    assert not [name for name in tree if name.endswith(".j2")]
    includes = {
        (Path(name).parent / included).as_posix() if (Path(name).parent / included).as_posix() in tree else included
        for name, text in tree.items()
        for line in text.splitlines()
        if line.startswith('#include "') and (included := line.split('"')[1])
    }
    made_by_kbuild = {"names_64.inc", "names_32.inc", "names_x32.inc"}
    assert includes - made_by_kbuild <= tree.keys()


def test_only_chosen_files_are_compiled_in() -> None:
    model, _ = load_and_check(HANDLERS)
    chosen = resolve(model, frozenset({"memory"}))
    assert {handler.name for handler in chosen.handlers} == {"mmap", "munmap", "mremap", "mprotect", "madvise", "brk"}
    assert "openat" not in render(chosen, TEMPLATES, "")["capture/handlers.c"]


@pytest.mark.parametrize(
    ("name", "entry", "exit_"),
    [
        ("getppid", [], []),
        ("openat", ["dir S32 DEC", "path TEXT DEC", "flags S32 HEX", "mode U32 OCT"], []),
        ("read", ["fd S32 DEC", "size U64 DEC"], ["data BYTES DEC"]),
        ("readlinkat", ["path TEXT DEC", "bufsiz S32 DEC"], ["target TEXT DEC"]),
        ("ppoll", ["fds STRUCTS DEC", "nfds U32 DEC"], ["ready STRUCTS DEC"]),
        ("poll", ["one STRUCT DEC"], []),
        ("pipe2", ["flags S32 DEC"], ["fds SCALARS DEC"]),
        ("accept4", ["fd S32 DEC", "flags S32 DEC"], ["addr SOCKADDR DEC"]),
        (
            "recvmsg",
            ["fd S32 DEC", "flags U32 DEC"],
            ["addr SOCKADDR DEC", "data BYTES DEC", "controllen SCALAR DEC", "msg_flags SCALAR DEC"],
        ),
    ],
)
def test_a_record_has_the_entry_fields_then_the_exit_fields(name: str, entry: list[str], exit_: list[str]) -> None:
    def fields(captures: object) -> list[str]:
        assert isinstance(captures, tuple)
        return [f"{field.label} {field.kind} {field.base}" for capture in captures for field in capture.fields]

    assert fields(handler(name).entry) == entry
    assert fields(handler(name).exit) == exit_


@pytest.mark.parametrize(
    ("name", "room", "content"),
    [
        ("getppid", 0, False),
        ("read", 4 + 4 + 8, True),
        ("readlinkat", 2 + 4095, False),
        ("ppoll", 2 + 64 * 6, False),
        ("pipe2", 2 + 64 * 4 + 4, False),
        ("accept4", 2 + 128, False),
        ("recvmsg", 3 * 2 + 4 + 128 + 2 * 8, True),
    ],
)
def test_the_room_of_the_exit_part_is_known_before(name: str, room: int, content: bool) -> None:
    assert (handler(name).exit_room, handler(name).exit_content) == (room, content)
