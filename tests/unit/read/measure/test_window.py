"""Sums of the last interval that is over, by the recording's own clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from syscord_read.measure.activity import Activity
from syscord_read.measure.window import Window
from syscord_read.model.batch import Batch
from syscord_read.source import open_source
from tests.unit.traces import OFFSET, Maker

SECOND = 1_000_000_000


class Clock:
    """This machine's, in ns."""

    def __init__(self) -> None:
        self.now = 77 * SECOND

    def __call__(self) -> int:
        return self.now


def batch_of(maker: Maker, folder: Path) -> Batch:
    (batch,) = open_source([maker.write(folder)]).batches()
    return batch


def calls(activity: Activity) -> dict[int, int]:
    return {number: sums.calls for number, sums in activity.processes.busiest("calls")}


@pytest.fixture
def window() -> Window:
    return Window(SECOND, Clock())


def add(window: Window, folder: Path, *times: int) -> None:
    """Calls at these times, in ns since the second in which the recording begins."""
    maker = Maker()
    for when in times:
        maker.call(0, when, 7, "read", {"fd": 3, "size": 9}, exit={"data": b""}, ret=1, duration=1000)
    batch = batch_of(maker, folder)
    window.add(batch, batch.is_call)


def test_an_interval_counts_when_it_is_over(window: Window, tmp_path: Path) -> None:
    add(window, tmp_path / "1", 100, 200)
    assert calls(window.last()) == {}
    add(window, tmp_path / "2", 300, SECOND + 100)
    assert calls(window.last()) == {0: 3}
    assert (window.calls, window.now()) == (4, OFFSET + SECOND + 100)


def test_when_nothing_comes_any_more_time_goes_on(window: Window, tmp_path: Path) -> None:
    add(window, tmp_path / "1", 100)
    assert isinstance(window._clock, Clock)
    window._clock.now += SECOND
    assert calls(window.last()) == {0: 1}
    window._clock.now += SECOND
    assert calls(window.last()) == {}


def test_what_was_long_ago_is_only_followed(window: Window, tmp_path: Path) -> None:
    add(window, tmp_path / "1", *range(100, 50 * SECOND, SECOND))
    assert calls(window.last()) == {0: 1} and window.calls == 50
