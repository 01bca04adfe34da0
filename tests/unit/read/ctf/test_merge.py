"""The streams of all CPUs become one, in the order of time, with no more memory than it takes."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syscord_read.ctf.merge import Merger, TimeRange
from syscord_read.ctf.trace import Trace, open_trace
from syscord_read.model.batch import Batch
from syscord_read.model.losses import Loss
from tests.unit.traces import CLOSE, OFFSET, Counts, Maker


def close(maker: Maker, cpu: int, time: int, tid: int = 7) -> None:
    maker.call(cpu, time, tid, "close", {"fd": 1})


def rows(batches: Iterator[Batch]) -> list[tuple[int, int]]:
    """Time, from the trace's zero, and CPU of each event."""
    found = [pair for batch in batches for pair in zip(batch.time.tolist(), batch.cpu.tolist(), strict=True)]
    return [(time - OFFSET, cpu) for time, cpu in found]


def merged(*traces: Trace, budget: int = 1 << 20) -> list[tuple[int, int]]:
    return rows(Merger(traces, budget=budget).batches())


def losses(trace: Trace) -> list[Loss]:
    return [loss for batch in Merger([trace]).batches() for loss in batch.losses]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(
    streams=st.lists(
        st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=6), max_size=5), min_size=1, max_size=4
    ),
    budget=st.sampled_from([1, 200, 1000, 1 << 20]),
)
def test_events_come_in_the_order_of_time(tmp_path: Path, streams: list[list[list[int]]], budget: int) -> None:
    maker = Maker([CLOSE])
    expected = []
    for cpu, steps in enumerate(streams):
        time = 100
        for packet in steps:
            for step in packet:
                time += step
                close(maker, cpu, time)
                expected.append((time, cpu))
            maker.packet(cpu)
    for old in tmp_path.glob("cpu*"):
        old.unlink()
    trace = open_trace(maker.write(tmp_path))
    assert merged(trace, budget=budget) == sorted(expected)
    assert trace.problems == []


