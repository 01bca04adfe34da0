"""What happened when: counts in steps of time, which get wider as the recording gets longer."""

from __future__ import annotations

import numpy as np

from syscord_read.model.batch import Batch, Bools, Ints

#: Steps at most, and the width of the first ones in ns.
STEPS = 512
_FIRST_WIDTH = 1000

#: At the end there are no more steps than this, and fewer if there are few records: some for each step, on average.
_SHOWN, _FEW, _RECORDS_A_STEP = 256, 32, 4

#: Rows of durations: two an octave, from 1 ns on, the first of which has 0 too.
PER_OCTAVE = 2
ROWS = 63 * PER_OCTAVE


def row_of(durations: Ints) -> Ints:
    """The row of each duration, which must not be negative."""
    mantissas, exponents = np.frexp(np.maximum(durations, 1).astype(np.float64))
    rows: Ints = ((exponents - 1) * PER_OCTAVE + (mantissas >= np.sqrt(0.5))).astype(np.int64)
    return np.minimum(rows, ROWS - 1)


def least_of(row: int) -> float:
    """The least duration of a row, in ns."""
    return float(2 ** (row / PER_OCTAVE))


class Timeline:
    """Counts by time.

    ``begin`` is when the first step begins, in ns since the epoch, and ``width`` is that of a step, in ns.  ``calls``
    has for each step how often each syscall was called, by its number in ``Syscalls``; ``durations`` how many calls
    lasted how long, by rows, as far as that is known.  A call counts when it ended.
    """

    def __init__(self) -> None:
        self.begin = -1
        self.width = _FIRST_WIDTH
        self.used = 0
        self.calls = np.zeros((STEPS, 0), np.int64)
        self.durations = np.zeros((STEPS, ROWS), np.int64)

    def add(self, batch: Batch, wanted: Bools, syscalls: Ints) -> None:
        """Add the rows that are wanted; ``syscalls`` are the numbers of all rows' syscalls."""
        wanted = wanted & (batch.time >= 0)
        times, numbers = batch.time[wanted], syscalls[wanted]
        if not len(times):
            return
        if self.begin < 0:
            self.begin = int(times.min())
        # The clock may have been set back.
        self._begin_at(int(times.min()))
        since = times - self.begin
        while int(since.max()) // self.width >= STEPS:
            self._widen()
        steps = since // self.width
        self.used = max(self.used, int(steps.max()) + 1)
        missing = int(numbers.max()) + 1 - self.calls.shape[1]
        if missing > 0:
            self.calls = np.concatenate([self.calls, np.zeros((STEPS, missing), np.int64)], axis=1)
        np.add.at(self.calls, (steps, numbers), 1)
        timed = batch.duration[wanted] >= 0
        np.add.at(self.durations, (steps[timed], row_of(batch.duration[wanted][timed])), 1)

    def _begin_at(self, least: int) -> None:
        """Put steps before the first one, until this time is in one."""
        while least < self.begin:
            missing = -(-(self.begin - least) // self.width)
            if missing + self.used > STEPS:
                self._widen()
                continue
            self.calls, self.durations = (np.roll(counts, missing, axis=0) for counts in (self.calls, self.durations))
            self.begin -= missing * self.width
            self.used += missing

    def coarsen(self) -> None:
        """Widen the steps until there are few enough to be shown; to be called at the end."""
        wanted = min(_SHOWN, max(_FEW, int(self.calls.sum()) // _RECORDS_A_STEP))
        while self.used > wanted:
            self._widen()

    def _widen(self) -> None:
        """Make two steps one."""
        self.width *= 2
        self.used = -(-self.used // 2)
        self.calls, self.durations = (_halved(counts) for counts in (self.calls, self.durations))


def _halved(counts: Ints) -> Ints:
    half = np.zeros_like(counts)
    half[: STEPS // 2] = counts[0::2] + counts[1::2]
    return half
