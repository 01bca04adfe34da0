"""The single calls that took longest."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from syscord_read.model.batch import Batch, Bools, Ints
from syscord_read.model.call import Call, calls_of
from syscord_read.model.processes import Identities, Process

#: Calls that are kept, if nothing is said, and at most.
KEEP, KEEP_MOST = 100, 10_000


@dataclass(frozen=True)
class LongCall:
    """A call whose duration is known, and what its process was called then, as far as that is known."""

    call: Call
    comm: bytes

    @property
    def began(self) -> int:
        """In ns since the epoch; -1 if that is not known."""
        return -1 if self.call.time is None else self.call.time - self.duration

    @property
    def duration(self) -> int:
        """In ns."""
        return self.call.duration or 0


@dataclass
class Slowest:
    """The longest calls of the batches that were added, ``keep`` at most, the longest first; ``count``: of how many."""

    keep: int = KEEP
    count: int = 0
    calls: list[LongCall] = field(default_factory=list)

    def add(self, batch: Batch, wanted: Bools, identities: Identities, known: list[Process]) -> None:
        """Add the rows that are wanted.  ``identities`` are all rows', indices into ``known``."""
        wanted = wanted & (batch.duration >= 0)
        self.count += int(wanted.sum())
        rows = self._longest(batch.duration, wanted)
        if not len(rows):
            return
        chosen = np.zeros(len(batch), np.bool_)
        chosen[rows] = True
        names = [known[number].comm if number >= 0 else b"" for number in identities[chosen].tolist()]
        self.calls += map(LongCall, calls_of(batch.select(chosen)), names)
        self.calls = sorted(self.calls, key=lambda each: -each.duration)[: self.keep]

    def _longest(self, durations: Ints, wanted: Bools) -> Ints:
        """The rows that may be among the longest."""
        if len(self.calls) == self.keep:
            wanted = wanted & (durations > self.calls[-1].duration)
        rows: Ints = wanted.nonzero()[0]
        if len(rows) > self.keep:
            # Of equals, the earlier ones.
            rows = rows[np.argsort(-durations[rows], kind="stable")[: self.keep]]
        return rows
