"""Fields as texts, for tables and for people."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from syscord_read.model.batch import Column
from syscord_read.model.layout import FAULT, MARK_NAMES, NULL, Shape
from syscord_read.write.columns import by_value, is_null, join
from syscord_read.write.json import present, texts_of
from syscord_read.write.record import address, is_empty


def texts(column: Column) -> pa.Array:
    """Each value as a string; null where it is NULL, or could not be read.

    Integers are decimal; texts and content are as they are, or ``{"base64": ...}`` if they are no UTF-8; socket
    addresses are as in the text record; everything else is JSON.
    """
    if column.field.shape is Shape.INTEGER:
        return _json(column)
    missing = (column.marks & NULL > 0) | ((column.marks & FAULT > 0) & is_empty(column))
    match column.field.shape:
        case Shape.TEXT | Shape.BYTES:
            found = plain(column.values)
        case Shape.ADDRESS:
            found = plain(by_value(column.values, address))
        case Shape.STRUCT | Shape.NUMBER:
            missing |= is_null(column.values)
            found = _json(column)
        case _:
            found = _json(column)
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), found) if missing.any() else found


def _json(column: Column) -> pa.Array:
    return join([present(column)], len(column.marks)).cast(pa.string())


def plain(values: pa.Array) -> pa.Array:
    """Bytes as strings; what is no UTF-8 as ``{"base64": ...}``."""
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:
        quoted = texts_of(values)
        return pc.if_else(pc.starts_with(quoted, pattern="{"), quoted, values).cast(pa.string())


def mark_texts(column: Column) -> pa.Array:
    """What is to be known of each value: "part", "fault", "late", with commas between them; null if nothing is."""
    names = [",".join(name for mark, name in MARK_NAMES if marks & mark) or None for marks in range(16)]
    return pa.array(names, pa.string()).take(pa.array(column.marks & 15))
