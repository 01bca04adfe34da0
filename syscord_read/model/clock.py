"""A trace's clock against the time of day: what to add to its times, and where that changes.

Times in a trace are CLOCK_MONOTONIC's, which is never set and stands still in suspend.  Anchors say what the time of
day was at some of them.  Between two anchors that disagree, the clock was set, or the machine slept; when exactly,
nobody knows.  So the earlier one holds until the later one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from syscord_read.model.batch import Ints

#: More anchors than this are thinned out: those that say what the one before them says go.  The last ones stay, as
#: others may come that belong between them.
ANCHORS_MAX, ANCHORS_KEPT = 4096, 2048

#: No time of day is earlier.
_NEVER = -(1 << 62)


@dataclass(frozen=True)
class Jump:
    """The time of day went on by ``by`` ns at once, back if it is negative; then it was ``real``, in ns since 1970."""

    real: int
    by: int

    def __str__(self) -> str:
        seconds, rest = divmod(abs(self.by), 1_000_000_000)
        return f"{seconds}.{rest:09d} s {'put forward, or the machine slept,' if self.by > 0 else 'set back'}"


@dataclass
class Clock:
    """What one trace's times are by the time of day.  ``start`` is what to add as long as no anchor is known."""

    start: int
    goes_back: bool = False
    _at: list[int] = field(default_factory=list)
    _offsets: list[int] = field(default_factory=list)
    _peaks: list[int] = field(default_factory=list)  # the latest time of day before each anchor
    _most: int = ANCHORS_MAX

    def add(self, at: int, real: int) -> None:
        """An anchor: at that time on the trace's clock it was ``real``, in ns since 1970."""
        place = bisect_right(self._at, at)
        if place and self._at[place - 1] == at:
            return
        self._at.insert(place, at)
        self._offsets.insert(place, real - at)
        self._peaks.insert(place, _NEVER)
        for number in range(place, len(self._at)):
            self._note_peak(number)
        if len(self._at) > self._most:
            self._thin_out()

    def _note_peak(self, number: int) -> None:
        if not number:
            self._peaks[number] = _NEVER
            return
        last = self._at[number] - 1 + self._offsets[number - 1]
        self._peaks[number] = max(self._peaks[number - 1], last)
        self.goes_back |= self._offsets[number] < self._offsets[number - 1]

    def _thin_out(self) -> None:
        cut = len(self._at) - ANCHORS_KEPT
        kept = [0, *(n for n in range(1, cut) if self._offsets[n] != self._offsets[n - 1]), *range(cut, len(self._at))]
        for values in (self._at, self._offsets, self._peaks):
            values[:] = [values[number] for number in kept]
        self._most = max(ANCHORS_MAX, 2 * len(kept))

    def _place(self, time: int) -> int:
        """The anchor that holds at a time.  What is before the first one goes by that."""
        return max(bisect_right(self._at, time) - 1, 0)

    def real(self, time: int) -> int:
        """The time of day at a time on the trace's clock, in ns since 1970."""
        return time + (self._offsets[self._place(time)] if self._at else self.start)

    def reals(self, times: Ints) -> Ints:
        """The same of many times, in any order."""
        if not self._at or not len(times):
            return times + self.start
        first, last = self._place(int(times.min())), self._place(int(times.max()))
        offsets = self._offsets[first : last + 1]
        if offsets.count(offsets[0]) == len(offsets):
            return times + offsets[0]
        which = np.searchsorted(np.array(self._at[first + 1 : last + 1]), times, "right")
        found: Ints = times + np.array(offsets, np.int64)[which]
        return found

    def order(self, time: int) -> int:
        """The time of day by which events of several traces are put in order: it stands still where that goes back.

        So the events of one trace stay in the order of its own clock.
        """
        return max(self.real(time), self._peaks[self._place(time)]) if self._at else self.real(time)

    def orders(self, times: Ints) -> Ints:
        """The same of many times."""
        reals = self.reals(times)
        if not self.goes_back or not len(times):
            return reals
        first, last = self._place(int(times.min())), self._place(int(times.max()))
        which = np.searchsorted(np.array(self._at[first + 1 : last + 1], np.int64), times, "right")
        found: Ints = np.maximum(reals, np.array(self._peaks[first : last + 1], np.int64)[which])
        return found

    def bounds(self, begin: int, end: int) -> tuple[int, int]:
        """Between which times of day all times from ``begin`` to ``end`` are, as far as is known.

        The anchor behind ``end`` may say what was so before it already.
        """
        if not self._at:
            return begin + self.start, end + self.start
        offsets = self._offsets[self._place(begin) : self._place(end) + 2]
        return begin + min(offsets), end + max(offsets)

    def jumps(self) -> Iterator[Jump]:
        """Where the time of day did not go on as the trace's clock did."""
        for number in range(1, len(self._at)):
            by = self._offsets[number] - self._offsets[number - 1]
            if by:
                yield Jump(self._at[number] + self._offsets[number], by)
