"""32-bit programs on a 64-bit kernel: named by their own table, marked, never decoded."""

from __future__ import annotations

import pytest

from tests.guest.recorder import Recorder

RUN = "./tiny32 & pid=$!; wait $pid; echo $pid"


def lines_of(recorder: Recorder, pid: int) -> list[str]:
    """A process's records, without its number."""
    return [line.removeprefix(f"pid={pid}, ") for line in recorder.lines() if line.startswith(f"pid={pid}, ")]


def test_a_32_bit_program_is_recorded_with_its_own_names(recorder: Recorder) -> None:
    pid = int(recorder.during(RUN))
    records = [record for record in recorder.records() if record.pid == pid and record.compat]
    child = next(record.res for record in records if record.name == "fork")
    assert child
    lines = lines_of(recorder, pid)
    begin = lines.index(f"getpid, abi=32, res={pid}")
    assert lines[begin:] == [
        f"getpid, abi=32, res={pid}",
        "openat, abi=32, res=-2",
        "write, abi=32, res=-9",
        "close, abi=32, res=-9",
        "unknown, nr=9999, abi=32, res=-38",
        f"fork, abi=32, res={child}",
        "exit_group, abi=32, res=?",
    ]
    assert lines_of(recorder, child) == ["exit, abi=32, res=?"]
    # It was a 64-bit program that became one of 32 bits.
    assert lines[begin - 1].startswith("execve, path")


def test_the_exec_of_a_32_bit_program_is_named_right_when_its_entry_was_not_seen(recorder: Recorder) -> None:
    pid = int(recorder.during(RUN, "proc_name=tiny32"))
    assert lines_of(recorder, pid)[0] == "execve, entry=unseen, res=0"


def test_syscalls_are_chosen_by_name_in_the_32_bit_table_too(recorder: Recorder) -> None:
    pid = int(recorder.during(RUN, "syscalls=openat,exit_group"))
    compat = [line for line in lines_of(recorder, pid) if "abi=32" in line]
    assert compat == ["openat, abi=32, res=-2", "exit_group, abi=32, res=?"]


ONLY_X86_64 = "only x86_64 lets a 64-bit program make calls of another ABI"


def test_a_64_bit_program_may_make_32_bit_calls(recorder: Recorder, arch: str) -> None:
    if arch != "x86_64":
        pytest.skip(ONLY_X86_64)
    pid = int(recorder.during("./programs int80 & pid=$!; wait $pid; echo $pid"))
    assert lines_of(recorder, pid)[-2:] == [f"getpid, abi=32, res={pid}", "exit_group, abi=32, res=?"]


# Number 20 is getpid in the 32-bit table, and writev in the 64-bit one; 252 is exit_group there, and ioprio_get here.
@pytest.mark.parametrize(
    ("syscalls", "recorded"),
    [
        ("getpid", ["getpid, abi=32, res={pid}"]),
        ("exit_group", ["exit_group, abi=32, res=?"]),
        ("writev,ioprio_get", []),
    ],
)
def test_such_calls_are_chosen_by_the_32_bit_table(
    recorder: Recorder, arch: str, syscalls: str, recorded: list[str]
) -> None:
    if arch != "x86_64":
        pytest.skip(ONLY_X86_64)
    pid = int(recorder.during("./programs int80 & pid=$!; wait $pid; echo $pid", f"syscalls={syscalls}"))
    assert lines_of(recorder, pid) == [line.format(pid=pid) for line in recorded]


def test_x32_calls_are_none_where_the_kernel_takes_none(recorder: Recorder, arch: str) -> None:
    if arch != "x86_64":
        pytest.skip(ONLY_X86_64)
    pid = int(recorder.during("./programs x32 & pid=$!; wait $pid; echo $pid", "syscalls=getppid,fork"))
    assert lines_of(recorder, pid) == [f"unknown, nr={0x40000000 + nr}, res=-38" for nr in (110, 57)]
