"""Who made whom, and what they did: the processes of a recording as lines of a tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from syscord_read.measure.process_tree import ProcessNode
from syscord_read.measure.recording import Recording
from syscord_read.measure.tally import Sums

#: Processes that are shown; others are summed up where they would be.
SHOWN = 300


@dataclass(frozen=True)
class Line:
    """A process, ``depth`` levels below the first ones.  ``own`` is what it did, ``all`` with those below it.

    ``node`` is None where ``hidden`` processes are summed up.
    """

    depth: int
    own: Sums
    all: Sums
    node: ProcessNode | None = None
    hidden: int = 0


def lines(recording: Recording, shown: int = SHOWN) -> list[Line]:
    """The processes that called something, and those they come from; the busiest first among those of one parent."""
    return list(_Tree(recording, shown).lines())


class _Tree:
    """Processes with their children, and which of them are shown."""

    def __init__(self, recording: Recording, shown: int) -> None:
        nodes = recording.process_tree.nodes
        self.nodes = nodes
        self.own = {number: recording.activity.processes[number] for number in recording.activity.processes.places}
        self.all = dict(self.own)
        # A parent has a lower number than its children.
        for number in sorted(nodes, reverse=True):
            parent = nodes[number].parent
            if parent in nodes and number in self.all:
                self.all[parent] = self.all.get(parent, Sums()) + self.all[number]
        order = "time" if recording.syscalls.timed.any() else "calls"
        self.rank = {number: (getattr(sums, order), sums.calls, -number) for number, sums in self.all.items()}
        self.chosen = self._choose(recording, order, shown)
        self.children: dict[int | None, list[int]] = {}
        for number in self.all:
            parent = nodes[number].parent
            self.children.setdefault(parent if parent in nodes else None, []).append(number)

    def _choose(self, recording: Recording, order: str, shown: int) -> set[int]:
        """The busiest processes, with those that they come from."""
        chosen: set[int] = set()
        for number, _ in recording.activity.processes.busiest(order, shown):
            line: int | None = number
            while line is not None and line in self.nodes and line not in chosen:
                chosen.add(line)
                line = self.nodes[line].parent
        return chosen

    def lines(self) -> Iterator[Line]:
        """All lines, from the first ones on; a hostile trace may have more levels than Python can call functions."""
        waiting = [iter(self._below(None, 0))]
        while waiting:
            line = next(waiting[-1], None)
            if line is None:
                waiting.pop()
                continue
            yield line
            if line.node:
                waiting.append(iter(self._below(line.node.number, line.depth + 1)))

    def _below(self, parent: int | None, depth: int) -> Iterator[Line]:
        """Those of one parent; None: those that have none."""
        children = sorted(self.children.get(parent, ()), key=lambda number: self.rank[number], reverse=True)
        for number in children:
            if number in self.chosen:
                yield Line(depth, self.own.get(number, Sums()), self.all[number], self.nodes[number])
        rest = [number for number in children if number not in self.chosen]
        if rest:
            yield Line(depth, Sums(), sum((self.all[number] for number in rest), Sums()), hidden=len(rest))
