"""Text for many records at once: Arrow columns of bytes, made by kernels that work on all of a column.

A *piece* is a column, or bytes that are the same in each row.  ``join`` makes a column of pieces, and ``in_order`` the
bytes of all rows at last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from syscord_read.model.batch import Bools, Bytes, Ints

Numbers: TypeAlias = "NDArray[np.int64] | NDArray[np.uint64]"
Piece: TypeAlias = "bytes | pa.Array"

#: Numbers below this are looked up, not converted.
_TABLE = 65536


def join(pieces: Sequence[Piece], rows: int) -> pa.Array:
    """The pieces of each row, one behind the other."""
    merged: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, bytes) and merged and isinstance(merged[-1], bytes):
            merged[-1] += piece
        elif not isinstance(piece, bytes) or piece:
            merged.append(piece)
    if not any(isinstance(piece, pa.Array) for piece in merged):
        return pa.repeat(pa.scalar(b"".join(piece for piece in merged if isinstance(piece, bytes)), pa.binary()), rows)
    if len(merged) == 1:
        return merged[0]
    parts = [pa.scalar(piece, pa.binary()) if isinstance(piece, bytes) else piece for piece in merged]
    return pc.binary_join_element_wise(*parts, pa.scalar(b"", pa.binary()))


def where(mask: Bools, yes: Piece, no: Piece) -> Piece:
    """For each row one of two pieces."""
    if mask.all():
        return yes
    if not mask.any():
        return no
    return pc.if_else(pa.array(mask), _binary(yes), _binary(no))


def _binary(piece: Piece) -> pa.Scalar | pa.Array:
    return pa.scalar(piece, pa.binary()) if isinstance(piece, bytes) else piece


def in_order(columns: Sequence[pa.Array], rows: Sequence[Ints], losses: Sequence[tuple[int, bytes]] = ()) -> pa.Buffer:
    """The bytes of all columns, each element at its row; ``losses`` are put before the row that they name."""
    everything = pa.concat_arrays([*columns, pa.array([text for _, text in losses], pa.binary())])
    places = np.concatenate([*rows, np.empty(0, np.int64)])
    if losses:
        # A loss stands before its row, and behind the one before.
        places = np.concatenate([places * 2 + 1, np.array([row * 2 for row, _ in losses])])
        order = np.argsort(places, kind="stable")
    else:
        order = np.argsort(places, kind="stable") if len(columns) > 1 else np.arange(len(places))
    return data_of(everything.take(pa.array(order)))


def data_of(column: pa.Array) -> pa.Buffer:
    """The bytes of all elements, one behind the other."""
    offsets = offsets_of(column)
    data = column.buffers()[2]
    return data.slice(int(offsets[0]), int(offsets[-1] - offsets[0])) if data else pa.py_buffer(b"")


def offsets_of(column: pa.Array) -> NDArray[np.int32]:
    """Where each element begins in the bytes, and where the last one ends."""
    if not len(column):
        return np.zeros(1, np.int32)
    return np.frombuffer(column.buffers()[1], np.int32, len(column) + 1, column.offset * 4)


def binary_of(offsets: NDArray[np.int32], data: Bytes | bytes) -> pa.Array:
    """A column of these bytes."""
    return pa.Array.from_buffers(pa.binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def decimal(numbers: Numbers) -> pa.Array:
    """Decimal digits, with a minus if negative."""
    if len(numbers) and numbers.min() >= 0 and numbers.max() < _TABLE:
        return _decimals().take(pa.array(numbers))
    return pc.cast(pa.array(numbers), pa.string()).cast(pa.binary())


@cache
def _decimals() -> pa.Array:
    return pc.cast(pa.array(np.arange(_TABLE)), pa.string()).cast(pa.binary())


def hexadecimal(numbers: Numbers) -> pa.Array:
    """Hexadecimal digits, without ``0x``; of negative numbers all 64 bits."""
    return _digits(numbers, 4)


def octal(numbers: Numbers) -> pa.Array:
    """Octal digits; of negative numbers all 64 bits."""
    return _digits(numbers, 3)


def _digits(numbers: Numbers, shift: int) -> pa.Array:
    """Digits to the base 2**shift: all that 64 bits can have, of which those before the first that counts are cut."""
    values = numbers.astype(np.uint64)
    if len(values) and values.max() < _TABLE:
        return _digits_table(shift).take(pa.array(values))
    return _all_digits(values, shift)


@cache
def _digits_table(shift: int) -> pa.Array:
    return _all_digits(np.arange(_TABLE, dtype=np.uint64), shift)


def _all_digits(values: NDArray[np.uint64], shift: int) -> pa.Array:
    most = -(-64 // shift)
    letters = np.frombuffer(b"0123456789abcdef", np.uint8)
    digits = np.empty((len(values), most), np.uint8)
    needed = np.ones(len(values), np.int32)
    rest = values
    for place in range(most):
        digits[:, most - 1 - place] = letters[(rest & np.uint64((1 << shift) - 1)).astype(np.intp)]
        needed[rest > 0] = place + 1
        rest = rest >> np.uint64(shift)
    offsets = np.empty(2 * len(values) + 1, np.int32)
    offsets[0::2] = np.arange(len(values) + 1) * most
    offsets[1::2] = offsets[2::2] - needed
    return binary_of(offsets, digits.reshape(-1)).take(pa.array(np.arange(1, 2 * len(values), 2)))


def by_value(column: pa.Array, text: Callable[[bytes], bytes]) -> pa.Array:
    """A column made by a Python function, which is called once for each value that is different."""
    encoded = pc.dictionary_encode(column)
    texts = pa.array([text(value) for value in encoded.dictionary.to_pylist()], pa.binary())
    return texts.take(encoded.indices)


def one_of(texts: Sequence[bytes], numbers: NDArray[np.integer]) -> pa.Array:
    """For each row the text of its number."""
    return pa.array(texts, pa.binary()).take(pa.array(numbers))


class Escapes:
    """How bytes are written between quotes: ``texts`` has what stands for each of the 256 bytes, 6 bytes at most."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        self.texts = texts
        self.lengths = np.array([len(text) for text in texts], np.uint8)
        self.special = bytes(text != bytes([byte]) for byte, text in enumerate(texts))
        self.letters = np.array([list(text.ljust(6, b"\0")) for text in texts], np.uint8)


