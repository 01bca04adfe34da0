"""Whatever becomes of packets: what is there and what is missing make what there was, to the unit."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syscord_read.ctf.merge import Merger
from syscord_read.ctf.trace import open_trace
from syscord_read.model.losses import DROPPED
from tests.unit.traces import CLOSE, Counts, Maker

HEADER = 160

#: What can befall a packet: nothing, or its bytes are gone, or its header or its events are no longer what they were.
FATES = ("kept", "kept", "removed", "headless", "emptied")

#: Of each packet: its records, how many were dropped before it, and what befell it.
PACKETS = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3), st.sampled_from(FATES)), max_size=6)


def write(folder: Path, cpus: list[list[tuple[int, int, str]]]) -> Counter[str]:
    """Write a trace that has ended.  Returns how many records are there, dropped, and missing."""
    # Where files are rotated, the first packets may be missing as wished.
    maker = Maker([CLOSE], cpus="0-1", more_env={"param_rotate_mb": "0", "param_rotate_s": "0"})
    counted = Counter[str]()
    for cpu, packets in enumerate(cpus):
        data, time = b"", 100
        counts = maker.counts[cpu] = Counts()
        for records, dropped, fate in packets:
            counts.dropped["ring"] += dropped
            for _ in range(records):
                time += 1
                maker.call(cpu, time, 7, "close", {"fd": 1})
            data += befallen(maker.packet(cpu), fate)
            counted.update({"there" if fate == "kept" else "missing": records, "dropped": dropped})
        maker.packet(cpu, flags=1, begin=time + 1, end=time + 1)
        maker.streams[cpu] = bytearray(data + maker.streams[cpu][counts.last :])
        counts.last = -1
    maker.write(folder)
    return counted


def befallen(packet: bytes, fate: str) -> bytes:
    match fate:
        case "kept":
            return packet
        case "removed":
            return b""
        case "headless":
            return b"\xff" * HEADER + packet[HEADER:]
        case _:
            return packet[:HEADER] + bytes(len(packet) - HEADER)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(cpus=st.lists(PACKETS, min_size=2, max_size=2), budget=st.sampled_from([1, 300, 1 << 20]))
def test_what_is_there_and_what_is_missing_make_what_there_was(
    tmp_path: Path, cpus: list[list[tuple[int, int, str]]], budget: int
) -> None:
    expected = write(tmp_path, cpus)
    merger = Merger([open_trace(tmp_path)], budget=budget)
    found, last = Counter[str](), 0
    for batch in merger.batches():
        found["there"] += len(batch)
        for loss in batch.losses:
            assert loss.count >= 0, loss
            assert (loss.row == len(batch) or batch.time[loss.row] >= loss.time) and last <= loss.time, loss
            found["dropped" if loss.cause in DROPPED else "missing"] += loss.count
            last = loss.time
    assert +found == +expected
    assert merger.ledgers[0].is_finished
