"""The peers, as far as they need no machine."""

from __future__ import annotations

import struct
import tarfile
from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.peers import debian, sysdig
from bench.peers.all import all_peers
from bench.peers.whom import Whom
from vm import architectures, host, packages
from vm.errors import MachineLost, VmError
from vm.kernels import Kernel

NOWHERE = Path("/nowhere")
EVENT, EVENT_WITH_FLAGS, OTHER = 0x216, 0x217, 0x201
READ_ENTRY, READ_EXIT = 6, 7


def event(kind: int, number: int, content: bytes = b"") -> bytes:
    """A block of a capture with an event of that number."""
    body = b"\0" * (6 if kind == EVENT_WITH_FLAGS else 2) + struct.pack("<QQIHI", 1, 2, 0, number, 0) + content
    return block(kind, body)


def block(kind: int, body: bytes) -> bytes:
    """A block of a capture."""
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


@pytest.mark.parametrize("kind", [EVENT, EVENT_WITH_FLAGS])
def test_of_a_capture_the_exits_are_counted(kind: int) -> None:
    call = event(kind, READ_ENTRY) + event(kind, READ_EXIT, b"content")

    assert sysdig.count_exits(block(OTHER, b"1" * 40) + 3 * call) == 3


@pytest.mark.parametrize("left", [4, 30])
def test_a_capture_that_was_cut_is_refused(left: int) -> None:
    with pytest.raises(BenchError, match="byte 0"):
        sysdig.count_exits(event(EVENT, READ_EXIT)[:left])


def test_each_peer_and_variant_is_there_once() -> None:
    kernel = Kernel(architectures.ARM64, "6.1.0", NOWHERE, NOWHERE, NOWHERE, NOWHERE)

    names = [(peer.name, peer.variant) for peer in all_peers(kernel)]

    assert len(set(names)) == len(names)
    assert {name for name, _ in names} == {"ftrace", "lttng", "sysdig", "perf-trace", "strace"}
    assert {name for name, variant in names if variant == "pid"} == {name for name, _ in names}
    assert ("lttng", "pid context") in names


def test_whom_says_which_process() -> None:
    assert [whom.pid(77) for whom in (Whom.PID, Whom.ALL, Whom.NO_MATCH)] == [77, None, 1]


def test_what_cannot_be_had_says_which_peer() -> None:
    with pytest.raises(BenchError, match=r"lttng cannot be had(.|\n)*no such package"), debian.required("lttng"):
        raise VmError("no such package")


def test_a_lost_machine_is_no_missing_peer() -> None:
    with pytest.raises(MachineLost), debian.required("lttng"):
        raise MachineLost("gone")


def test_a_program_is_packed_with_the_libraries_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unpack(_: object, into: Path) -> None:
        (into / "usr/bin").mkdir(parents=True)
        (into / "usr/bin/program").touch()
        folder = into / "usr/lib/aarch64-linux-gnu"
        folder.mkdir(parents=True)
        for name in ("liba.so.1.2", "libb.so.3", "libunused.so.1"):
            (folder / name).touch()
        (folder / "liba.so.1").symlink_to("liba.so.1.2")

    needs = {"program": ["liba.so.1", "ld-linux.so"], "liba.so.1": ["libb.so.3"], "libb.so.3": ["liba.so.1"]}
    monkeypatch.setattr(packages, "extract", unpack)
    monkeypatch.setattr(
        host,
        "run",
        lambda argv: "".join(f" 0x1 (NEEDED) Shared library: [{name}]\n" for name in needs[Path(argv[-1]).name]),
    )
    archive = tmp_path / "a.tar.gz"

    debian.pack(architectures.ARM64, [], archive, ["usr/bin/program"])

    with tarfile.open(archive) as tar:
        assert tar.getnames() == ["program", "lib/liba.so.1", "lib/libb.so.3"]
        assert all(member.isfile() for member in tar)
    assert list(tmp_path.iterdir()) == [archive]


def test_a_program_that_has_moved_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "extract", lambda _, into: into.mkdir())

    with pytest.raises(BenchError, match="no usr/bin/program"):
        debian.pack(architectures.ARM64, [], tmp_path / "a.tar.gz", ["usr/bin/program"])
