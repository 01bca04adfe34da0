"""What the time of day was at each time of a trace's clock, of which only some is known."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from syscord_read.model.clock import ANCHORS_KEPT, ANCHORS_MAX, Clock, Jump

ANCHORS = st.lists(st.tuples(st.integers(0, 100), st.integers(-50, 50)), max_size=12, unique_by=lambda each: each[0])


def clock_of(anchors: list[tuple[int, int]], start: int = 7) -> Clock:
    clock = Clock(start)
    for at, offset in anchors:
        clock.add(at, at + offset)
    return clock


def plain(anchors: list[tuple[int, int]], time: int) -> int:
    before = [offset for at, offset in sorted(anchors) if at <= time]
    return time + (before[-1] if before else min(anchors)[1] if anchors else 7)


@given(anchors=ANCHORS, times=st.lists(st.integers(0, 120), max_size=20))
def test_the_last_anchor_holds_until_the_next_one_in_whatever_order_they_come(
    anchors: list[tuple[int, int]], times: list[int]
) -> None:
    clock = clock_of(anchors)
    expected = [plain(anchors, time) for time in times]
    assert [clock.real(time) for time in times] == expected
    assert clock.reals(np.array(times, np.int64)).tolist() == expected


@given(anchors=ANCHORS)
def test_the_order_never_goes_back_and_is_the_time_of_day_where_that_does_not(anchors: list[tuple[int, int]]) -> None:
    clock = clock_of(anchors)
    times = list(range(min((at for at, _ in anchors), default=0), 130))
    reals = [plain(anchors, time) for time in times]
    expected = [max(reals[: number + 1]) for number in range(len(reals))]
    assert [clock.order(time) for time in times] == expected
    assert clock.orders(np.array(times, np.int64)).tolist() == expected


@given(anchors=ANCHORS, begin=st.integers(0, 100), length=st.integers(0, 20))
def test_bounds_hold_all_times_of_day(anchors: list[tuple[int, int]], begin: int, length: int) -> None:
    least, most = clock_of(anchors).bounds(begin, begin + length)
    assert all(least <= plain(anchors, time) <= most for time in range(begin, begin + length + 1))


def test_jumps_are_where_the_offset_changes() -> None:
    clock = clock_of([(10, 5), (20, 5), (30, 65), (40, 65), (50, -5)])
    assert list(clock.jumps()) == [Jump(95, 60), Jump(45, -70)]


def test_many_anchors_take_no_memory_and_keep_all_jumps() -> None:
    clock = Clock(0)
    for at in range(5 * ANCHORS_MAX):
        clock.add(at, at + (100 if at < 3000 else 40))
    assert len(clock._at) <= ANCHORS_MAX
    assert list(clock.jumps()) == [Jump(3040, -60)]
    assert (clock.real(2999), clock.real(3000), clock.order(3000)) == (3099, 3040, 3099)
    assert ANCHORS_KEPT < ANCHORS_MAX
