"""Captures of sysdig, made longer as `replicate` does it with traces: the same events again, later each time.

A capture is a row of blocks: type, length of the whole block, what is in it, the length again. Those of events come
after all others, and hold their time, in ns.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.errors import BenchError
from bench.replicate import GAP_NS, add_to, bytes_at

EVENT, EVENT_WITH_FLAGS = 0x216, 0x217
_BLOCK = struct.Struct("<II")
_TIME = {EVENT: 10, EVENT_WITH_FLAGS: 14}  # bytes from the block's beginning: behind a CPU, and flags


@dataclass(frozen=True)
class Capture:
    """A capture, whole in memory: what stands before its events, the events, and where in these their times are."""

    head: bytes
    events: bytes
    places: tuple[int, ...]


def read(path: Path) -> Capture:
    """The capture in a file. Raises BenchError if it is not as this version of sysdig writes it."""
    data = path.read_bytes()
    offset = start = 0
    places: list[int] = []
    while offset < len(data):
        kind, size = _block(path, data, offset)
        if kind in _TIME:
            start = start if places else offset
            places.append(offset - start + _TIME[kind])
        elif places:
            raise BenchError(f"{path}, byte {offset}: a block of type {kind:#x} stands between events")
        offset += size
    if not places:
        raise BenchError(f"{path}: there are no events in it")
    return Capture(data[:start], data[start:], tuple(places))


def replicate(capture: Capture, path: Path, copies: int) -> None:
    """Write a capture that has the events of another so many times."""
    copy = bytearray(capture.events)
    data = np.frombuffer(copy, np.uint8)
    places = np.array(capture.places, np.int64)
    times = bytes_at(data, places, 8)
    period = int(np.ptp(times.view("<u8"))) + GAP_NS
    with path.open("wb") as file:
        file.write(capture.head)
        for number in range(copies):
            add_to(data, places, times, number * period)
            file.write(copy)


def _block(path: Path, data: bytes, offset: int) -> tuple[int, int]:
    """The type of the block at an offset, and its length."""
    if len(data) - offset >= 12:
        kind, size = _BLOCK.unpack_from(data, offset)
        if 12 <= size <= len(data) - offset and data[offset + size - 4 : offset + size] == struct.pack("<I", size):
            return kind, size
    raise BenchError(f"{path}, byte {offset}: no whole block of a capture begins here")
