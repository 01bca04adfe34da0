"""``python -m syscord_gen``: what it prints, what it writes, how it ends; and what the package keeps away from."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from syscord_gen.__main__ import main
from syscord_gen.syscall_names import HEADERS, architectures, render_names
from tests.unit.specs import GOOD, ROOT, folder_of

PURE = sorted((ROOT / "syscord_gen").glob("*.py"))


def test_check_says_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--handlers", str(GOOD)]) == 0
    assert capsys.readouterr().out == "3 syscalls in 2 files, 1 symbol set: no problems\n"


def test_check_prints_every_problem_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_of(tmp_path, a_yaml="titel: A\n", b_yaml="title: B\nsyscalls: {}\n")
    assert main(["check", "--handlers", str(folder)]) == 1
    *problems, summary = capsys.readouterr().err.splitlines()
    assert [problem.split(": error: ")[0] for problem in problems] == ["handlers/a.yaml:1"] * 2 + ["handlers/b.yaml:2"]
    assert summary == "3 problems in 2 files"


def test_reference_writes_no_page_of_bad_handlers(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, a_yaml="titel: A\n")
    assert main(["reference", "--handlers", str(folder), "--out", str(tmp_path / "page.md")]) == 1
    assert not (tmp_path / "page.md").exists()


def test_a_page_that_is_current_is_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    assert [main(["reference", "--handlers", str(GOOD), "--out", str(page)]) for _ in range(2)] == [0, 0]
    assert capsys.readouterr().out == "page.md written\npage.md is current\n"


def test_schema_writes_both_schemas(tmp_path: Path) -> None:
    folder = shutil.copytree(GOOD, tmp_path / "handlers")
    assert main(["schema", "--handlers", str(folder)]) == 0
    for path in ("schema.json", "symbols/schema.json"):
        assert (folder / path).read_text(encoding="utf-8").startswith("{")


def test_the_list_of_names_comes_from_headers(tmp_path: Path) -> None:
    for header in HEADERS.values():
        (tmp_path / header).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / header).write_text(
            "#define __NR_read 0\n#define __NR_syscalls 1\n#define OTHER 2\n", encoding="ascii"
        )
    (tmp_path / HEADERS["x86_64"]).write_text("#define __NR_read 0\n#define __NR_open 2\n", encoding="ascii")
    names = [line for line in render_names(tmp_path).splitlines() if not line.startswith("#")]
    assert names == ["open x86_64", "read arm64 x86_64 arm i386"]


def test_the_list_of_names_is_sorted_and_knows_who_has_what() -> None:
    assert list(architectures()) == sorted(architectures())
    assert architectures()["openat"] == ("arm64", "x86_64", "arm", "i386")
    assert architectures()["open"] == ("x86_64", "arm", "i386")
    assert "syscalls" not in architectures()


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.name)
def test_the_generator_starts_no_process_and_opens_no_connection(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name.partition(".")[0] for name in imported} & {
        "subprocess",
        "socket",
        "urllib",
        "http",
        "random",
        "time",
    }
