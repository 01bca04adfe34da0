"""The processes of a recording, and who made whom."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

import numpy as np

from syscord_read.model.batch import Batch, Ints
from syscord_read.model.columns import distinct, threads_of
from syscord_read.model.processes import Identities, Process, Processes

#: Names of one process that are kept: the first ones, and the last one.
NAMES = 4


@dataclass
class ProcessNode:
    """A process.

    ``parent`` is the parent's number, which is lower than its own, or None if that is not known.  ``names`` are its
    names, the first one first; empty if none is known.  ``exe`` is empty if it has none, or that is not known.
    ``since`` is when it was first heard of, in ns since the epoch, or -1.  ``start`` is when it began, in ns since
    boot, or -1 if that is not known.  ``ended``: its end was seen.
    ``from_leader``: what is known of it comes from an event of its first thread.
    """

    number: int
    trace: int
    pid: int
    ppid: int = 0
    parent: int | None = None
    names: list[bytes] = field(default_factory=list)
    exe: bytes = b""
    since: int = -1
    start: int = -1
    ended: bool = False
    from_leader: bool = False

    @property
    def name(self) -> bytes:
        """What it is called at last."""
        return self.names[-1] if self.names else b""

    def learn(self, process: Process) -> None:
        """Take in what an event says.  Events of its first thread count for more than those of its other threads."""
        leader = process.tid == process.pid
        self.ended = process.has_ended or (self.ended and not leader)
        self.start = process.life.start if process.life else self.start
        if self.from_leader and not leader:
            return
        if leader and not self.from_leader:
            self.from_leader = True
            self.names.clear()
        if process.comm and process.comm != self.name:
            del self.names[NAMES - 1 :]
            self.names.append(process.comm)
        self.ppid = process.ppid
        self.exe = process.exe or self.exe

    def is_other(self, process: Process) -> bool:
        """Whether an event is of another process, which has this one's number."""
        if process.life and self.start >= 0:
            return process.life.start != self.start
        return process.reason == "fork" and self.ended


class ProcessTree:
    """Processes by number, fed by batches in order.  A process number that is used again is another process.

    ``identities`` are what ``processes.update`` gave for the last batch.
    """

    def __init__(self) -> None:
        self.processes = Processes()
        self.identities: Identities = np.empty(0, np.int32)
        self.nodes: dict[int, ProcessNode] = {}
        self._now: dict[int, int] = {}
        self._next = 0

    def update(self, batch: Batch) -> Ints:
        """For each row the number of its process; to be called once a batch."""
        pids, which = distinct(threads_of(batch, batch.pid))
        numbers = {pid: self._now[pid] for pid in pids if pid in self._now}
        self.identities = self.processes.update(batch)
        again: dict[int, tuple[int, int]] = {}
        for row, process in self.processes.changes:
            pid, node = process.trace << 32 | process.pid, self._note(process)
            if numbers.setdefault(pid, node.number) != node.number:
                again.setdefault(node.number, (pid, row))
        for pid in pids:
            if pid not in numbers:
                numbers[pid] = self._add(pid, -1).number
        found = np.array([numbers[pid] for pid in pids], np.int64)[which]
        for number, (pid, row) in again.items():
            found[row:][which[row:] == pids.index(pid)] = number
        return found

    def _note(self, process: Process) -> ProcessNode:
        """Take in an event.  Returns its process: a new one, if the one of that pid is another."""
        pid = process.trace << 32 | process.pid
        known = self._now.get(pid)
        parent = self._now.get(process.trace << 32 | process.ppid)
        is_new = known is None or self.nodes[known].is_other(process)
        node = self._add(pid, process.since) if known is None or is_new else self.nodes[known]
        # The parent's number is always lower.  So no process is its own ancestor, whatever a damaged trace says.
        if node.parent is None and parent is not None and parent < node.number:
            node.parent = parent
        node.learn(process)
        return node

    def _add(self, pid: int, since: int) -> ProcessNode:
        node = ProcessNode(self._next, pid >> 32, pid & 0xFFFFFFFF, since=since)
        self.nodes[node.number] = node
        self._now[pid] = node.number
        self._next += 1
        return node

    def forget(self, wanted: Container[int]) -> None:
        """Forget the processes that have ended, except those that are wanted, or are a parent."""
        parents = {node.parent for node in self.nodes.values()}
        gone = [
            node
            for node in self.nodes.values()
            if node.ended and node.number not in wanted and node.number not in parents
        ]
        for node in gone:
            del self.nodes[node.number]
            pid = node.trace << 32 | node.pid
            if self._now.get(pid) == node.number:
                del self._now[pid]