#: If fewer different bytes than this need an escape, each is replaced by a search of its own.
_FEW = 6


def escape(column: pa.Array, escapes: Escapes) -> pa.Array:
    """Each byte as it is written between quotes."""
    offsets = offsets_of(column)
    data = bytes(data_of(column))
    offsets = offsets - offsets[0]
    places = np.flatnonzero(np.frombuffer(data.translate(escapes.special), np.uint8))
    if not len(places):
        return column
    found = np.frombuffer(data, np.uint8)[places]
    longer = np.zeros(len(places) + 1, np.int64)
    np.cumsum(escapes.lengths[found] - np.uint8(1), out=longer[1:])
    moved = (offsets + longer[np.searchsorted(places, offsets)]).astype(np.int32)
    different = np.flatnonzero(np.bincount(found, minlength=256))
    if len(different) <= _FEW:
        return binary_of(moved, _replace(data, different.tolist(), escapes))
    return binary_of(moved, _spread(np.frombuffer(data, np.uint8), places, found, longer, escapes))


def _replace(data: bytes, different: list[int], escapes: Escapes) -> bytes:
    """Replace each of these bytes; a backslash first, since it begins the escapes of the others."""
    for byte in sorted(different, key=lambda byte: byte != ord("\\")):
        data = data.replace(bytes([byte]), escapes.texts[byte])
    return data


def _spread(data: Bytes, places: Ints, found: Bytes, longer: Ints, escapes: Escapes) -> Bytes:
    """Make room for the escapes of the bytes that were found at these places, and put them there."""
    counts = np.ones(len(data), np.uint8)
    counts[places] = escapes.lengths[found]
    spread = np.repeat(data, counts)
    begins = places + longer[:-1]
    letters, lengths = escapes.letters[found], escapes.lengths[found]
    for place in range(int(lengths.max())):
        there = lengths > place
        spread[begins[there] + place] = letters[there, place]
    return spread


def numbers_of(values: pa.Array) -> Numbers:
    """The numbers of a column, in 64 bits; something where there are none."""
    numbers = np.frombuffer(values.buffers()[1], values.type.to_pandas_dtype())[values.offset :][: len(values)]
    return numbers.astype(np.uint64) if numbers.dtype.kind == "u" else numbers.astype(np.int64)


def is_null(values: pa.Array) -> Bools:
    """Which values are not there."""
    mask: Bools = pc.is_null(values).to_numpy(zero_copy_only=False)
    return mask


def lengths_of(values: pa.Array) -> NDArray[np.int32]:
    """How long each text, or list, is; none is null."""
    kernel = pc.list_value_length if pa.types.is_list(values.type) else pc.binary_length
    lengths: NDArray[np.int32] = kernel(values).to_numpy()
    return lengths
