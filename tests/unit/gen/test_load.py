"""Loading: what a handler file says is what the model has, whichever way it is written."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syscord_gen import declare, keys
from syscord_gen.check import load_and_check
from syscord_gen.load import load
from syscord_gen.load_yaml import load_yaml
from syscord_gen.model import Direction, Format, Where
from syscord_gen.shape import read
from tests.unit.specs import GOOD, HANDLERS, folder_of, placeless

YAML = """\
title: Family
doc: Both ways.
structs:
  timespec:
    c_type: struct __kernel_timespec
    header: linux/time_types.h
    doc: A time.
    members:
      - {name: tv_sec, label: sec, type: s64}
      - {name: tv_nsec, type: s64, format: hex}
syscalls:
  clock_nanosleep:
    doc: Sleep.
    args:
      - {name: which_clock, label: clock, type: int}
      - name: flags
        type: int
        format: oct
        doc: How.
      - {name: rqtp, type: timespec, direction: in, members: [tv_sec]}
      - {name: rmtp, type: timespec, direction: out, length: 1}
    also:
      - {name: rmtp, label: address, type: pointer}
    ret: int
    ret_format: dec
  pause:
    doc: Wait.
    args: [{name: unused, type: int, skip: true}]
    never_returns: true
  vfork:
    doc: Fork.
    returns_twice: true
    replaces_memory: true
    no_result: true
"""

PYTHON = """\
from syscord_gen.declare import arg, handlers, member, struct, syscall

