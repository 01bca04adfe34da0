"""What was done lately: sums of the last whole interval, by the recording's own clock.

That clock need not agree with this machine's, as the recording may be of another one, or be replayed from its
beginning.  So it is now when the last record was, plus the time that has passed here since that came.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from syscord_read.measure.activity import Activity
from syscord_read.measure.process_tree import ProcessTree
from syscord_read.measure.waiting import waited, waits
from syscord_read.model.batch import Batch, Bools
from syscord_read.model.resources import Resources


class Window:
    """Fed by one thread, looked at by another.  ``width`` is in ns."""

    def __init__(self, width: int, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self.width = width
        self.process_tree = ProcessTree()
        self.resources = Resources()
        self.calls = 0
        self.lost = 0
        self._clock = clock
        self._lock = threading.Lock()
        self._intervals: dict[int, Activity] = {}
        self._latest = self._came = clock()

    def add(self, batch: Batch, wanted: Bools) -> None:
        """Add the rows that are wanted, which are syscalls."""
        processes, uses = self.process_tree.update(batch), self.resources.uses(batch)
        spent = waited(batch, waits(batch, uses))
        with self._lock:
            self.lost += sum(max(loss.count, 0) for loss in batch.losses)
            self.calls += int(wanted.sum())
            if not len(batch):
                return
            self._came = self._clock()
            # Records without a time are of now.
            times = np.where(batch.time >= 0, batch.time, self._came)
            # Where the clock was set back, what is last is not what is latest.
            self._latest = int(times[-1])
            intervals = times // self.width
            last = self._latest // self.width
            self._intervals = {number: kept for number, kept in self._intervals.items() if last - 1 <= number <= last}
            for number in (last - 1, last):
                rows = wanted & (intervals == number)
                if rows.any():
                    activity = self._intervals.setdefault(number, Activity())
                    activity.add_processes(batch, rows, processes, spent)
                    activity.add_uses(batch, rows, uses, spent)

    def now(self) -> int:
        """The time of the recording, in ns since the epoch, or on this machine's clock if the records have no times."""
        with self._lock:
            return self._now()

    def _now(self) -> int:
        return self._latest + self._clock() - self._came

    def last(self) -> Activity:
        """What was done in the last interval that is over; it does not change any more."""
        with self._lock:
            return self._intervals.get(self._now() // self.width - 1) or Activity()
