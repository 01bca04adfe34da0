"""Durations counted in buckets, as HdrHistogram does: narrow where they are short, wide where they are long.

A bucket is at most 1/64 of its least value wide, and its middle stands for all that are in it.  So a percentile is at
most 1/128 (0.8 %) away from the value that sorting all durations would give, however many there are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from syscord_read.model.batch import Ints

#: Buckets between a value and its double, and the power of two that they are.
PER_OCTAVE, _SHIFT = 64, 6


def bucket_of(values: Ints) -> Ints:
    """The bucket of each value, which must not be negative.  Up to 127 each value has one of its own."""
    # The exponent of a float is a logarithm for free.  One that rounding made too large gives the same bucket.
    exponents = np.frexp(np.maximum(values, 1).astype(np.float64))[1].astype(np.int64)
    shifts = np.maximum(exponents - _SHIFT - 1, 0)
    buckets: Ints = (shifts << _SHIFT) + (values >> shifts)
    return buckets


def least_of(buckets: Ints) -> Ints:
    """The least value of each bucket."""
    shifts = _shifts(buckets)
    least: Ints = (buckets - (shifts << _SHIFT)) << shifts
    return least


def middle_of(buckets: Ints) -> NDArray[np.float64]:
    """The value that stands for each bucket."""
    middles: NDArray[np.float64] = least_of(buckets) + ((np.int64(1) << _shifts(buckets)) - 1) / 2
    return middles


def _shifts(buckets: Ints) -> Ints:
    shifts: Ints = np.maximum((buckets >> _SHIFT) - 1, 0)
    return shifts


BUCKETS = int(bucket_of(np.array([np.iinfo(np.int64).max]))[0]) + 1


class Histograms:
    """Histograms by number, each of one kind of thing; they are added as numbers are met.  30 kB each."""

    def __init__(self) -> None:
        self.counts = np.zeros((0, BUCKETS), np.int64)

    def add(self, numbers: Ints, values: Ints) -> None:
        """Count values, which must not be negative, each in the histogram of its number."""
        if not len(values):
            return
        missing = int(numbers.max()) + 1 - len(self.counts)
        if missing > 0:
            self.counts = np.concatenate([self.counts, np.zeros((missing, BUCKETS), np.int64)])
        np.add.at(self.counts.reshape(-1), numbers * BUCKETS + bucket_of(values), 1)

    def percentile(self, number: int, share: float) -> float | None:
        """The value that this share (0 to 1) of all is not above; None if there are no values."""
        return percentile(self.counts[number], share) if number < len(self.counts) else None


def percentile(counts: Ints, share: float) -> float | None:
    """The value that this share (0 to 1) of a histogram is not above: its nearest rank.  None if it is empty."""
    sums = np.cumsum(counts)
    if not sums[-1]:
        return None
    rank = max(int(np.ceil(share * sums[-1])), 1)
    return float(middle_of(np.array([np.searchsorted(sums, rank)]))[0])
