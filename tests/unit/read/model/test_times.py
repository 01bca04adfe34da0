"""Times: what is printed and what is given follow one rule, also where the clocks change."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from syscord_read.errors import UsageError
from syscord_read.model.selection import Selection
from syscord_read.model.times import Origin, When, parse_duration, parse_when, timestamp, use_utc
from syscord_read.source import open_source
from tests.unit.traces import OFFSET, Maker

SECOND = 1_000_000_000
pytestmark = pytest.mark.usefixtures("berlin")


def ns(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp()) * SECOND


# Durations


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("5ns", 5),
        ("250us", 250_000),
        ("10ms", 10_000_000),
        ("1.5s", 1_500_000_000),
        ("2", 2 * SECOND),
        ("1h", 3600 * SECOND),
    ],
)
def test_durations_have_units(text: str, duration: int) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "ms", "5x", "-1s", "1s2", "nan"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no duration"):
        parse_duration(text)


# Printed


def test_a_time_is_local_with_the_offset_that_held_then() -> None:
    assert timestamp(ns("2026-01-01T12:00:00+00:00") + 68_534_999) == "2026-01-01T13:00:00.068534+01:00"
    assert timestamp(ns("2026-07-01T12:00:00+00:00"), "seconds") == "2026-07-01T14:00:00+02:00"


def test_the_hour_that_comes_twice_is_told_by_its_offset() -> None:
    first = ns("2026-10-25T00:30:00+00:00")
    assert timestamp(first, "seconds") == "2026-10-25T02:30:00+02:00"
    assert timestamp(first + 3600 * SECOND, "seconds") == "2026-10-25T02:30:00+01:00"


def test_utc_is_the_zone_of_all_that_is_printed_and_given() -> None:
    use_utc()
    assert timestamp(0, "milliseconds") == "1970-01-01T00:00:00.000+00:00"
    assert parse_when("1970-01-01T00:00:01") == When(SECOND)


def test_a_time_that_no_calendar_has_is_a_number() -> None:
    assert timestamp(1 << 70) == f"{1 << 70} ns after 1970"


@pytest.mark.parametrize(
    "moment", ["2026-10-25T00:30:00+00:00", "2026-10-25T01:30:00+00:00", "2026-03-29T01:00:00+00:00"]
)
def test_what_is_printed_can_be_given(moment: str) -> None:
    assert parse_when(timestamp(ns(moment) + 123_456_000)) == When(ns(moment) + 123_456_000)


# Given


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("+10s", When(10 * SECOND, Origin.BEGIN)),
        ("-5s", When(-5 * SECOND, Origin.END)),
        ("14:05", When((14 * 60 + 5) * 60 * SECOND, Origin.DAY)),
        ("14:05:01.5", When(((14 * 60 + 5) * 60 + 1) * SECOND + SECOND // 2, Origin.DAY)),
        ("2026-11-23T14:05:00Z", When(1_795_442_700 * SECOND)),
        ("2026-11-23T14:05:00.000001+00:00", When(1_795_442_700 * SECOND + 1000)),
        ("2026-11-23T14:05:00", When(1_795_439_100 * SECOND)),
        ("2026-07-01 14:05", When(ns("2026-07-01T12:05:00+00:00"))),
        ("2026-07-01", When(ns("2026-06-30T22:00:00+00:00"))),
        ("1795442700", When(1_795_442_700 * SECOND)),
        ("1795442700.000000001", When(1_795_442_700 * SECOND + 1)),
        ("@0.5", When(SECOND // 2)),
        ("1795442700500000001", When(1_795_442_700_500_000_001)),
    ],
)
def test_times_are_absolute_relative_or_of_the_day(text: str, when: When) -> None:
    assert parse_when(text) == when


@pytest.mark.parametrize("text", ["", "yesterday", "+", "-", "25:00", "14:05Z", "2026-13-01", "99999-01-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_when(text)


def test_a_number_that_may_be_a_day_is_asked_about() -> None:
    with pytest.raises(UsageError, match="write 2026-11-23, or @20261123 for seconds"):
        parse_when("20261123")


def test_a_time_of_the_day_is_of_the_first_day() -> None:
    begin = 1_795_442_700 * SECOND
    assert parse_when("15:06:00").resolve(begin, 0) == begin + 60 * SECOND
    assert parse_when("+1ms").resolve(begin, 0) == begin + 1_000_000
    assert parse_when("-1ms").resolve(begin, begin + SECOND) == begin + SECOND - 1_000_000


@pytest.mark.parametrize(
    ("begin", "wanted"),
    [
        ("2026-03-29T00:30:00+01:00", "2026-03-29T14:05:00+02:00"),
        ("2026-10-25T00:30:00+02:00", "2026-10-25T14:05:00+01:00"),
    ],
)
def test_a_time_of_the_day_is_right_where_the_clocks_change(begin: str, wanted: str) -> None:
    assert parse_when("14:05").resolve(ns(begin), 0) == ns(wanted)


def test_the_end_is_that_of_all_that_is_recorded(tmp_path: Path) -> None:
    maker = Maker()
    for cpu, at in ((0, 1), (1, 2), (0, 3), (1, 6), (0, 9)):
        maker.call(cpu, at * SECOND, 7, "close", {"fd": 3})
        maker.packet(cpu)
    source = open_source([maker.write(tmp_path / "trace")])
    assert source.end == OFFSET + 9 * SECOND
    since = Selection(since=parse_when("-3s"))
    times = [time for batch in source.batches(since) for time in (batch.time - OFFSET) // SECOND]
    assert times == [6, 9] and source.problems == []
