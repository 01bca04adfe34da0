"""Who did how much, and with what."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from syscord_read.measure.tally import Tally
from syscord_read.model.batch import Batch, Bools, Ints
from syscord_read.model.columns import distinct
from syscord_read.model.resources import MOVING, READING, WRITING, Uses, is_socket


@dataclass
class Activity:
    """Sums by process (its number in a ``Family``), by file, and by peer, under the names that ``Uses`` has.

    A call that is about two files counts for both of them.
    """

    processes: Tally[int] = field(default_factory=Tally)
    files: Tally[bytes] = field(default_factory=Tally)
    peers: Tally[bytes] = field(default_factory=Tally)

    def add_processes(self, batch: Batch, wanted: Bools, processes: Ints, waited: Ints) -> None:
        """Add the rows that are wanted; ``processes`` and ``waited`` (in ns) are of all rows."""
        keys, which = distinct(processes[wanted])
        moved = {"read": _moved(batch, READING)[wanted], "written": _moved(batch, WRITING)[wanted]}
        self.processes.add(keys, which, **_measures(batch, wanted.nonzero()[0], waited), **moved)

    def add_uses(self, batch: Batch, wanted: Bools, uses: Uses, waited: Ints) -> None:
        """Add the rows that are wanted; ``uses`` and ``waited`` are all rows'."""
        uses = uses.select(wanted)
        used = np.bincount(uses.which, minlength=len(uses.names)) > 0
        sockets = np.array([is_socket(name) for name in uses.names], np.bool_)
        for tally, chosen in ((self.files, used & ~sockets), (self.peers, used & sockets)):
            here = chosen[uses.which]
            which = (np.cumsum(chosen) - 1)[uses.which[here]]
            names = [name for name, is_chosen in zip(uses.names, chosen.tolist(), strict=True) if is_chosen]
            moved = {"read": uses.read[here], "written": uses.written[here]}
            tally.add(names, which, **_measures(batch, uses.rows[here], waited), **moved)


def _moved(batch: Batch, names: frozenset[str]) -> Ints:
    """For each row the bytes that it moved, if it is a call of one of these names, or one that moves them both ways."""
    moving = batch.of_class(lambda event_class: event_class.name in names or event_class.name in MOVING)
    return np.where(moving & (batch.ret > 0), batch.ret, 0)


def _measures(batch: Batch, rows: Ints, waited: Ints) -> dict[str, Ints]:
    durations = batch.duration[rows]
    return {
        "calls": np.ones(len(rows), np.int64),
        "errors": batch.failed[rows].astype(np.int64),
        "timed": (durations >= 0).astype(np.int64),
        "time": np.maximum(durations, 0),
        "waited": waited[rows],
    }