def test_equal_times_of_one_cpu_keep_their_order(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    for tid in range(1, 50):
        close(maker, 0, 100, tid)
        if tid % 7 == 0:
            maker.packet(0)
    batches = list(Merger([open_trace(maker.write(tmp_path))], budget=1).batches())
    assert [tid for batch in batches for tid in batch.tid.tolist()] == list(range(1, 50))


def test_the_state_comes_before_what_is_of_the_same_time(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    close(maker, 0, 5)
    maker.process(-1, 5, 7, 7, comm=b"tool")
    assert merged(open_trace(maker.write(tmp_path))) == [(5, -1), (5, 0)]


def test_several_traces_are_merged_by_the_walls_clock(tmp_path: Path) -> None:
    early, late = Maker([CLOSE]), Maker([CLOSE], offset=OFFSET + 5)
    for time in range(10):
        close(early, 0, time)
        close(late, 0, time)
    traces = [open_trace(late.write(tmp_path / "late"), 0), open_trace(early.write(tmp_path / "early"), 1)]
    batches = list(Merger(traces).batches())
    assert [time - OFFSET for batch in batches for time in batch.time.tolist()] == sorted([*range(10), *range(5, 15)])
    of = [batch.classes[index].trace for batch in batches for index in batch.class_index.tolist()]
    assert of[:5] == [1] * 5 and of[-5:] == [0] * 5


def test_a_batch_is_bounded_however_long_the_trace_is(tmp_path: Path) -> None:
    """A long packet of one CPU that spans many of another's does not make it wait."""
    maker = Maker([CLOSE])
    close(maker, 0, 0)
    close(maker, 0, 50_000)
    for time in range(50_000):
        close(maker, 1, time)
        if time % 100 == 99:
            maker.packet(1)
    trace = open_trace(maker.write(tmp_path))
    sizes = [len(batch) for batch in Merger([trace], budget=1 << 14).batches()]
    assert sum(sizes) == 50_002
    assert max(sizes) < 2000


def test_memory_does_not_grow_with_the_trace(tmp_path: Path) -> None:
    def peak(packets: int) -> int:
        maker = Maker([CLOSE])
        for time in range(packets * 500):
            close(maker, time % 4, time)
            if time % 2000 == 1999:
                for cpu in range(4):
                    maker.packet(cpu)
        trace = open_trace(maker.write(tmp_path / str(packets)))
        del maker
        tracemalloc.start()
        for batch in Merger([trace], budget=1 << 16).batches():
            len(batch)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    assert peak(160) < peak(40) * 1.5


def test_packets_that_begin_long_before_their_first_event_end_too(tmp_path: Path) -> None:
    """Nothing can be earlier than the next packet's beginning; so a beginning that lies takes memory, not for ever."""
    maker = Maker([CLOSE])
    for number in range(60):
        close(maker, 0, 10_000 + number)
        maker.packet(0, begin=5)
    trace = open_trace(maker.write(tmp_path))
    assert len(merged(trace, budget=1)) == 60


# Losses


def test_what_was_dropped_is_told_where_it_was(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    close(maker, 0, 1)
    maker.packet(0)
    maker.counts[0].dropped |= {"ring": 70, "threads": 2}
    close(maker, 0, 10)
    close(maker, 0, 11)
    close(maker, 1, 5)
    (batch,) = Merger([open_trace(maker.write(tmp_path))]).batches()
    assert batch.losses == (
        Loss(2, OFFSET + 10, 70, "ring", 0, since=OFFSET + 1, until=OFFSET + 11),
        Loss(2, OFFSET + 10, 2, "threads", 0, since=OFFSET + 1, until=OFFSET + 11),
    )


def test_packets_that_are_missing_are_told(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    close(maker, 0, 1)
    maker.packet(0)
    maker.counts[0].seq += 3
    maker.counts[0].recorded += 40
    close(maker, 0, 10)
    trace = open_trace(maker.write(tmp_path))
    assert losses(trace) == [Loss(1, OFFSET + 10, 40, "gap", 0, 0, OFFSET + 1, OFFSET + 10, packets=3, seq=1)]


def test_what_was_overwritten_is_not_lost(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    close(maker, 0, 1)
    maker.packet(0)
    maker.counts[0].seq += 3
    maker.counts[0].overwritten = 9
    close(maker, 0, 10)
    assert losses(open_trace(maker.write(tmp_path))) == []


def test_what_was_lost_before_the_oldest_file_is_nobodys_business(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.counts[0] = Counts(seq=5)
    maker.counts[0].dropped["ring"] = 9
    close(maker, 0, 1)
    assert losses(open_trace(maker.write(tmp_path))) == []


# Time ranges


def test_packets_outside_of_the_range_are_not_read(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    for time in range(100):
        close(maker, 0, time)
        maker.packet(0)
    trace = open_trace(maker.write(tmp_path))
    assert len(merged_within(trace, 40, 60)) == 21


def merged_within(trace: Trace, since: int, until: int) -> list[tuple[int, int]]:
    return rows(Merger([trace], time_range=TimeRange(OFFSET + since, OFFSET + until)).batches())


def test_who_the_processes_are_is_read_even_before_the_range(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.process(-1, 1, 7, 7, comm=b"tool")
    maker.packet(-1)
    maker.process(0, 2, 8, 8, comm=b"other")
    maker.packet(0)
    close(maker, 0, 50)
    trace = open_trace(maker.write(tmp_path))
    assert merged_within(trace, 40, 60) == [(1, -1), (2, 0), (50, 0)]


# Following


class Clock:
    """Instead of sleeping, does what comes next; then ends."""

    def __init__(self, *steps: object) -> None:
        self.steps = list(steps)

    def __call__(self, seconds: float) -> None:
        assert seconds < 1
        if not self.steps:
            raise EndOfTestError
        step = self.steps.pop(0)
        if callable(step):
            step()


class EndOfTestError(Exception):
    pass


def follow(trace: Trace, *steps: object) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    with pytest.raises(EndOfTestError):
        for batch in Merger([trace]).follow(Clock(*steps)):
            found += rows(iter([batch]))
    return found


def append(folder: Path, name: str, data: bytes) -> None:
    with (folder / name).open("ab") as file:
        file.write(data)


def test_what_is_written_next_is_read(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    close(maker, 0, 1)
    path = maker.write(tmp_path, finish=False)
    close(maker, 0, 5)
    second = maker.packet(0)
    close(maker, 1, 3)
    third = maker.packet(1)
    found = follow(
        open_trace(path, live=True),
        None,
        lambda: append(path, "cpu0", second[:100]),
        lambda: append(path, "cpu0", second[100:]),
        # Another CPU's packet, of a time before, is written a little later, in a file that was not there.
        lambda: append(path, "cpu1", third),
        None,
        None,
    )
    assert found == [(1, 0), (3, 1), (5, 0)]


def test_rotation_is_followed(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    close(maker, 0, 1)
    path = maker.write(tmp_path, finish=False)
    packets = []
    for time in (2, 3):
        close(maker, 0, time)
        packets.append(maker.packet(0))

    def rotate() -> None:
        (path / "cpu0").rename(path / "cpu0.1")
        append(path, "cpu0", packets[1])

    write = partial(append, path, "cpu0", packets[0])
    found = follow(open_trace(path, live=True), None, write, rotate, None, None, None)
    assert found == [(1, 0), (2, 0), (3, 0)]


def test_a_long_trace_is_caught_up_with(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    generator = random.Random(1)
    time = 0
    for _ in range(2000):
        time += generator.randrange(5)
        cpu = generator.randrange(3)
        close(maker, cpu, time)
        maker.packet(cpu)
    path = maker.write(tmp_path, finish=False)
    found = follow(open_trace(path, live=True), None, None, None)
    assert len(found) == 2000 and found == sorted(found)


def test_following_ends_when_the_last_packet_of_each_cpu_was_read(tmp_path: Path) -> None:
    """Also of a CPU that has nothing until then."""
    maker = Maker([CLOSE], cpus="0-1")
    close(maker, 0, 1)
    path = maker.write(tmp_path, finish=False)
    close(maker, 0, 5)
    end = maker.packet(0), maker.packet(0, flags=1, begin=6, end=6), maker.packet(1, flags=1, begin=7, end=7)
    steps = [
        None,
        lambda: append(path, "cpu0", end[0] + end[1]),
        None,
        None,
        lambda: append(path, "cpu1", end[2]),
    ]
    found: list[tuple[int, int]] = []
    clock = Clock(*steps, None, None)
    for batch in Merger([open_trace(path, live=True)]).follow(clock):
        found += rows(iter([batch]))
        assert not batch.losses
    assert found == [(1, 0), (5, 0)] and len(clock.steps) == 1


def test_an_old_trace_that_has_ended_is_followed_to_its_end(tmp_path: Path) -> None:
    """It does not say which CPUs there are."""
    maker = Maker([CLOSE])
    close(maker, 0, 1)
    close(maker, 1, 2)
    trace = open_trace(maker.write(tmp_path), live=True)
    assert rows(Merger([trace]).follow(Clock(None, None))) == [(1, 0), (2, 1)]


def test_what_rotation_removes_before_it_is_read_is_told_with_its_packets(tmp_path: Path) -> None:
    maker = Maker([CLOSE], cpus="0")
    close(maker, 0, 1)
    path = maker.write(tmp_path, finish=False)
    packets = []
    for time in (2, 3, 4):
        close(maker, 0, time)
        packets.append(maker.packet(0))
    packets.append(maker.packet(0, flags=1, begin=9, end=9))

    def rotate_twice() -> None:
        """The packets of times 2 and 3 are gone when the folder is looked at."""
        (path / "cpu0").unlink()
        append(path, "cpu0", packets[2] + packets[3])

    found: list[Loss] = []
    for batch in Merger([open_trace(path, live=True)]).follow(Clock(None, rotate_twice, None, None, None)):
        found += batch.losses
    assert found == [Loss(0, OFFSET + 4, 2, "gap", 0, 0, OFFSET + 1, OFFSET + 4, packets=2, seq=1)]


def test_a_file_that_rotation_removes_before_it_is_opened_is_told_with_its_packets(tmp_path: Path) -> None:
    """It was seen, so it is known which packets it had: not those that were removed before."""
    maker = Maker([CLOSE], cpus="0")
    maker.counts[0] = Counts(seq=5, recorded=50)
    for time in (1, 2):
        close(maker, 0, time)
        maker.packet(0)
    path = maker.write(tmp_path, finish=False)
    (path / "cpu0").rename(path / "cpu0.1")
    close(maker, 0, 3)
    append(path, "cpu0", maker.packet(0) + maker.packet(0, flags=1, begin=9, end=9))
    trace = open_trace(path, live=True)
    (path / "cpu0.1").unlink()
    found = [loss for batch in Merger([trace]).follow(Clock(None, None, None)) for loss in batch.losses]
    assert found == [Loss(0, OFFSET + 3, 2, "gap", 0, 0, OFFSET + 1, OFFSET + 3, packets=2, seq=5)]
    assert [problem.file for problem in trace.problems] == [str(path / "cpu0.1")]
