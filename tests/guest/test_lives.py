"""Who is who, who shares what, and how it ended: as the kernel says, not as calls and numbers let one guess."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from syscord_read.check.verify import verify
from syscord_read.measure.process_tree import ProcessTree
from syscord_read.model.history import History
from syscord_read.model.processes import Life, Process
from syscord_read.model.resources import Resources
from syscord_read.model.selection import Selection
from syscord_read.source import open_source
from syscord_read.write.strace.options import Options
from syscord_read.write.strace.output import text
from syscord_read.write.strace.view import Names
from tests.guest.recorder import Recorder

TRACE = "/tmp/trace"
CTF = f"sink=ctf record={TRACE} proc_name=programs,cat,true,sleep"
CLOCK_TICKS = 100  # a second, in /proc/PID/stat


@pytest.fixture
def trace(recorder: Recorder, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """What is recorded of the command that is the parameter."""
    recorder.during(request.param, CTF)
    return recorder.fetch(TRACE, tmp_path)


def events(trace: Path) -> list[Process]:
    """What the kernel says of processes."""
    return [event for event in History().events(open_source([trace]).batches()) if isinstance(event, Process)]


def life_of(event: Process) -> Life:
    assert event.life
    return event.life


def strace_lines(trace: Path) -> list[str]:
    """The trace as strace would have written it into a file."""
    source = open_source([trace])
    names = Names({0: source.traces[0].layout.symbols})
    masked = source.masked_batches(Selection())
    return b"".join(text(masked, Options(to_file=True), names)).decode().splitlines()


def reads_by_path(trace: Path) -> dict[bytes, int]:
    """Bytes that were read, by what is read."""
    resources = Resources()
    found: dict[bytes, int] = {}
    for batch in open_source([trace]).batches():
        uses = resources.uses(batch)
        for which, read in zip(uses.which, uses.read, strict=True):
            if read:
                found[uses.names[which]] = found.get(uses.names[which], 0) + int(read)
    return found


def test_a_process_lives_as_long_as_its_last_thread(recorder: Recorder, tmp_path: Path) -> None:
    waited_for = recorder.during("./programs leader_exit /etc/hostname; echo $?", CTF)
    trace = recorder.fetch(TRACE, tmp_path)
    assert reads_by_path(trace)[b"/etc/hostname"] == 3
    first, last = [life_of(event) for event in events(trace) if event.reason == "exit"]
    assert (first.status, first.ended, last.status, last.ended) == (5 << 8, False, 3 << 8, True)
    # Kernels differ in which of the two is the process's.
    status = last.process_status >> 8
    assert status == int(waited_for)
    shown = [re.sub(r"^\d+ +", "", line) for line in strace_lines(trace) if "+++" in line]
    assert shown == ["+++ exited with 3 +++", f"+++ exited with {status} +++"]
    (findings,) = verify(open_source([trace]))
    assert findings.is_whole


@pytest.mark.parametrize("trace", ["./programs thread_exec /etc/passwd /bin/cat > out"], indirect=True)
def test_an_exec_is_of_the_thread_that_called_it(trace: Path, recorder: Recorder) -> None:
    size = int(recorder.run("stat -c %s /etc/passwd"))
    assert reads_by_path(trace)[b"/etc/passwd"] == size
    (moved,) = [event for event in events(trace) if event.reason == "exec" and life_of(event).old_tid != event.tid]
    pid, caller = moved.pid, life_of(moved).old_tid
    lines = strace_lines(trace)
    at = lines.index(f"{pid:<5} +++ superseded by execve in pid {caller} +++")
    assert re.fullmatch(rf"{pid:<5} <... (pause|ppoll) resumed>\) += \?", lines[at - 1])
    assert re.fullmatch(rf"{pid:<5} <... execve resumed>\) += 0", lines[at + 1])
    assert any(line.startswith(f'{caller:<5} execve("/bin/cat", ["/bin/cat"]') for line in lines[:at])
    assert lines[-1] == f"{pid:<5} +++ exited with 0 +++"


@pytest.mark.parametrize("trace", ["./programs shared_exec /etc/hostname"], indirect=True)
def test_an_exec_closes_nothing_of_who_shared_the_table(trace: Path) -> None:
    assert reads_by_path(trace)[b"/etc/hostname"] == 1
    parent = next(event for event in events(trace) if event.comm == b"programs" and event.reason != "fork")
    child = next(event for event in events(trace) if event.reason == "fork" and event.ppid == parent.pid)
    execed = next(event for event in events(trace) if event.reason == "exec" and event.pid == child.pid)
    assert life_of(child).files == life_of(child).files_from == life_of(parent).files != life_of(execed).files
    assert life_of(child).fs == life_of(child).fs_from == life_of(parent).fs == life_of(execed).fs


def test_numbers_of_another_namespace_are_nobodys_here(recorder: Recorder, tmp_path: Path) -> None:
    command = "sleep 30 & ./programs in_namespace $!; kill $!; wait"
    recorder.during(f"sh -c '{command}'", CTF)
    trace = recorder.fetch(TRACE, tmp_path)
    killed = [event for event in events(trace) if event.reason == "exit" and life_of(event).status == 9]
    (grandchild,) = killed
    (number,) = life_of(grandchild).numbers
    sleeper = next(event for event in events(trace) if event.comm == b"sleep")
    assert number.pid == number.tid == sleeper.pid and number.ns == life_of(grandchild).namespaces["pid_ns"]
    shown = [line for line in strace_lines(trace) if "killed" in line]
    assert shown == [
        f"{grandchild.pid:<5} +++ killed by SIGKILL +++",
        f"{sleeper.pid:<5} +++ killed by SIGTERM +++",
    ]


def test_a_life_is_as_proc_says(recorder: Recorder, tmp_path: Path) -> None:
    recorder.run("mkdir /tmp/cgroups && mount -t cgroup2 none /tmp/cgroups && mkdir /tmp/cgroups/box")
    command = "echo $$ > /tmp/cgroups/box/cgroup.procs; exec unshare -n -i -u -C -T ./programs who_am_i"
    said = recorder.during(f"sh -c '{command}'", CTF + ",unshare").splitlines()
    names = dict(line.split() for line in said if "_ns " in line)
    stat = next(line for line in said if " (cat) " in line).rpartition(")")[2].split()
    last = next(event for event in reversed(events(recorder.fetch(TRACE, tmp_path))) if event.comm == b"cat")
    assert life_of(last).namespaces == {name: int(number) for name, number in names.items()}
    assert life_of(last).start * CLOCK_TICKS // 10**9 == int(stat[19])
    assert life_of(last).cgroup == int(recorder.run("stat -c %i /tmp/cgroups/box"))


def test_each_process_is_one_node_of_the_tree(recorder: Recorder, tmp_path: Path) -> None:
    recorder.during("sh -c 'for i in 1 2 3; do ./programs mark 5; done'", CTF)
    tree = ProcessTree()
    for batch in open_source([recorder.fetch(TRACE, tmp_path)]).batches():
        tree.update(batch)
    ended = [node for node in tree.nodes.values() if b"programs" in node.names]
    assert len(ended) == 3 and all(node.ended for node in ended) and len({node.start for node in ended}) == 3
