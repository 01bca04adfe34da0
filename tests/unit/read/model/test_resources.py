"""Which files and peers each syscall is about."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from syscord_read.model.call import Call, calls_of
from syscord_read.model.descriptors import Descriptors
from syscord_read.model.layout import Shape
from syscord_read.model.resources import PEER, Resources, display_name, is_socket
from syscord_read.model.value import Value
from syscord_read.source import open_source
from tests.unit.traces import ALL, FD, INT, SIZE, Declared, Maker, integer, life, memory

CONNECT = Declared(203, "connect", (integer("sockfd", FD, "fd"), memory("addr", Shape.ADDRESS, "sockaddr")))
BIND = Declared(200, "bind", (integer("sockfd", FD, "fd"), memory("addr", Shape.ADDRESS, "sockaddr")))
SOCKET = Declared(198, "socket", (integer("domain", INT), integer("type", INT), integer("protocol", INT)), "fd")
SENDTO = Declared(
    206,
    "sendto",
    (integer("sockfd", FD, "fd"), integer("size", SIZE, "size_t"), memory("addr", Shape.ADDRESS, "sockaddr")),
    "ssize_t",
)
RECVFROM = Declared(
    207,
    "recvfrom",
    (
        integer("fd", FD, "fd"),
        integer("size", SIZE, "size_t"),
        memory("addr", Shape.ADDRESS, "sockaddr", exit=True),
    ),
    "ssize_t",
)
SENDFILE = Declared(71, "sendfile", (integer("out_fd", FD, "fd"), integer("in_fd", FD, "fd")), "ssize_t")
DUP = Declared(23, "dup", (integer("oldfd", FD, "fd"),), "fd")
DUP3 = Declared(24, "dup3", (integer("oldfd", FD, "fd"), integer("newfd", FD, "fd"), integer("flags", INT)), "fd")
FCNTL = Declared(25, "fcntl", (integer("fd", FD, "fd"), integer("cmd", INT), integer("arg", INT)), "long")
CHDIR = Declared(49, "chdir", (memory("path", Shape.TEXT, "path"),))
SYMLINKAT = Declared(
    36,
    "symlinkat",
    (memory("target", Shape.TEXT, "path"), integer("dir", FD, "fd"), memory("path", Shape.TEXT, "path")),
)
CLONE = Declared(220, "clone", (integer("flags", INT),), "pid_t")
EXIT_GROUP = Declared(94, "exit_group", (integer("status", INT),), no_result=True)
DECLARED = (
    *ALL,
    CONNECT,
    BIND,
    SOCKET,
    SENDTO,
    RECVFROM,
    SENDFILE,
    DUP,
    DUP3,
    FCNTL,
    CHDIR,
    SYMLINKAT,
    CLONE,
    EXIT_GROUP,
)

Use = tuple[int, str, bytes, int, int]


class Scene:
    """Calls one after the other, at times of their own."""

    def __init__(self) -> None:
        self.maker = Maker(DECLARED)
        self.time = 100

    def call(
        self,
        name: str,
        entry: Mapping[str, Value] | None = None,
        ret: int = 0,
        *,
        tid: int = 7,
        exit: Mapping[str, Value] | None = None,
    ) -> None:
        self.time += 10
        self.maker.call(0, self.time, tid, name, entry or {}, ret=ret, exit=exit)

    def open(self, path: bytes, fd: int, *, tid: int = 7, dir: int = -100, flags: int = 0) -> None:
        self.call("openat", {"dir": dir, "path": path, "flags": flags, "mode": 0}, fd, tid=tid)

    def process(self, pid: int, ppid: int, reason: str = "fork", time: int | None = None) -> None:
        self.time += 10
        self.maker.process(0, self.time if time is None else time, pid, pid, ppid=ppid, reason=reason)

    def uses(self, folder: Path) -> list[Use]:
        """For each use: process, syscall, name, bytes read, bytes written."""
        return list(uses_of(self.maker.write(folder / "trace")))


def uses_of(path: Path) -> Iterator[Use]:
    resources = Resources()
    for batch in open_source([path]).batches():
        uses = resources.uses(batch)
        names = [batch.classes[number].name for number in batch.class_index]
        for row, which, read, written in zip(uses.rows, uses.which, uses.read, uses.written, strict=True):
            yield int(batch.pid[row]), names[row], uses.names[which], int(read), int(written)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def inet(address: str, port: int) -> bytes:
    return struct.pack("<H", 2) + struct.pack(">H", port) + ipaddress.IPv4Address(address).packed + bytes(8)


def inet6(address: str, port: int) -> bytes:
    packed = ipaddress.IPv6Address(address).packed
    return struct.pack("<H", 10) + struct.pack(">H", port) + bytes(4) + packed + bytes(4)


def unix(path: bytes) -> bytes:
    return struct.pack("<H", 1) + path


def test_reading_and_writing_are_about_the_file_that_was_opened(scene: Scene, tmp_path: Path) -> None:
    scene.open(b"/etc/hosts", 3)
    scene.call("read", {"fd": 3, "size": 100}, 40)
    scene.call("write", {"fd": 3, "data": b"x", "size": 1}, -9)
    scene.call("close", {"fd": 3})
    scene.call("read", {"fd": 3, "size": 100}, -9)
    assert scene.uses(tmp_path) == [
        (7, "openat", b"/etc/hosts", 0, 0),
        (7, "read", b"/etc/hosts", 40, 0),
        (7, "write", b"/etc/hosts", 0, 0),
        (7, "close", b"/etc/hosts", 0, 0),
    ]


def test_a_call_that_failed_opens_nothing_but_is_about_the_path(scene: Scene, tmp_path: Path) -> None:
    scene.open(b"/missing", -2)
    scene.call("close", {"fd": -2}, -9)
    assert scene.uses(tmp_path) == [(7, "openat", b"/missing", 0, 0)]


def test_what_was_open_before_is_known_from_the_state(scene: Scene, tmp_path: Path) -> None:
    scene.maker.open_file(1, 7, -100, b"/home/me")
    scene.maker.open_file(2, 7, 0, b"/dev/null")
    scene.call("read", {"fd": 0, "size": 1}, 0)
    scene.open(b"../you/./notes", 3)
    scene.open(b"deep", 4, dir=3)
    scene.open(b"", -2, dir=3)
    assert [name for _, _, name, _, _ in scene.uses(tmp_path)] == [
        b"/dev/null",
        b"/home/you/notes",
        b"/home/you/notes/deep",
        b"/home/you/notes",
    ]


def test_paths_whose_folder_is_not_known_stay_as_they_are(scene: Scene, tmp_path: Path) -> None:
    scene.open(b"a/../b", 3)
    assert scene.uses(tmp_path) == [(7, "openat", b"a/../b", 0, 0)]


def test_a_call_with_two_paths_is_about_both_but_not_about_what_a_link_says(scene: Scene, tmp_path: Path) -> None:
    scene.open(b"/links", 3)
    scene.call("symlinkat", {"target": b"elsewhere", "dir": 3, "path": b"new"})
    assert scene.uses(tmp_path)[1:] == [(7, "symlinkat", b"/links/new", 0, 0)]


def test_copies_of_descriptors_are_followed(scene: Scene, tmp_path: Path) -> None:
    scene.open(b"/a", 3)
    scene.call("dup", {"oldfd": 3}, 4)
    scene.call("fcntl", {"fd": 4, "cmd": 1030, "arg": 9}, 9)
    scene.call("fcntl", {"fd": 4, "cmd": 3, "arg": 0}, 0)
    scene.call("dup3", {"oldfd": 9, "newfd": 12, "flags": 0}, 12)
    scene.call("read", {"fd": 12, "size": 5}, 5)
    assert scene.uses(tmp_path)[-1] == (7, "read", b"/a", 5, 0)


def test_children_have_what_their_parents_have(scene: Scene, tmp_path: Path) -> None:
    scene.open(b"/a", 3)
    scene.process(8, ppid=7)
    scene.call("read", {"fd": 3, "size": 5}, 5, tid=8)
    scene.call("clone", {"flags": 17}, 8)
    scene.call("close", {"fd": 3}, tid=8)
    scene.call("read", {"fd": 3, "size": 5}, 4)
    assert [use for use in scene.uses(tmp_path) if use[1] == "read"] == [
        (8, "read", b"/a", 5, 0),
        (7, "read", b"/a", 4, 0),
    ]


def test_an_exec_closes_what_is_to_be_closed(scene: Scene, tmp_path: Path) -> None:
    scene.open(b"/kept", 3)
    scene.open(b"/closed", 4, flags=0o2000000)
    scene.call("execve", {"path": b"/bin/ls", "argv": ()})
    for fd in (3, 4):
        scene.call("read", {"fd": fd, "size": 5}, 1)
    assert [use for use in scene.uses(tmp_path) if use[1] == "read"] == [(7, "read", b"/kept", 1, 0)]


@pytest.mark.parametrize("killed", [False, True])
def test_who_has_a_number_that_was_somebodys_has_nothing_of_theirs(scene: Scene, tmp_path: Path, killed: bool) -> None:
    scene.open(b"/a", 3)
    if killed:
        scene.process(7, ppid=1, reason="exit")
    else:
        scene.call("exit_group", {"status": 0})
    scene.process(7, ppid=1)
    scene.call("read", {"fd": 3, "size": 5}, 5)
    assert [use for use in scene.uses(tmp_path) if use[1] == "read"] == []


def test_a_process_outlives_its_first_thread(scene: Scene, tmp_path: Path) -> None:
    scene.open(b"/a", 3)
    scene.maker.process(0, scene.time, 7, 7, reason="exit", life=life(start=5))
    scene.time += 10
    scene.maker.call(0, scene.time, 8, "read", {"fd": 3, "size": 5}, pid=7, ret=5)
    scene.maker.process(0, scene.time + 1, 8, 7, reason="exit", life=life(start=5, ended=True))
    scene.time += 10
    scene.call("read", {"fd": 3, "size": 5}, 4)
    assert [use for use in scene.uses(tmp_path) if use[1] == "read"] == [(7, "read", b"/a", 5, 0)]


def test_an_exec_gives_a_process_a_table_of_its_own(scene: Scene, tmp_path: Path) -> None:
    scene.open(b"/kept", 3, flags=0o2000000)
    scene.call("clone", {"flags": 0x600 | 17}, 8)
    scene.call("execve", {"path": b"/bin/true", "argv": ()}, tid=8)
    scene.call("read", {"fd": 3, "size": 5}, 1)
    scene.call("read", {"fd": 3, "size": 5}, 1, tid=8)
    assert [use for use in scene.uses(tmp_path) if use[1] == "read"] == [(7, "read", b"/kept", 1, 0)]


def test_servers_sockets_are_called_by_their_peers_without_random_ports(scene: Scene, tmp_path: Path) -> None:
    scene.call("socket", {"domain": 2, "type": 1, "protocol": 0}, 5)
    scene.call("bind", {"sockfd": 5, "addr": inet("0.0.0.0", 80)})
    scene.call("accept4", {"sockfd": 5, "flags": 0}, 6, exit={"addr": inet("10.0.0.9", 51234)})
    scene.call("write", {"fd": 6, "data": b"", "size": 9}, 9)
    found = scene.uses(tmp_path)
    assert (7, "accept4", PEER + b"bound to 0.0.0.0:80", 0, 0) in found
    assert (7, "accept4", PEER + b"10.0.0.9", 0, 0) in found
    assert found[-1] == (7, "write", PEER + b"10.0.0.9", 0, 9)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (inet("10.0.0.1", 443), b"10.0.0.1:443"),
        (inet("10.0.0.1", 40000), b"10.0.0.1"),
        (inet6("fe80::1", 443), b"[fe80::1]:443"),
        (inet6("fe80::1", 60000), b"fe80::1"),
        (unix(b"/run/s\0"), b"unix:/run/s"),
        (unix(b"\0name"), b"unix:@name"),
        (unix(b""), b"unix"),
        (struct.pack("<H", 17) + b"abc", b"address family 17"),
        (b"\x01", b"an address of no family"),
    ],
)
def test_clients_sockets_are_called_by_the_address_they_connect_to(
    scene: Scene, tmp_path: Path, address: bytes, name: bytes
) -> None:
    scene.call("connect", {"sockfd": 5, "addr": address}, -115)
    scene.call("read", {"fd": 5, "size": 9}, 9)
    assert scene.uses(tmp_path)[-1] == (7, "read", PEER + name, 9, 0)


def test_a_connect_that_failed_counts_for_the_peer_and_names_nothing(scene: Scene, tmp_path: Path) -> None:
    scene.call("connect", {"sockfd": 5, "addr": inet("10.0.0.1", 443)}, -111)
    scene.call("read", {"fd": 5, "size": 9}, -107)
    assert scene.uses(tmp_path) == [(7, "connect", PEER + b"10.0.0.1:443", 0, 0)]


def test_datagrams_are_about_who_is_at_the_other_end(scene: Scene, tmp_path: Path) -> None:
    scene.call("socket", {"domain": 2, "type": 2, "protocol": 0}, 5)
    scene.call("sendto", {"sockfd": 5, "size": 30, "addr": inet("9.9.9.9", 53)}, 30)
    scene.call("recvfrom", {"fd": 5, "size": 512}, 90, exit={"addr": inet("9.9.9.9", 53)})
    scene.call("recvfrom", {"fd": 5, "size": 512}, 1, exit={"addr": b""})
    assert scene.uses(tmp_path) == [
        (7, "sendto", PEER + b"9.9.9.9:53", 0, 30),
        (7, "recvfrom", PEER + b"9.9.9.9:53", 90, 0),
        (7, "recvfrom", b"socket:[?]", 1, 0),
    ]


def test_bytes_that_are_sent_from_file_to_socket_count_for_both(scene: Scene, tmp_path: Path) -> None:
    scene.open(b"/page", 3)
    scene.call("connect", {"sockfd": 5, "addr": inet("10.0.0.1", 80)})
    scene.call("sendfile", {"out_fd": 5, "in_fd": 3}, 615)
    assert sorted(scene.uses(tmp_path)[-2:]) == [
        (7, "sendfile", PEER + b"10.0.0.1:80", 0, 615),
        (7, "sendfile", b"/page", 615, 0),
    ]


def test_the_state_of_a_later_file_does_not_hide_a_peer(scene: Scene, tmp_path: Path) -> None:
    scene.call("connect", {"sockfd": 5, "addr": inet("10.0.0.1", 80)})
    scene.time += 10
    scene.maker.open_file(scene.time, 7, 5, b"socket:[77]")
    scene.maker.open_file(scene.time, 7, 6, b"socket:[78]")
    scene.call("write", {"fd": 5, "data": b"", "size": 9}, 9)
    scene.call("write", {"fd": 6, "data": b"", "size": 9}, 9)
    assert [name for _, _, name, _, _ in scene.uses(tmp_path)[1:]] == [PEER + b"10.0.0.1:80", b"socket:[78]"]


def test_paths_that_could_not_be_read_are_left_out(scene: Scene, tmp_path: Path) -> None:
    scene.maker.call(
        0, 500, 7, "openat", {"dir": -100, "path": b"", "flags": 0, "mode": 0}, ret=-14, marks={"path": ["fault"]}
    )
    assert scene.uses(tmp_path) == []


def test_a_text_record_says_the_same(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.write_text(
        "pid=7, openat, dir=-100, path=/etc/hosts, flags=0, mode=0, res=3\n"
        "pid=7, read, fd=3, size=100, res=40\n"
        "pid=7, dup, oldfd=3, res=4\n"
        "pid=7, close, fd=3, res=0\n"
        "pid=7, accept4, sockfd=5, flags=2048, res=11, addr=127.0.0.1:41720\n"
        "pid=7, connect, sockfd=8, addr=[::1]:443, res=0\n"
        "pid=7, write, fd=11, size=7, res=7\n"
        "pid=7, read, fd=4, size=7, res=1\n"
    )
    assert list(uses_of(record)) == [
        (7, "openat", b"/etc/hosts", 0, 0),
        (7, "read", b"/etc/hosts", 40, 0),
        (7, "dup", b"/etc/hosts", 0, 0),
        (7, "close", b"/etc/hosts", 0, 0),
        (7, "accept4", PEER + b"127.0.0.1", 0, 0),
        (7, "connect", PEER + b"[::1]:443", 0, 0),
        (7, "write", PEER + b"127.0.0.1", 0, 7),
        (7, "read", b"/etc/hosts", 1, 0),
    ]


def test_peers_and_sockets_are_told_from_files() -> None:
    assert is_socket(PEER + b"10.0.0.1") and is_socket(b"socket:[7]")
    assert not is_socket(b"/run/socket:[7]") and not is_socket(b"pipe:[7]")
    assert display_name(PEER + b"10.0.0.1") == b"10.0.0.1" and display_name(b"/etc") == b"/etc"


FDS = st.integers(3, 6)
PATHS = st.sampled_from([b"/a", b"/b", b"c", b"d/../e"])
#: What a process does: a name, a path, two numbers.
Step = tuple[str, bytes, int, int]
STEPS = st.one_of(
    st.tuples(st.just("openat"), PATHS, FDS, st.sampled_from([0, 0o2000000])),
    st.tuples(st.just("close"), PATHS, FDS, st.sampled_from([0, -9])),
    st.tuples(st.just("dup"), PATHS, FDS, FDS),
    st.tuples(st.just("chdir"), st.sampled_from([b"/", b"/x", b"y"]), FDS, FDS),
    st.tuples(st.sampled_from(["execve", "exit_group"]), PATHS, FDS, FDS),
    st.tuples(st.just("clone"), PATHS, st.integers(7, 9), FDS),
)


def make(scene: Scene, step: Step, tid: int) -> None:
    """The step, and then a read from each descriptor that there may be."""
    name, path, first, second = step
    match name:
        case "openat":
            scene.open(path, first, tid=tid, flags=second)
        case "close":
            scene.call(name, {"fd": first}, second, tid=tid)
        case "dup":
            scene.call(name, {"oldfd": first}, second, tid=tid)
        case "chdir":
            scene.call(name, {"path": path}, tid=tid)
        case "execve":
            scene.call(name, {"path": b"/bin/ls", "argv": ()}, tid=tid)
        case "clone":
            scene.call(name, {"flags": 17}, first, tid=tid)
        case _:
            scene.call(name, {"status": 0}, tid=tid)
    for fd in range(3, 7):
        scene.call("read", {"fd": fd, "size": 1}, 1, tid=tid)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(STEPS, st.integers(7, 9)), max_size=12))
@example([(("openat", b"/a", 4, 0), 7), (("close", b"/a", 3, 0), 8), (("clone", b"/a", 8, 3), 7)])
def test_in_bulk_is_the_same_as_call_by_call(tmp_path: Path, steps: list[tuple[Step, int]]) -> None:
    """``Descriptors`` follows one call after the other; whatever is done, both agree on what is read."""
    scene = Scene()
    scene.maker.open_file(1, 7, -100, b"/home")
    for step, tid in steps:
        make(scene, step, tid)
    path = scene.maker.write(tmp_path / "trace")
    slow = Descriptors({(0, 7): {-100: b"/home"}})
    expected: list[tuple[int, bytes]] = []
    for batch in open_source([path]).batches():
        for call in calls_of(batch):
            expected += read_of(call, slow)
            slow.apply(call)
    assert [(pid, name) for pid, syscall, name, _, _ in uses_of(path) if syscall == "read"] == expected


def read_of(call: Call, descriptors: Descriptors) -> Iterator[tuple[int, bytes]]:
    fd = call.entry.get("fd")
    if call.name == "read" and isinstance(fd, int) and (name := descriptors.path(0, call.pid, fd)) is not None:
        yield call.pid, name


def test_uses_can_be_narrowed_to_some_rows(scene: Scene, tmp_path: Path) -> None:
    scene.open(b"/a", 3)
    scene.call("read", {"fd": 3, "size": 5}, 5)
    resources = Resources()
    (batch,) = open_source([scene.maker.write(tmp_path / "trace")]).batches()
    found = resources.uses(batch).select(np.array([False, True]))
    assert (found.rows.tolist(), found.read.tolist()) == ([1], [5])
