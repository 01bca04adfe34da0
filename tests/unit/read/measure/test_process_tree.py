"""Which process each record is of, and who made whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from syscord_read.measure.process_tree import NAMES, ProcessNode, ProcessTree
from syscord_read.source import open_source
from tests.unit.traces import Maker, life


def follow(maker: Maker, folder: Path) -> tuple[ProcessTree, list[tuple[int, ProcessNode]]]:
    """The tree, and for each syscall its process number with the process."""
    tree, found = ProcessTree(), []
    for batch in open_source([maker.write(folder / "trace")]).batches():
        numbers = tree.update(batch)
        found += [(int(batch.pid[row]), tree.nodes[int(numbers[row])]) for row in batch.is_call.nonzero()[0]]
    return tree, found


def close(maker: Maker, time: int, tid: int, pid: int | None = None) -> None:
    maker.call(0, time, tid, "close", {"fd": 1}, pid=pid)


def test_a_process_has_its_names_one_after_the_other(tmp_path: Path) -> None:
    maker = Maker()
    maker.process(-1, 1, 7, 7, comm=b"sh", exe=b"/bin/sh", reason="state")
    maker.process(0, 10, 8, 8, ppid=7, comm=b"sh", exe=b"/bin/sh", reason="fork")
    maker.process(0, 20, 8, 8, ppid=7, comm=b"ls", exe=b"/bin/ls", reason="exec")
    close(maker, 30, 8)
    _, ((_, node),) = follow(maker, tmp_path)
    assert (node.pid, node.ppid, node.names, node.exe) == (8, 7, [b"sh", b"ls"], b"/bin/ls")


def test_only_some_names_are_kept_the_last_one_among_them(tmp_path: Path) -> None:
    maker = Maker()
    for number in range(20):
        maker.process(0, 10 + number, 8, 8, comm=b"name%d" % number, reason="rename")
    tree, _ = follow(maker, tmp_path)
    (node,) = tree.nodes.values()
    assert len(node.names) == NAMES and node.name == b"name19"


def test_children_know_who_made_them(tmp_path: Path) -> None:
    maker = Maker()
    maker.process(-1, 1, 7, 7, ppid=1, comm=b"sh", reason="state")
    maker.process(0, 10, 8, 8, ppid=7, comm=b"sh", reason="fork")
    maker.process(0, 11, 9, 9, ppid=8, comm=b"sh", reason="fork")
    close(maker, 20, 9)
    tree, ((_, node),) = follow(maker, tmp_path)
    assert node.parent is not None
    parent = tree.nodes[node.parent]
    assert parent.pid == 8 and parent.parent is not None and tree.nodes[parent.parent].pid == 7


def test_a_number_that_is_used_again_is_another_process(tmp_path: Path) -> None:
    maker = Maker()
    maker.process(0, 10, 8, 8, comm=b"first", reason="fork")
    close(maker, 20, 8)
    maker.process(0, 30, 8, 8, comm=b"first", reason="exit")
    maker.process(0, 40, 8, 8, comm=b"second", reason="fork")
    close(maker, 50, 8)
    _, found = follow(maker, tmp_path)
    assert [node.name for _, node in found] == [b"first", b"second"]


def test_a_process_ends_with_its_last_thread(tmp_path: Path) -> None:
    maker = Maker()
    maker.process(0, 10, 8, 8, comm=b"server", reason="fork", life=life(start=5))
    maker.process(0, 20, 8, 8, comm=b"server", reason="exit", life=life(start=5))
    close(maker, 30, 9, pid=8)
    maker.process(0, 40, 9, 8, comm=b"worker", reason="exit", life=life(start=5, ended=True))
    tree, ((_, node),) = follow(maker, tmp_path)
    assert node.name == b"server" and node.ended and len(tree.nodes) == 1


def test_a_process_that_began_at_another_time_is_another_one(tmp_path: Path) -> None:
    """The end of the first one was lost."""
    maker = Maker()
    maker.process(0, 10, 8, 8, comm=b"first", reason="seen", life=life(start=5))
    close(maker, 20, 8)
    maker.process(0, 40, 8, 8, comm=b"second", reason="seen", life=life(start=35))
    close(maker, 50, 8)
    _, found = follow(maker, tmp_path)
    assert [(node.name, node.start) for _, node in found] == [(b"first", 5), (b"second", 35)]


def test_threads_are_of_their_process_whatever_they_are_called(tmp_path: Path) -> None:
    maker = Maker()
    maker.process(0, 10, 9, 8, comm=b"worker", reason="seen")
    close(maker, 15, 9, pid=8)
    maker.process(0, 20, 8, 8, comm=b"server", reason="seen")
    maker.process(0, 21, 10, 8, comm=b"other", reason="seen")
    close(maker, 30, 10, pid=8)
    tree, found = follow(maker, tmp_path)
    assert {node.number for _, node in found} == {0} and tree.nodes[0].names == [b"server"]


def test_processes_that_nobody_described_are_there_without_a_name(tmp_path: Path) -> None:
    maker = Maker()
    close(maker, 10, 42)
    _, ((_, node),) = follow(maker, tmp_path)
    assert (node.pid, node.name, node.parent) == (42, b"", None)


def test_nobody_is_their_own_ancestor(tmp_path: Path) -> None:
    maker = Maker()
    maker.process(0, 10, 8, 8, ppid=9, comm=b"a", reason="seen")
    maker.process(0, 11, 9, 9, ppid=8, comm=b"b", reason="seen")
    maker.process(0, 12, 8, 8, ppid=9, comm=b"a", reason="parent")
    maker.process(0, 13, 7, 7, ppid=7, comm=b"c", reason="seen")
    tree, _ = follow(maker, tmp_path)
    assert all(node.parent is None or node.parent < node.number for node in tree.nodes.values())


@pytest.fixture
def ended(tmp_path: Path) -> ProcessTree:
    """8, which made 9, which goes on; 10, which has ended as 8 has."""
    maker = Maker()
    for pid, ppid in ((8, 1), (9, 8), (10, 1)):
        maker.process(0, pid, pid, pid, ppid=ppid, reason="fork")
    for pid in (8, 10):
        maker.process(0, 20 + pid, pid, pid, reason="exit")
    return follow(maker, tmp_path)[0]


def test_ended_processes_can_be_forgotten_but_for_parents(ended: ProcessTree) -> None:
    ended.forget(set())
    assert {node.pid for node in ended.nodes.values()} == {8, 9}


def test_processes_that_are_wanted_are_not_forgotten(ended: ProcessTree) -> None:
    ended.forget({number for number, node in ended.nodes.items() if node.pid == 10})
    assert {node.pid for node in ended.nodes.values()} == {8, 9, 10}
