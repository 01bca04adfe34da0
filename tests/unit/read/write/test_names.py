"""Names of arguments: those of strace's style, for all handlers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from syscord_read.model.batch import Column, Group, Ints
from syscord_read.model.layout import EventClass, Field
from syscord_read.write.names import argument_names
from tests.unit.read.strace_calls import NAMES, SYSCALLS, event_class


class Values(Group):
    """One event, whose arguments have these values."""

    def __init__(self, event_class: EventClass, values: dict[str, int]) -> None:
        self.event_class, self.values = event_class, values
        self.rows = np.zeros(1, np.int64)

    def column(self, field: Field) -> Column:
        assert field.integer
        type = pa.uint64() if field.integer.bits == 64 and not field.integer.signed else pa.int64()
        none = np.zeros(1, np.uint8)
        return Column(field, pa.array([self.values.get(field.label, 0)], type), none, none)

    def select(self, places: Ints, rows: Ints) -> Group:
        raise NotImplementedError


def named(name: str, **values: int) -> dict[str, str]:
    found = argument_names(Values(event_class(name, failed=False), values), NAMES)
    return {label: texts[0].as_py() for label, texts in found if texts[0].as_py() and label in values}


@pytest.mark.parametrize(
    ("name", "values", "names"),
    [
        ("openat", {"dir": -100, "flags": 0o2000101}, {"dir": "AT_FDCWD", "flags": "O_WRONLY|O_CREAT|O_CLOEXEC"}),
        ("openat", {"dir": 7}, {}),
        ("mmap", {"prot": 5, "flags": 0x22}, {"prot": "PROT_READ|PROT_EXEC", "flags": "MAP_PRIVATE|MAP_ANONYMOUS"}),
        ("mmap", {"prot": 0, "flags": 3}, {"prot": "PROT_NONE", "flags": "MAP_SHARED_VALIDATE"}),
        ("socket", {"domain": 2, "type": 0o2000001}, {"domain": "AF_INET", "type": "SOCK_STREAM|SOCK_CLOEXEC"}),
        ("socket", {"domain": 99}, {}),
        ("futex", {"op": 0x81}, {"op": "FUTEX_WAKE_PRIVATE"}),
        ("access", {"mode": 4}, {"mode": "R_OK"}),
        ("fcntl", {"cmd": 1030}, {"cmd": "F_DUPFD_CLOEXEC"}),
        ("lseek", {"whence": 2}, {"whence": "SEEK_END"}),
        ("kill", {"sig": 9}, {"sig": "SIGKILL"}),
    ],
)
def test_arguments_have_the_names_that_strace_gives_them(
    name: str, values: dict[str, int], names: dict[str, str]
) -> None:
    assert named(name, **values) == names


def test_every_handler_has_names_or_none_whatever_its_arguments_are() -> None:
    for name in SYSCALLS:
        for value in (0, 1, 2**31 - 1):
            kind = event_class(name, failed=False)
            values = {field.label: value for field in kind.entry}
            for _, texts in argument_names(Values(kind, values), NAMES):
                assert "/*" not in (texts[0].as_py() or "") and "?" not in (texts[0].as_py() or "")
