"""Sums by key, of more keys than are kept: the busiest stay, and nothing is lost from the total."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from syscord_read.measure.tally import MEASURES, Sums, Tally


def add(tally: Tally[str], *rows: tuple[str, int, int]) -> None:
    """Rows of a key, calls and bytes read."""
    keys = sorted({key for key, _, _ in rows})
    which = np.array([keys.index(key) for key, _, _ in rows])
    calls, read = (np.array([row[place] for row in rows]) for place in (1, 2))
    tally.add(keys, which, calls=calls, read=read)


def test_rows_of_a_key_are_summed_up() -> None:
    tally: Tally[str] = Tally()
    add(tally, ("a", 1, 10), ("b", 2, 20), ("a", 3, 30))
    add(tally, ("b", 4, 40))
    assert tally["a"] == Sums(calls=4, read=40) and tally["b"] == Sums(calls=6, read=60)
    assert tally["c"] == Sums()


def test_the_busiest_come_first_by_any_measure() -> None:
    tally: Tally[str] = Tally()
    add(tally, ("a", 5, 1), ("b", 1, 9), ("c", 3, 9))
    assert [key for key, _ in tally.busiest("calls")] == ["a", "c", "b"]
    assert [key for key, _ in tally.busiest("read", 2)] == ["c", "b"]


def test_keys_that_are_busy_by_one_measure_are_never_let_go() -> None:
    tally: Tally[str] = Tally(keep=60)
    for number in range(1000):
        add(tally, (f"rare {number}", 1, 0), ("often", 100, 0), ("large", 1, 1000))
    assert len(tally) <= 120
    assert tally["often"] == Sums(calls=100_000) and tally["large"] == Sums(calls=1000, read=1_000_000)
    assert len(tally) + tally.dropped >= 1002


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5)), max_size=200), st.integers(len(MEASURES), 30))
def test_what_was_let_go_is_in_the_rest(rows: list[tuple[int, int]], keep: int) -> None:
    tally: Tally[str] = Tally(keep)
    for key, calls in rows:
        add(tally, (str(key), calls, 0))
    kept = sum(sums.calls for _, sums in tally.busiest("calls"))
    assert kept + tally.rest.calls == sum(calls for _, calls in rows)
    assert len(tally) <= 2 * keep


def test_no_rows_are_no_problem() -> None:
    tally: Tally[str] = Tally()
    tally.add([], np.zeros(0, np.int64), calls=np.zeros(0, np.int64))
    assert len(tally) == 0 and tally.busiest("calls") == []


def test_sums_are_added_up() -> None:
    assert Sums(1, 2, 3, 4, 5, 6) + Sums(calls=10, written=1) == Sums(11, 2, 3, 4, 5, 7)
