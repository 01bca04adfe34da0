"""What measures and writers ask of columns: distinct values, numbers, and whether there is a value at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from syscord_read.model.batch import Batch, Bools, Column, Group, Ints
from syscord_read.model.layout import FAULT, NULL, Shape
from syscord_read.model.value import parse_integer


def distinct(values: Ints) -> tuple[list[int], Ints]:
    """The distinct values, in the order in which they come, and for each row the index of its value."""
    encoded = pc.dictionary_encode(pa.array(values))
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)


def distinct_texts(values: pa.Array) -> tuple[list[bytes], Ints]:
    """The same of binary columns; the index of null is -1."""
    encoded = pc.dictionary_encode(values)
    indices = encoded.indices.fill_null(-1) if values.null_count else encoded.indices
    return encoded.dictionary.to_pylist(), indices.to_numpy().astype(np.int64)


def threads_of(batch: Batch, ids: Ints) -> Ints:
    """For each row a number for its thread, or its process: what ``ids`` has, in its trace."""
    traces = np.array([event_class.trace for event_class in batch.classes], np.int64)
    return (traces[batch.class_index] << 32 | ids) if len(batch) else ids


def column_numbers(column: Column, otherwise: int = -1) -> Ints:
    """A column of integers.  In a text record, values that are no number become ``otherwise``."""
    if column.field.shape is Shape.INTEGER:
        return np.asarray(column.values.to_numpy()).astype(np.int64)
    return map_distinct(column.values, lambda text: _number(text, otherwise))


def _number(text: bytes, otherwise: int) -> int:
    try:
        return _as_register(parse_integer(text))
    except ValueError:
        return otherwise


def _as_register(number: int) -> int:
    """Its 64 bits with a sign."""
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


def map_distinct(values: pa.Array, meaning: Callable[[bytes], Any]) -> Ints:
    """What a function makes of each text; it is called once for each that is different."""
    texts, which = distinct_texts(values)
    return np.array([meaning(text) for text in texts], np.int64)[which] if texts else np.zeros(len(values), np.int64)


def entry_numbers(group: Group, label: str, otherwise: int = -1) -> Ints:
    """A number of the entry, by its label; ``otherwise`` where there is none."""
    column = group.labelled(label)
    return np.full(len(group.rows), otherwise, np.int64) if column is None else column_numbers(column, otherwise)


def is_present(column: Column) -> Bools:
    """Which texts were given and could be read."""
    empty = np.asarray(pc.binary_length(column.values)) == 0
    there: Bools = (column.marks & NULL == 0) & ~((column.marks & FAULT > 0) & empty)
    return there


def symbol_value(group: Group, label: str, name: str) -> int:
    """The value of a name of the entry's enumeration; -1 if there is none."""
    field = next((field for field in group.event_class.entry if field.label == label), None)
    symbols = field.integer.symbols if field and field.integer else None
    return symbols.values.get(name, -1) if symbols else -1
