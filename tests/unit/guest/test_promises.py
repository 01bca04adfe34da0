"""No handler without a promise: the programs in tests/guest/programs say what each field of each syscall must hold.

The promises of a handler file stand under its name: those of handlers/time.yaml in handlers/time.c or handlers/time/.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from syscord_build import source
from syscord_gen.resolve import Field, Handler, resolve
from tests.guest.recorder import PROGRAMS
from tests.unit.specs import HANDLERS

EXPECT = re.compile(r"\bexpect(?:_of)?\((.*?)\);$", re.DOTALL | re.MULTILINE)
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
MACRO = re.compile(r'^#define (\w+)\s+("(?:[^"\\]|\\.)*")$', re.MULTILINE)
RESULTS = re.compile(r"\bEXPECT_RESULT\((\w+)\);")
DATA = re.compile(r"\b(?:marked_)?data\(")  # makes the whole field

MODEL = source.checked_model(HANDLERS)
FILE = {syscall.name: file.stem for file in MODEL.files for syscall in file.syscalls}
handlers = {handler.name: handler for handler in resolve(MODEL).handlers}


def programs_of(stem: str) -> list[Path]:
    """The programs that are for one handler file."""
    folder = PROGRAMS / "handlers"
    return [*folder.glob(f"{stem}.c"), *folder.glob(f"{stem}/*.c")]


def promised(programs: Iterable[Path]) -> dict[str, list[str]]:
    """The statements that expect something of each syscall, strings put together."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in programs:
        text = path.read_text(encoding="utf-8")
        for name, string in MACRO.findall(text):
            text = re.sub(rf"(?<!#define )\b{name}\b", string.replace("\\", r"\\"), text)
        for statement in EXPECT.findall(text):
            if strings := "".join(STRING.findall(statement)):
                found[strings.partition(",")[0]] += (strings, *DATA.findall(statement))
        for name in RESULTS.findall(text):
            found[name].append("res=%ld")
    return found


PROMISED = {file.stem: promised(programs_of(file.stem)) for file in MODEL.files}


def test_every_program_is_for_a_handler_file() -> None:
    assert {path.stem for path in (PROGRAMS / "handlers").iterdir()} == {file.stem for file in MODEL.files}


@pytest.mark.parametrize("handler", handlers.values(), ids=list(handlers))
def test_every_field_of_every_handler_is_promised(handler: Handler) -> None:
    expected = "\n".join(PROMISED[FILE[handler.name]][handler.name])
    assert "res=" in expected
    fields = [field for part in (handler.entry, handler.exit) for capture in part for field in capture.fields]
    assert [name for name in names(fields) if not is_promised(name, expected)] == []


def names(fields: list[Field]) -> list[str]:
    """The fields' labels, and their members'."""
    return [name for field in fields for name in (field.label, *names(list(field.members))) if name]


def is_promised(label: str, expected: str) -> bool:
    """Whether an expectation has the field, with a value or marked as cut."""
    return bool(re.search(rf"\b{label}(\(\w+\))?=", expected) or (label == "data" and DATA.search(expected)))


def test_most_handlers_are_promised_to_fail_too() -> None:
    """An errno instead of a result, but where the kernel never gives one, or kills the caller."""
    everywhere = promised(PROGRAMS.rglob("*.c"))
    never_fail = {name for name in handlers if not any("res=-" in each for each in everywhere[name])}
    assert never_fail == {
        *("getuid", "geteuid", "getgid", "getegid", "getpid", "gettid", "getppid", "getpgrp", "umask", "sched_yield"),
        *("exit", "exit_group", "rt_sigreturn", "set_tid_address", "brk", "fork", "vfork"),
    }
