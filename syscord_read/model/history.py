"""Batches as objects, in the order of time: calls, processes where they change, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from syscord_read.model.batch import Batch, MaskedBatch
from syscord_read.model.call import Call, calls_by_row
from syscord_read.model.losses import Loss
from syscord_read.model.processes import Process, Processes


@dataclass(frozen=True)
class Unselected:
    """A call that is not selected.  It is read for what it did to descriptors."""

    call: Call


class History:
    """Reads batches; ``processes`` are those that it has met so far."""

    def __init__(self) -> None:
        self.processes = Processes()

    def events(self, batches: Iterable[Batch]) -> Iterator[Call | Process | Loss]:
        """Calls in the order of their ends, each process when it was described, and losses where they were."""
        for batch in batches:
            for _, event in self._events(batch):
                yield event

    def events_of_masked(self, masked: Iterable[MaskedBatch]) -> Iterator[Call | Process | Unselected | Loss]:
        """The same of batches with masks; calls that the mask leaves out are ``Unselected``."""
        for batch, wanted in masked:
            for row, event in self._events(batch):
                yield Unselected(event) if isinstance(event, Call) and not wanted[row] else event

    def _events(self, batch: Batch) -> Iterator[tuple[int, Call | Process | Loss]]:
        """The events of a batch, with their rows."""
        self.processes.update(batch)
        # What stands before a row, in its order: a process is described in a row of its own, before calls.
        others: list[tuple[int, Process | Loss]] = [
            *((loss.row, loss) for loss in batch.losses),
            *self.processes.changes,
        ]
        others.sort(key=lambda other: (other[0], isinstance(other[1], Process)))
        at = 0
        for row, call in calls_by_row(batch):
            while at < len(others) and others[at][0] <= row:
                yield others[at]
                at += 1
            yield row, call
        yield from others[at:]
