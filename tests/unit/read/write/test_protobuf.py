"""Protocol buffers that are written in bulk: what any other reader makes of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as proto

from syscord_read.write import protobuf
from syscord_read.write.columns import join

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
IID, NAME = 1, 2


@given(st.lists(INT64))
def test_numbers_in_bulk_are_as_one_by_one(values: list[int]) -> None:
    column = protobuf.varints(np.array(values, np.int64))
    assert column.to_pylist() == [protobuf.varint(value) for value in values]


@given(st.integers(0, (1 << 64) - 1))
def test_others_read_the_numbers(value: int) -> None:
    assert proto.EventName.FromString(protobuf.number(IID, value)).iid == value


@given(INT64)
def test_others_read_negative_numbers(value: int) -> None:
    assert proto.DebugAnnotation.FromString(protobuf.number(4, value)).int_value == value


@given(st.lists(st.tuples(st.integers(0, (1 << 64) - 1), st.text(max_size=300)), min_size=1))
def test_others_read_messages_in_messages(events: list[tuple[int, str]]) -> None:
    numbers = protobuf.numbers(IID, np.array([number for number, _ in events], np.uint64))
    names = protobuf.delimiteds(NAME, pa.array([name.encode() for _, name in events], pa.binary()))
    column = join(protobuf.message(2, [*numbers, *names], len(events)), len(events))
    found = proto.InternedData.FromString(b"".join(column.to_pylist()))
    assert [(event.iid, event.name) for event in found.event_names] == events


def test_no_messages_are_no_bytes() -> None:
    assert len(protobuf.varints(np.zeros(0, np.int64))) == 0
