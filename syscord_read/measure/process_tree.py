"""The processes of a recording, and who made whom."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

import numpy as np

from syscord_read.model.batch import Batch, Ints
from syscord_read.model.lives import Lives, ProcessLife
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


class ProcessTree:
    """Processes by number, fed by batches in order.  A process number that is used again is another process."""

    def __init__(self) -> None:
        self.lives = Lives()
        self.nodes: dict[int, ProcessNode] = {}

    @property
    def processes(self) -> Processes:
        """Who the threads are."""
        return self.lives.processes

    @property
    def identities(self) -> Identities:
        """The numbers that ``processes`` gave to the rows of the last batch."""
        return self.lives.identities

    def update(self, batch: Batch) -> Ints:
        """For each call the number of its process; to be called once a batch.  Other rows may have -1."""
        which = self.lives.update(batch)
        for process, thread in self.lives.changes:
            self._node(thread.process, process.since).learn(process)
        for thread in filter(None, self.lives.threads):
            self._node(thread.process, -1)
        numbers = [thread.process.number if thread else -1 for thread in self.lives.threads]
        return np.array(numbers, np.int64)[which]

    def _node(self, process: ProcessLife, since: int) -> ProcessNode:
        """The node of a process; ``since`` is when it was first heard of, if that is now."""
        node = self.nodes.get(process.number)
        if node is None:
            node = ProcessNode(process.number, process.trace, process.pid, since=since)
            self.nodes[process.number] = node
        if node.parent is None and process.parent and process.parent.number in self.nodes:
            node.parent = process.parent.number
        return node

    def forget(self, wanted: Container[int]) -> None:
        """Forget the processes that have ended, except those that are wanted, or are a parent."""
        parents = {node.parent for node in self.nodes.values()}
        gone = [
            node.number
            for node in self.nodes.values()
            if node.ended and node.number not in wanted and node.number not in parents
        ]
        for number in gone:
            del self.nodes[number]
