"""Every kind of bad declaration is reported at its line, with what is wrong and what to write instead.

The fixtures in ``bad/`` have the expected error in a comment on the bad line.  One run reports them all, and no other.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from syscord_gen.check import load_and_check
from syscord_gen.problems import Code, Problem
from tests.unit.specs import bad_specs, expected_errors, folder_of, folder_with


@pytest.mark.parametrize("fixture", bad_specs(), ids=lambda path: path.name)
def test_a_bad_spec_has_exactly_the_errors_beside_its_lines(fixture: Path, tmp_path: Path) -> None:
    problems = problems_of(fixture, tmp_path)
    found = [(problem.where.line, problem.text) for problem in problems]
    assert sorted(found) == sorted(expected_errors(fixture.read_text(encoding="utf-8")))
    assert {Path(problem.where.file).name for problem in problems} == {fixture.name.removesuffix(".txt")}


def test_every_kind_of_problem_has_a_fixture(tmp_path_factory: pytest.TempPathFactory) -> None:
    seen = {
        problem.code
        for fixture in bad_specs()
        for problem in problems_of(fixture, tmp_path_factory.mktemp(fixture.stem))
    }
    assert set(Code) - seen == {Code.NO_FILES}, "an empty folder is tested below"


def test_problems_come_in_the_order_of_files_and_lines(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, b_yaml="titel: B\n", a_yaml="title: A\nsyscalls: {}\ndco: x\n", c_py="HANDLERS = 1\n")
    places = [str(problem.where) for problem in load_and_check(folder)[1]]
    expected = ["a.yaml:2", "a.yaml:3", "b.yaml:1", "b.yaml:1", "c.py:1"]
    assert places == [f"handlers/{place}" for place in expected]


def test_a_problem_prints_as_place_error_advice(tmp_path: Path) -> None:
    (problem,) = load_and_check(folder_of(tmp_path, a_yaml="title: A\ndco: x\n"))[1]
    assert str(problem) == "handlers/a.yaml:2: error: unknown key 'dco'. Did you mean 'doc'?"


@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_a_folder_without_handlers_is_a_problem(folder: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (problem,) = load_and_check(tmp_path / folder)[1]
    assert problem.code is Code.NO_FILES
    assert str(problem).startswith(f"{folder}:1: error: there are no handler files here. Name the folder")


def test_a_file_in_another_encoding_is_a_problem_with_its_line(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, a_yaml="")
    (folder / "a.yaml").write_bytes("title: A\ndoc: Grüße\n".encode("latin-1"))
    assert [str(problem) for problem in load_and_check(folder)[1]] == [
        "handlers/a.yaml:2: error: not UTF-8. Save the file in that encoding"
    ]


def test_a_control_character_is_a_problem_with_its_line(tmp_path: Path) -> None:
    (problem,) = load_and_check(folder_of(tmp_path, a_yaml="title: A\ndoc: \x07\n"))[1]
    assert (problem.where.line, problem.code) == (2, Code.UNREADABLE)


def test_a_folder_called_like_a_handler_file_is_a_problem(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "a.yaml").mkdir()
    (problem,) = load_and_check(folder)[1]
    assert str(problem).startswith("handlers/a.yaml:1: error: cannot be read: Is a directory. ")


def test_yaml_nested_without_end_is_a_problem(tmp_path: Path) -> None:
    (problem,) = load_and_check(folder_of(tmp_path, a_yaml="title: " + "[" * 5000))[1]
    assert problem.code is Code.UNREADABLE


def test_references_into_a_file_that_cannot_be_read_are_not_reported(tmp_path: Path) -> None:
    user = "title: A\nsyscalls:\n  poll:\n    doc: Poll.\n    args: [{name: p, type: pollfd, direction: in}]\n"
    folder = folder_of(tmp_path, a_yaml=user, b_yaml="title: [\n")
    assert [problem.where.file for problem in load_and_check(folder)[1]] == ["handlers/b.yaml"]


def problems_of(fixture: Path, tmp_path: Path) -> list[Problem]:
    return load_and_check(folder_with(fixture, tmp_path))[1]
