"""Percentiles of any number of durations: how far from the exact ones they may be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syscord_read.measure.histogram import BUCKETS, Histograms, bucket_of, least_of, middle_of, percentile

LARGEST = (1 << 63) - 1
VALUES = st.one_of(st.integers(0, 300), st.integers(0, LARGEST))


def nearest_rank(values: list[int], share: float) -> int:
    """The exact percentile."""
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


@given(st.lists(VALUES, min_size=1, max_size=200), st.sampled_from([0.0, 0.01, 0.5, 0.9, 0.99, 1.0]))
def test_percentiles_are_within_one_part_in_128(values: list[int], share: float) -> None:
    histograms = Histograms()
    histograms.add(np.zeros(len(values), np.int64), np.array(values))
    exact = nearest_rank(values, share)
    found = histograms.percentile(0, share)
    assert found is not None and abs(found - exact) <= exact / 128


@given(st.integers(0, 127))
def test_short_durations_are_exact(value: int) -> None:
    assert middle_of(bucket_of(np.array([value]))).tolist() == [value]


@given(VALUES)
def test_a_value_is_in_its_bucket(value: int) -> None:
    (bucket,) = bucket_of(np.array([value])).tolist()
    assert 0 <= bucket < BUCKETS
    assert least_of(np.array([bucket]))[0] <= value
    if bucket + 1 < BUCKETS:
        assert value < least_of(np.array([bucket + 1]))[0]


def test_buckets_follow_one_another_without_gaps() -> None:
    edges = np.array([1 << bits for bits in range(63)])
    values = np.unique(np.concatenate([edges - 1, edges, edges + 1]))
    assert (np.diff(bucket_of(values)) >= 0).all()


def test_each_number_has_a_histogram_of_its_own() -> None:
    histograms = Histograms()
    histograms.add(np.array([2, 0, 2]), np.array([10, 20, 30]))
    assert [histograms.percentile(number, 1) for number in range(4)] == [20, None, 30, None]


def test_what_is_added_later_counts_too() -> None:
    histograms = Histograms()
    for values in ([1, 2, 3], [], [100]):
        histograms.add(np.zeros(len(values), np.int64), np.array(values, np.int64))
    assert histograms.counts.sum() == 4
    assert [percentile(histograms.counts[0], share) for share in (0.5, 0.75, 1)] == [2, 3, 100]


def test_the_promised_error_is_below_one_percent() -> None:
    values = np.random.default_rng(1).lognormal(11, 2, 100_000).astype(np.int64)
    histograms = Histograms()
    histograms.add(np.zeros(len(values), np.int64), values)
    for share in (0.5, 0.99, 0.999):
        assert histograms.percentile(0, share) == pytest.approx(nearest_rank(values.tolist(), share), rel=0.008)
