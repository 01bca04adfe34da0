"""Batches as objects, in the order of time: calls, and processes where they change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from syscord_read.model.batch import Batch, MaskedBatch
from syscord_read.model.call import Call, calls_by_row
from syscord_read.model.processes import Process, Processes


@dataclass(frozen=True)
class Unselected:
    """A call that is not selected.  It is read for what it did to descriptors."""

    call: Call


class History:
    """Reads batches; ``processes`` are those that it has met so far."""

    def __init__(self) -> None:
        self.processes = Processes()

    def events(self, batches: Iterable[Batch]) -> Iterator[Call | Process]:
        """Calls in the order of their ends, and each process when it was described."""
        for batch in batches:
            for _, event in self._events(batch):
                yield event

    def events_of_masked(self, masked: Iterable[MaskedBatch]) -> Iterator[Call | Process | Unselected]:
        """The same of batches with masks; calls that the mask leaves out are ``Unselected``."""
        for batch, wanted in masked:
            for row, event in self._events(batch):
                yield Unselected(event) if isinstance(event, Call) and not wanted[row] else event

    def _events(self, batch: Batch) -> Iterator[tuple[int, Call | Process]]:
        """The events of a batch, with their rows."""
        self.processes.update(batch)
        changes = self.processes.changes
        at = 0
        for row, call in calls_by_row(batch):
            while at < len(changes) and changes[at][0] < row:
                yield changes[at]
                at += 1
            yield row, call
        yield from changes[at:]
