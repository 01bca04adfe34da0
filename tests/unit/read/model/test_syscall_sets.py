"""``-e``: names, classes, patterns, as strace says them; and what is wrong is told with a way out."""

from __future__ import annotations

import pytest

from syscord_gen.types import MEMORY
from syscord_read.errors import UsageError
from syscord_read.model.syscall_sets import CLASSES, Syscalls, parse_syscalls
from tests.unit.read.strace_calls import SYSCALLS

KNOWN = frozenset({"open", "openat", "close", "read", "socket", "execve"})


def wanted(*values: str) -> set[str]:
    chosen, not_wanted = parse_syscalls(values)
    for each in (chosen, not_wanted):
        each.check(KNOWN)
    return {name for name in KNOWN if (not chosen or name in chosen) and name not in not_wanted}


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (("openat",), {"openat"}),
        (("openat,close",), {"openat", "close"}),
        (("openat", "close"), {"openat", "close"}),
        (("trace=openat, close",), {"openat", "close"}),
        (("t=read",), {"read"}),
        (("!open",), KNOWN - {"open"}),
        (("trace=!open,openat",), KNOWN - {"open", "openat"}),
        (("%file",), {"open", "openat", "execve"}),
        (("file",), {"open", "openat", "execve"}),
        (("%network,close",), {"socket", "close"}),
        (("%file", "!%process"), {"open", "openat"}),
        (("/^open",), {"open", "openat"}),
        (("trace=/e(a|n)",), {"open", "openat", "read"}),
        (("open*",), {"open", "openat"}),
        (("?clone3,close",), {"close"}),
        (("all",), KNOWN),
        (("all", "!/e"), {"socket"} - {"socket"}),
    ],
)
def test_sets_are_said_as_strace_says_them(values: tuple[str, ...], names: set[str]) -> None:
    assert wanted(*values) == names


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("opnat", "there is no syscall 'opnat': did you mean openat?"),
        ("!opnat", "there is no syscall 'opnat': did you mean openat?"),
        ("banana", "there is no syscall 'banana'"),
        ("%fil", "there is no class '%fil': did you mean %file? (classes are %file, %desc, "),
        ("/^x", "no syscall has a name that matches /^x"),
        ("x*", "no syscall has a name that matches x*"),
        ("/(", "'/(' is no regular expression: "),
        ("open,,close", "a name is missing: write -e openat,close or -e '!openat'"),
        ("", "a name is missing"),
        ("!", "a name is missing"),
        ("none", "-e none leaves nothing"),
        ("status=failed", "-e status=failed: -z selects calls that succeeded, -Z those that failed"),
        ("signal=SIGINT", "signals are not recorded"),
        ("decode-fds=path", "-y says what descriptors stand for"),
        ("verbose=all", "-e takes syscalls, as strace's -e trace= does"),
    ],
)
def test_what_makes_no_sense_is_told_with_a_way_out(value: str, error: str) -> None:
    with pytest.raises(UsageError) as raised:
        wanted(value)
    assert error in str(raised.value)


def test_an_empty_set_is_false() -> None:
    assert not Syscalls() and Syscalls(members=frozenset({"open"}))


def test_the_classes_have_what_the_handlers_say() -> None:
    """A call with a path is one of %file, one with a descriptor one of %desc."""
    for name, syscall in SYSCALLS.items():
        types = {arg.type for arg in syscall.args if arg.label != "target"}
        if "path" in types & {*MEMORY}:
            assert name in CLASSES["file"], name
        if "fd" in types or syscall.ret == "fd":
            assert name in CLASSES["desc"] | CLASSES["network"] | CLASSES["process"] | CLASSES["signal"], name
