"""Times are those of the day, also where the recorded machine's clock was set, or the machine slept."""

from __future__ import annotations

from pathlib import Path

import pytest

from syscord_read.check.verify import verify
from syscord_read.ctf.merge import Merger
from syscord_read.ctf.trace import open_trace
from syscord_read.model.call import calls_of
from syscord_read.model.selection import Selection
from syscord_read.model.times import parse_when
from syscord_read.source import open_source
from tests.unit.traces import CLOSE, OFFSET, Maker

HOUR = 3600 * 10**9
S, MS = 10**9, 10**6


def close(maker: Maker, cpu: int, time: int, fd: int) -> None:
    maker.call(cpu, time, 7, "close", {"fd": fd})


def packet(maker: Maker, cpu: int, offset: int, *times: int) -> None:
    """A packet that begins with an anchor; the descriptors of its calls are their times, in ms if they are long."""
    maker.anchor(cpu, times[0], OFFSET + times[0] + offset)
    for time in times:
        close(maker, cpu, time, time if time < MS else time // MS)
    maker.packet(cpu)


def found(path: Path, *more: Path, budget: int = 1 << 20) -> list[tuple[int, int]]:
    """What each call closed, and when it ended by the time of day, less OFFSET."""
    traces = [open_trace(each, number) for number, each in enumerate((path, *more))]
    events = [call for batch in Merger(traces, budget=budget).batches() for call in calls_of(batch)]
    return [(int(str(call.entry["fd"])), (call.time or 0) - OFFSET) for call in events]


@pytest.mark.parametrize("budget", [1, 1 << 20])
@pytest.mark.parametrize("by", [HOUR, -HOUR, -5])
def test_a_step_shows_from_the_next_anchor_on_of_any_cpu(tmp_path: Path, by: int, budget: int) -> None:
    maker = Maker([CLOSE])
    packet(maker, 0, 0, 100, 110, 130)
    packet(maker, 1, 0, 105, 115, 125, 145)
    packet(maker, 0, by, 140, 150)
    packet(maker, 1, by, 160)
    times = [100, 105, 110, 115, 125, 130]
    later = [140, 145, 150, 160]
    expected = [*((time, time) for time in times), *((time, time + by) for time in later)]
    assert found(maker.write(tmp_path), budget=budget) == expected


@pytest.mark.parametrize("by", [HOUR, -HOUR])
def test_an_anchor_in_the_midst_of_a_packet_holds_from_there_on(tmp_path: Path, by: int) -> None:
    maker = Maker([CLOSE])
    maker.anchor(0, 10, OFFSET + 10)
    close(maker, 0, 11, 11)
    maker.anchor(0, 20, OFFSET + 20 + by)
    close(maker, 0, 21, 21)
    maker.packet(0)
    packet(maker, 1, 0, 12, 19, 22)
    expected = [(11, 11), (12, 12), (19, 19), (21, 21 + by), (22, 22 + by)]
    assert found(maker.write(tmp_path)) == expected


def test_a_trace_that_began_before_the_clock_was_right_goes_by_its_anchors(tmp_path: Path) -> None:
    maker = Maker([CLOSE], offset=0)
    packet(maker, 0, 0, 5, 6)
    assert found(maker.write(tmp_path)) == [(5, 5), (6, 6)]


def stepping(path: Path, by: int) -> Path:
    """A second in each packet; after the fifth the clock is set."""
    maker = Maker([CLOSE])
    for number in range(10):
        packet(maker, 0, by if number >= 5 else 0, number * S, number * S + S // 2)
    return maker.write(path)


def selected(path: Path, since: str | None, until: str | None) -> list[float]:
    source = open_source([path])
    selection = Selection(since=parse_when(since) if since else None, until=parse_when(until) if until else None)
    events = [call for batch in source.batches(selection) for call in calls_of(batch)]
    return [int(str(call.entry["fd"])) / 1000 for call in events]


def test_ranges_of_time_are_of_the_time_of_day(tmp_path: Path) -> None:
    forward, back = stepping(tmp_path / "forward", HOUR), stepping(tmp_path / "back", -3 * S)
    assert selected(forward, "+3605s", None) == [each / 2 for each in range(10, 20)]
    assert selected(forward, "+4s", "+100s") == [4.0, 4.5]
    assert selected(forward, "-1s", None) == [8.5, 9.0, 9.5]
    # Two to three seconds after the beginning it was twice.
    assert selected(back, "+2s", "+2.9s") == [2.0, 2.5, 5.0, 5.5]
    assert selected(back, None, "+2.1s") == [0.0, 0.5, 1.0, 1.5, 2.0, 5.0]


def test_traces_are_merged_by_the_time_of_day_and_each_stays_in_order(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    packet(maker, 0, 0, 100, 200)
    packet(maker, 0, -150, 300, 320)
    packet(maker, 0, 1000, 330)
    other = Maker([CLOSE], hostname="other")
    packet(other, 0, 0, 101, 199, 201, 305, 1331)
    expected = [100, 101, 199, 200, 201, 300, 320, 305, 330, 1331]
    paths = maker.write(tmp_path / "one"), other.write(tmp_path / "other")
    for budget in (1, 1 << 20):
        assert [fd for fd, _ in found(*paths, budget=budget)] == expected


def test_verify_says_when_the_clock_was_set_and_the_trace_is_whole(tmp_path: Path) -> None:
    (report,) = verify(open_source([stepping(tmp_path, -3 * S)]))
    assert report.is_whole
    assert [note.partition(" at ")[0] for note in report.notes] == ["the clock was 3.000000000 s set back"]
    assert (report.records, report.others) == (20, 10)


def test_an_anchor_that_cannot_be_is_told_and_left_out(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.anchor(0, 10, 1 << 63)
    close(maker, 0, 11, 11)
    trace = open_trace(maker.write(tmp_path))
    (batch,) = Merger([trace]).batches()
    assert (batch.time - OFFSET).tolist() == [10, 11]
    what = f"an anchor of this packet says that it was {1 << 63} ns at 10"
    assert [problem.what for problem in trace.problems] == [what]
