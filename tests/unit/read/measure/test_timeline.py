"""Counts by time: steps that get wider, rows of durations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from syscord_read.measure import timeline
from syscord_read.measure.recording import Recording
from syscord_read.measure.timeline import STEPS, Timeline, least_of, row_of
from syscord_read.source import open_source
from tests.unit.traces import OFFSET, Maker


def add(times: Timeline, folder: Path, *at: int, duration: int = 1) -> None:
    maker = Maker()
    for when in at:
        maker.call(0, when, 7, "close", {"fd": 1}, duration=duration)
    recording = Recording()
    for batch in open_source([maker.write(folder)]).batches():
        times.add(batch, batch.is_call, recording.add(batch, batch.is_call))


def test_steps_get_wider_and_nothing_is_lost(tmp_path: Path) -> None:
    times = Timeline()
    for number, last in enumerate((10**3, 10**6, 10**9, 10**11)):
        add(times, tmp_path / str(number), *range(0, last, last // 100))
    assert times.calls.sum() == times.durations.sum() == 400
    assert (times.width // 1000).bit_count() == 1 and times.width % 1000 == 0
    assert STEPS // 2 < times.used <= STEPS and (times.used - 1) * times.width <= 99 * 10**9 < times.used * times.width


def test_a_call_counts_in_the_step_in_which_it_ended(tmp_path: Path) -> None:
    times = Timeline()
    add(times, tmp_path / "1", 0, 999, 1000, 2500)
    assert (times.begin, times.width) == (OFFSET, 1000)
    assert times.calls[:4, 0].tolist() == [2, 1, 1, 0] and times.used == 3


def test_few_records_get_few_steps(tmp_path: Path) -> None:
    times = Timeline()
    add(times, tmp_path / "1", 0, 10**6)
    times.coarsen()
    assert times.used <= 32 and times.calls.sum() == 2


def test_what_is_earlier_than_what_came_first_counts_in_its_own_step(tmp_path: Path) -> None:
    times = Timeline()
    add(times, tmp_path / "1", 5000)
    add(times, tmp_path / "2", 100)
    assert times.begin == OFFSET and times.calls[:6, 0].tolist() == [1, 0, 0, 0, 0, 1]


def test_calls_that_never_return_have_no_duration(tmp_path: Path) -> None:
    maker = Maker()
    maker.call(0, 10, 7, "exit", {"status": 0})
    source = open_source([maker.write(tmp_path / "trace")])
    times, recording = Timeline(), Recording()
    for batch in source.batches():
        times.add(batch, batch.is_call, recording.add(batch, batch.is_call))
    assert times.calls.sum() == 1 and times.durations.sum() == 0


@given(st.integers(1, (1 << 62) - 1))
def test_a_duration_is_in_its_row(duration: int) -> None:
    (row,) = row_of(np.array([duration])).tolist()
    assert 0 <= row < timeline.ROWS
    # What is within a rounding error of the edge may be on either side.
    assert least_of(row) <= duration * (1 + 1e-9) and (
        duration < least_of(row + 1) * (1 + 1e-9) or row == timeline.ROWS - 1
    )


def test_no_duration_is_in_the_first_row() -> None:
    assert row_of(np.array([0, 1])).tolist() == [0, 0]


def test_what_is_before_the_first_step_gets_steps_of_its_own() -> None:
    """As the recorded machine's clock was set back."""
    timeline = Timeline()
    timeline.begin, timeline.used = 10_000, 3
    timeline.calls = np.zeros((STEPS, 1), np.int64)
    timeline.calls[:3, 0] = 1, 2, 3
    timeline._begin_at(7_500)
    assert timeline.begin <= 7_500
    found = {timeline.begin + step * timeline.width: count for step, (count,) in enumerate(timeline.calls.tolist())}
    assert {begin: count for begin, count in found.items() if count} == {10_000: 1, 11_000: 2, 12_000: 3}
    timeline._begin_at(-10_000_000)
    assert timeline.begin <= -10_000_000
    assert timeline.calls.sum() == 6 and timeline.used <= STEPS
