"""Lines as strace puts them together: whose they are, when, how long; calls of several threads between each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from syscord_read.errors import UsageError
from syscord_read.model.call import Call
from syscord_read.model.history import Unselected
from syscord_read.model.processes import Process
from syscord_read.write.strace.options import Options, Time
from syscord_read.write.strace.output import lines
from tests.unit.read.strace_calls import NAMES, call, event_class, written
from tests.unit.traces import life

MS = 1_000_000
NOON = 1_700_049_600 * 1000 * MS  # 2023-11-15 12:00:00 UTC


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


def at(ms: float, name: str, ret: int | None, took: float = 0.0, *, tid: int = 7, pid: int = 0, **more: Any) -> Call:
    """A call that began so many ms after noon."""
    time = NOON + round((ms + took) * MS)
    return call(name, ret, _time=time, _took=round(took * MS), _tid=tid, _pid=pid or tid, **more)


def test_the_equals_sign_has_its_column() -> None:
    calls = at(0, "close", 0, fd=3), at(1, "getppid", 5), at(2, "ftruncate", -22, fd=3, size=12345678901234567890)
    assert written(*calls) == [
        "close(3)                                = 0",
        "getppid()                               = 5",
        "ftruncate(3, 12345678901234567890)      = -1 EINVAL (Invalid argument)",
    ]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"to_file": True}, "7     close(3)                          = 0"),
        ({"time": Time.SECONDS}, "12:00:00 close(3)                       = 0"),
        ({"time": Time.MICROSECONDS}, "12:00:00.001500 close(3)                = 0"),
        ({"time": Time.EPOCH}, "1700049600.001500 close(3)              = 0"),
        ({"relative": True}, "     0.000000 close(3)                  = 0"),
        ({"time": Time.SECONDS, "relative": True}, "12:00:00 (+     0.000000) close(3)      = 0"),
        ({"duration": True}, "close(3)                                = 0 <0.000250>"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_the_options_put_before_and_behind_a_call(options: dict[str, object], line: str) -> None:
    assert written(at(1.5, "close", 0, took=0.25, fd=3), **options) == [line]


def test_the_relative_time_is_from_beginning_to_beginning() -> None:
    first, second = at(0, "close", 0, took=0.5, fd=3), at(2.25, "close", 0, took=0.5, fd=4)
    assert written(first, second, relative=True) == [
        "     0.000000 close(3)                  = 0",
        "     0.002250 close(4)                  = 0",
    ]


def _wait(ms: float, took: float, child: int, status: int) -> Call:
    """Thread 7 waits for any child."""
    time = NOON + round((ms + took) * MS)
    return call(
        *("wait4", child),
        **{"_time": time, "_took": round(took * MS), "pid": -1, "options": 0, "usage": 0},
        exit={"status": status},
    )


def test_calls_of_several_processes_interrupt_each_other() -> None:
    """As `strace -f -o` wrote it of a shell, but for the numbers."""
    calls = (
        at(1, "close", 0, took=0.5, tid=8, fd=3),
        at(0, "vfork", 8, took=1.75),
        at(3, "exit_group", None, tid=8, status=3),
        _wait(2, 2, 8, 0x300),
    )
    assert written(*calls, to_file=True) == [
        "7     vfork( <unfinished ...>",
        "8     close(3)                          = 0",
        "7     <... vfork resumed>)              = 8",
        "7     wait4(-1,  <unfinished ...>",
        "8     exit_group(3)                     = ?",
        "8     +++ exited with 3 +++",
        "7     <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 8",
    ]
    assert written(*calls)[1] == "[pid     8] close(3)                    = 0"


def test_children_are_shown_as_is_all_that_was_selected() -> None:
    calls = (
        at(0, "fork", 8),
        at(1, "close", 0, tid=8, fd=3),
        at(2, "exit_group", None, tid=8, status=0),
        at(3, "close", 0, fd=4),
    )
    assert written(*calls) == [
        "fork()                                  = 8",
        "[pid     8] close(3)                    = 0",
        "[pid     8] exit_group(0)               = ?",
        "[pid     8] +++ exited with 0 +++",
        "close(4)                                = 0",
    ]


def test_nothing_is_said_of_who_is_not_selected() -> None:
    """The end of a process tells of its selected threads only; so does who has waited for it."""
    calls = (
        Unselected(at(0, "close", 0, tid=8, fd=3)),
        _wait(1, 1, 8, 9),
        Unselected(at(3, "close", 0, tid=10, pid=7, fd=3)),
        at(4, "exit_group", None, status=0),
    )
    assert [line.split("(")[0] for line in lines(calls, Options(), names=NAMES)] == [
        "wait4",
        "exit_group",
        "+++ exited with 0 +++",
    ]


def test_all_threads_of_a_process_end_with_it() -> None:
    calls = (
        at(0, "getppid", 1, tid=9, pid=7),
        at(1, "getppid", 1, tid=7),
        at(2, "exit", None, tid=10, pid=7, status=5),
        at(3, "exit_group", None, tid=9, pid=7, status=256 + 4),
    )
    assert written(*calls, to_file=True)[2:] == [
        "10    exit(5)                           = ?",
        "10    +++ exited with 5 +++",
        "9     exit_group(260)                   = ?",
        "9     +++ exited with 4 +++",
        "7     +++ exited with 4 +++",
    ]


def test_who_was_killed_is_known_from_the_parent() -> None:
    calls = (at(0, "close", 0, tid=8, fd=3), _wait(1, 1, 8, 0x80 | 11))
    assert written(*calls, to_file=True)[-2:] == [
        "8     +++ killed by SIGSEGV (core dumped) +++",
        "7     <... wait4 resumed>[{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}], 0, NULL) = 8",
    ]


def event(ms: float, tid: int, reason: str = "exit", *, pid: int = 7, **known: Any) -> Process:
    """What the kernel says of a thread so many ms after noon."""
    return Process(0, tid, pid, 1, 0, b"x", b"", reason, NOON + round(ms * MS), life=life(**known))


def test_how_threads_and_processes_end_is_what_the_kernel_says() -> None:
    """Nobody waits for it, and its first thread ends before the others."""
    calls = (
        event(0, 7, "seen"),
        at(1, "close", 0, tid=7, fd=3),
        at(2, "close", 0, tid=9, pid=7, fd=3),
        at(3, "exit", None, tid=7, status=0),
        event(4, 7, status=0),
        at(5, "read", -512, took=2, tid=9, pid=7, fd=0, size=1),
        event(8, 9, status=9, ended=True, process_status=9),
    )
    assert written(*calls, to_file=True)[2:] == [
        "7     exit(0)                           = ?",
        "9     read(0, 0x?, 1)                   = ?",
        "9     +++ killed by SIGKILL +++",
        "7     +++ killed by SIGKILL +++",
    ]


def test_who_waits_in_another_namespace_kills_nobody_here() -> None:
    """To the one who waits, the process has a number that another one has here."""
    calls = (
        event(0, 7, "seen"),
        at(1, "close", 0, tid=8, fd=3),
        at(2, "close", 0, tid=202, fd=3),
        event(3, 202, pid=202, status=9, ended=True, process_status=9),
        _wait(4, 0, 8, 9),
    )
    assert [line for line in written(*calls, to_file=True) if "+++" in line] == ["202   +++ killed by SIGKILL +++"]


def test_an_exec_of_another_thread_supersedes_the_first_one() -> None:
    """As in strace 6.1."""
    calls = (
        event(0, 7, "seen"),
        at(1, "close", 0, tid=7, fd=3),
        event(7, 9, "exec", old_tid=9),
        at(2, "pause", -514, took=4, tid=7),
        event(6.5, 7, status=0),
        at(3, "execve", 0, took=5, tid=9, pid=7, path=b"/bin/cat", argv=(b"cat",)),
        at(9, "close", 0, tid=7, fd=4),
        event(10, 7, status=0, ended=True, process_status=0),
    )
    assert written(*calls, to_file=True)[1:] == [
        "7     pause(... <unfinished ...>",
        '9     execve("/bin/cat", ["cat"], 0x? <unfinished ...>',
        "7     <... pause resumed>)              = ?",
        "7     +++ superseded by execve in pid 9 +++",
        "7     <... execve resumed>)             = 0",
        "7     close(4)                          = 0",
        "7     +++ exited with 0 +++",
    ]


def test_a_call_whose_beginning_nobody_saw_is_resumed() -> None:
    kind = event_class("close", failed=False)
    unseen = Call(NOON, None, 0, 7, 7, "close", None, 0, True, False, {}, {}, kind)
    assert written(unseen) == ["<... close resumed>)                    = 0"]


def test_a_call_that_was_answered_in_the_kernels_place_stands_whole() -> None:
    kind = replace(event_class("close", failed=True), unseen=True, answered=True)
    answered = Call(NOON, None, 0, 7, 7, "close", None, -1, True, False, {"fd": 3}, {}, kind)
    assert written(answered) == ["close(3)                                = -1 EPERM (Operation not permitted)"]


def test_a_call_that_took_longer_than_the_window_stands_whole() -> None:
    short = [at(ms, "close", 0, tid=8, fd=ms) for ms in range(1, 6)]
    lasting = at(0, "close", 0, took=10, fd=99)
    assert written(*short, lasting, to_file=True)[0] == "7     close(99 <unfinished ...>"
    held = written(*short, lasting, to_file=True, window=1)
    assert held[0].startswith("8     close(1)")
    assert written(*short, lasting, to_file=True, window=0)[-1] == "7     close(99)                         = 0"


def test_descriptors_are_written_with_what_they_stand_for() -> None:
    calls = (
        at(0, "openat", 3, dir=-100, path=b"a<b", flags=0, mode=0),
        at(1, "close", 0, fd=3),
        at(2, "close", -9, fd=3),
        at(3, "read", 0, fd=0, size=1, exit={"data": b""}),
    )
    files = {(0, 7): {-100: b"/tmp", 0: b"/dev/null"}}
    assert list(lines(calls, Options(paths=True), files, NAMES)) == [
        'openat(AT_FDCWD</tmp>, "a<b", O_RDONLY) = 3</tmp/a\\74b>',
        "close(3</tmp/a\\74b>)                    = 0",
        "close(3)                                = -1 EBADF (Bad file descriptor)",
        'read(0</dev/null>, "", 1)               = 0',
    ]


def test_a_number_that_no_syscall_has() -> None:
    kind = event_class("mlockall", failed=True)
    unknown = Call(NOON, 0, 0, 7, 7, "unknown", 1000, -38, False, False, {}, {}, kind)
    assert written(unknown) == ["syscall_0x3e8(...)                      = -1 ENOSYS (Function not implemented)"]


def test_a_text_record_cannot_be_written_so() -> None:
    kind = replace(event_class("close", failed=False), id=-1, prototype=None)
    with pytest.raises(UsageError, match="sink=ctf"):
        written(Call(None, None, None, 7, 7, "close", None, 0, False, False, {"fd": b"3"}, {}, kind))