HANDLERS = handlers(
    title="Family",
    doc="Both ways.",
    structs=[
        struct("timespec", c_type="struct __kernel_timespec", header="linux/time_types.h", doc="A time.", members=[
            member("tv_sec", "s64", label="sec"), member("tv_nsec", "s64", format="hex")]),
    ],
    syscalls=[
        syscall("clock_nanosleep", doc="Sleep.", ret="int", ret_format="dec", args=[
            arg("which_clock", "int", label="clock"),
            arg("flags", "int", format="oct", doc="How."),
            arg("rqtp", "timespec", direction="in", members=["tv_sec"]),
            arg("rmtp", "timespec", direction="out", length=1)],
            also=[arg("rmtp", "pointer", label="address")]),
        syscall("pause", doc="Wait.", args=[arg("unused", "int", skip=True)], never_returns=True),
        syscall("vfork", doc="Fork.", returns_twice=True, replaces_memory=True, no_result=True),
    ],
)
"""


def test_yaml_and_python_give_the_same_model(tmp_path: Path) -> None:
    (tmp_path / "yaml").mkdir()
    (tmp_path / "python").mkdir()
    yaml, yaml_problems = load(folder_of(tmp_path / "yaml", family_yaml=YAML))
    python, python_problems = load(folder_of(tmp_path / "python", family_py=PYTHON))
    assert yaml_problems == python_problems == []
    assert placeless(yaml) == placeless(python)


def test_every_key_arrives_in_the_model(tmp_path: Path) -> None:
    (family,) = load(folder_of(tmp_path, family_yaml=YAML))[0].files
    sleep, pause, vfork = family.syscalls
    clock, flags, rqtp, rmtp = sleep.args
    assert (family.stem, family.title, family.doc) == ("family", "Family", "Both ways.")
    assert (clock.name, clock.label, clock.type) == ("which_clock", "clock", "int")
    assert (flags.format, flags.doc, flags.label) == (Format.OCT, "How.", "flags")
    assert (rqtp.direction, rqtp.members) == (Direction.IN, ("tv_sec",))
    assert (rmtp.direction, rmtp.length, sleep.also[0].label) == (Direction.OUT, "1", "address")
    assert (sleep.ret, sleep.ret_format, pause.ret) == ("int", Format.DEC, "long")
    assert (pause.never_returns, pause.args[0].skip, vfork.never_returns) == (True, True, False)
    assert (vfork.returns_twice, vfork.replaces_memory, vfork.no_result) == (True, True, True)


def test_each_object_knows_its_line(tmp_path: Path) -> None:
    (family,) = load(folder_of(tmp_path, family_yaml=YAML))[0].files
    assert family.structs[0].where == Where("handlers/family.yaml", 4)
    assert [member.where.line for member in family.structs[0].members] == [9, 10]
    assert [syscall.where.line for syscall in family.syscalls] == [12, 26, 30]
    assert [arg.where.line for arg in family.syscalls[0].args] == [15, 16, 20, 21]


def test_a_python_declaration_has_the_line_that_asked_for_it(tmp_path: Path) -> None:
    text = (
        "from syscord_gen.declare import handlers, syscall\n"
        "def get(name):\n"
        "    return syscall(name, doc='Get.')\n"
        "HANDLERS = handlers('Get', syscalls=[\n"
        "    get('getuid'),\n"
        "    syscall(\n"
        "        'getgid', doc='Get.'),\n"
        "])\n"
    )
    model, problems = load_and_check(folder_of(tmp_path, get_py=text))
    assert problems == []
    assert [str(syscall.where) for syscall in model.syscalls] == ["handlers/get.py:5", "handlers/get.py:6"]


@pytest.mark.parametrize("word", ["no", "on", "y", "null_", "0x10", "1e3", "1_000", "NaN", "2026-01-01"])
def test_a_word_is_read_as_it_is_written(word: str, tmp_path: Path) -> None:
    model, problems = load(folder_of(tmp_path, a_yaml=f"title: {word}\n"))
    assert problems == []
    assert model.files[0].title == word


def test_files_are_taken_in_the_order_of_their_names(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, b_yaml="title: B\n", a_yaml="title: A\n", aa_py=PYTHON)
    assert [file.stem for file in load(folder)[0].files] == ["a", "aa", "b"]


def test_what_is_no_handler_file_is_left_alone(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, a_yaml="title: A\n")
    for name in ("schema.json", ".a.yaml", "__init__.py", "notes.md"):
        (folder / name).write_text("}{", encoding="utf-8")
    assert load_and_check(folder)[1] == []


@pytest.mark.parametrize("folder", [GOOD, HANDLERS], ids=["good fixtures", "handlers"])
def test_good_handlers_have_no_problems(folder: Path) -> None:
    assert [str(problem) for problem in load_and_check(folder)[1]] == []


def test_two_runs_give_the_same_model_and_problems(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, a_yaml=YAML.replace("label", "lable"), b_py=PYTHON)
    assert load_and_check(folder) == load_and_check(folder)


@pytest.mark.parametrize(
    ("function", "record", "added"),
    [
        (declare.arg, keys.ARGUMENT, set()),
        (declare.member, keys.MEMBER, set()),
        (declare.struct, keys.STRUCT, {"name"}),
        (declare.syscall, keys.SYSCALL, {"name"}),
        (declare.handlers, keys.HANDLER_FILE, set()),
    ],
    ids=["arg", "member", "struct", "syscall", "handlers"],
)
def test_python_and_yaml_have_the_same_keys(
    function: Callable[..., object], record: keys.Record, added: set[str]
) -> None:
    assert set(inspect.signature(function).parameters) == {key.name for key in record.keys} | added


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    tree, problems = load_yaml(text, "handlers/a.yaml")
    if tree is not None:
        _, problems = read(keys.HANDLER_FILE, tree, "the handler file")
    assert all(1 <= problem.where.line <= text.count("\n") + text.count("\r") + 2 for problem in problems)


RECORDS = (keys.ARGUMENT, keys.SYSCALL, keys.STRUCT, keys.HANDLER_FILE)
SIGNS = ("[", "]", "{", "}", ":", ",", "- ", "? ", "| ", "&a ", "*a ", "#", "\n", "\n  ", "!!x ")
VALUES = ("in", "ret", "true", "int", "bytes", "read", "8")
WORDS = st.sampled_from([*(key.name for record in RECORDS for key in record.keys), *VALUES, *SIGNS])


@settings(max_examples=300)
@given(st.lists(WORDS, max_size=40).map("".join))
def test_no_scrap_of_yaml_breaks_the_checks(text: str) -> None:
    tree, problems = load_yaml(text, "handlers/a.yaml")
    assert (tree is None) == bool(problems)
    if tree is not None:
        read(keys.HANDLER_FILE, tree, "the handler file")
