"""Waiting is told from working; what never returns has no time; the slowest calls are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from syscord_read.measure.recording import Recording, sum_up
from syscord_read.measure.slowest import Slowest
from syscord_read.measure.timeline import Timeline
from syscord_read.measure.waiting import waits
from syscord_read.model.layout import Shape
from syscord_read.model.selection import Selection
from syscord_read.model.syscall_sets import Syscalls
from syscord_read.source import open_source
from tests.unit.traces import ALL, FD, INT, Declared, Maker, integer, memory, number

PLAIN = tuple(
    Declared(300 + place, name)
    for place, name in enumerate(("poll", "epoll_pwait", "wait4", "clock_nanosleep", "getppid", "pselect6"))
)
FUTEX = Declared(98, "futex", (integer("addr", INT), integer("op", INT)))
PIPE = Declared(59, "pipe2", (number("fds", FD, "fd", several=True, exit=True), integer("flags", INT)))
SOCKET = Declared(198, "socket", (integer("domain", INT), integer("type", INT)), "fd")
RECV = Declared(207, "recvfrom", (integer("fd", FD, "fd"), memory("data", Shape.BYTES, "bytes", exit=True)), "ssize_t")


class Scene:
    """Calls of thread 7, one a ms; each takes 100 µs."""

    def __init__(self) -> None:
        self.maker = Maker([*ALL, *PLAIN, FUTEX, PIPE, SOCKET, RECV])
        self.maker.process(-1, 1, 7, 7, comm=b"tool")
        self.time = 0

    def call(self, name: str, entry: dict[str, Any] | None = None, **more: Any) -> None:
        self.time += 1_000_000
        self.maker.call(0, self.time, 7, name, entry or {}, **{"duration": 100_000, **more})

    def open(self, path: bytes, fd: int) -> None:
        self.call("openat", {"dir": -100, "path": path, "flags": 0, "mode": 0}, ret=fd)

    def read(self, fd: int, ret: int = 1) -> None:
        self.call("read", {"fd": fd, "size": 9}, exit={"data": b""} if ret >= 0 else None, ret=ret)

    def waits(self, tmp_path: Path) -> list[bool]:
        """Of each call, whether it waits."""
        recording, found = Recording(), []
        for batch in open_source([self.maker.write(tmp_path / "trace")]).batches():
            found += waits(batch, recording.resources.uses(batch))[batch.is_call].tolist()
        return found


@pytest.mark.parametrize("name", ["poll", "epoll_pwait", "wait4", "clock_nanosleep", "pselect6"])
def test_some_calls_are_there_to_wait(name: str, tmp_path: Path) -> None:
    scene = Scene()
    scene.call(name)
    scene.call("getppid")
    scene.call(name, ret=-11)
    assert scene.waits(tmp_path) == [True, False, False]


@pytest.mark.parametrize(("op", "waiting"), [(0, True), (0x80, True), (0x189, True), (1, False), (0x81, False)])
def test_a_futex_waits_or_wakes(op: int, waiting: bool, tmp_path: Path) -> None:
    scene = Scene()
    scene.call("futex", {"addr": 1, "op": op})
    assert scene.waits(tmp_path) == [waiting]


def test_a_read_waits_for_a_pipe_a_socket_or_a_terminal_but_not_for_a_file(tmp_path: Path) -> None:
    scene = Scene()
    scene.maker.open_file(1, 7, 0, b"/dev/pts/3")
    scene.call("pipe2", {"flags": 0}, exit={"fds": (3, 4)})
    scene.call("socket", {"domain": 2, "type": 1}, ret=5)
    scene.open(b"/etc/hosts", 6)
    for fd in (0, 3, 5, 6, 9):
        scene.read(fd)
    scene.read(3, -11)
    assert scene.waits(tmp_path)[3:] == [True, True, True, False, False, False]


def test_who_takes_from_a_socket_waits_whatever_is_known_of_it(tmp_path: Path) -> None:
    scene = Scene()
    scene.call("accept4", {"sockfd": 5, "flags": 0}, exit={"addr": b""}, ret=6)
    scene.call("recvfrom", {"fd": 9}, exit={"data": b""})
    scene.call("recvfrom", {"fd": 9}, ret=-11)
    assert scene.waits(tmp_path) == [True, True, False]


def test_sums_tell_both(tmp_path: Path) -> None:
    scene = Scene()
    scene.call("pipe2", {"flags": 0}, exit={"fds": (3, 4)})
    for fd in (3, 3, 3, 9):
        scene.read(fd)
    source = open_source([scene.maker.write(tmp_path / "trace")])
    recording = sum_up(source, Selection(names=Syscalls(frozenset({"read"}))))
    (read,) = recording.syscalls.each()
    assert (read.time, read.waited, read.worked) == (400_000, 300_000, 100_000)
    assert recording.syscalls.total().waited == 300_000
    ((_, process),) = recording.activity.processes.busiest("worked")
    assert (process.time, process.waited, process.worked) == (400_000, 300_000, 100_000)
    assert [(name, sums.waited) for name, sums in recording.activity.files.busiest("waited")] == [
        (b"pipe:[?]", 300_000)
    ]


def test_the_busiest_are_not_those_that_wait(tmp_path: Path) -> None:
    scene = Scene()
    scene.call("poll", duration=10**9)
    scene.maker.call(0, scene.time + 5, 8, "getppid", {}, duration=500)
    recording = sum_up(open_source([scene.maker.write(tmp_path / "trace")]), Selection())
    nodes = recording.process_tree.nodes
    assert [nodes[key].pid for key, _ in recording.activity.processes.busiest("worked")] == [8, 7]
    assert [nodes[key].pid for key, _ in recording.activity.processes.busiest("time")] == [7, 8]


def test_a_call_that_never_returns_is_not_timed(tmp_path: Path) -> None:
    maker = Maker()
    maker.call(0, 10, 7, "close", {"fd": 3}, duration=700)
    maker.call(0, 20, 7, "exit", {"status": 0})
    recording, times = Recording(), Timeline()
    for batch in open_source([maker.write(tmp_path / "trace")]).batches():
        times.add(batch, batch.is_call, recording.add(batch, batch.is_call))
    total, rows = recording.syscalls.total(), {each.name: each.durations for each in recording.syscalls.each()}
    assert total.calls == 2 and total.durations and rows["exit"] is None
    assert (total.durations.count, total.durations.p50, total.durations.total) == (1, 699.5, 700)
    assert times.durations.sum() == 1, "the heat map has what stat has"


def test_the_slowest_calls_are_kept_with_their_process(tmp_path: Path) -> None:
    maker = Maker()
    maker.process(-1, 1, 7, 7, comm=b"tool")
    for place in range(300):
        # The longest come neither first nor last.
        maker.call(0, 1000 * (place + 1), 7, "close", {"fd": place}, ret=-9, duration=(place * 7) % 300)
        if place % 50 == 0:
            maker.packet(0)
    slowest, recording = Slowest(keep=4), Recording()
    for batch in open_source([maker.write(tmp_path / "trace")]).batches():
        recording.add(batch, batch.is_call)
        slowest.add(batch, batch.is_call, recording.process_tree.identities, recording.process_tree.processes.known)
    assert [(each.duration, each.comm) for each in slowest.calls] == [(d, b"tool") for d in (299, 298, 297, 296)]
    fds = [each.call.entry["fd"] for each in slowest.calls]
    assert [isinstance(fd, int) and fd * 7 % 300 for fd in fds] == [each.duration for each in slowest.calls]
    assert slowest.count == 300
