"""Protocol buffers for many messages at once: Arrow columns of bytes, an element a message.

Only what is written here is there: varints, and what has a length.  https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from syscord_read.write.columns import Piece, binary_of, join, lengths_of

_VARINT, _DELIMITED = 0, 2
#: A varint has 7 bits of a number a byte.
_BITS, _MORE = 7, 0x80


def varint(value: int) -> bytes:
    """One number; negative ones have the 64 bits of their two's complement."""
    rest = value & 0xFFFF_FFFF_FFFF_FFFF
    encoded = bytearray()
    while rest >= _MORE:
        encoded.append(rest & (_MORE - 1) | _MORE)
        rest >>= _BITS
    return bytes([*encoded, rest])


def varints(values: NDArray[np.integer]) -> pa.Array:
    """Each of these numbers."""
    rest = values.astype(np.uint64)
    most = len(varint(int(rest.max(initial=0))))
    digits = np.empty((len(rest), most), np.uint8)
    lengths = np.ones(len(rest), np.int32)
    for place in range(most):
        lengths[rest > 0] = place + 1
        digits[:, place] = (rest & np.uint64(_MORE - 1)) | np.uint64(_MORE)
        rest >>= np.uint64(_BITS)
    digits[np.arange(len(lengths)), lengths - 1] &= _MORE - 1
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return binary_of(offsets, digits[np.arange(most) < lengths[:, np.newaxis]])


def number(field: int, value: int) -> bytes:
    """A field of a number that is the same in all messages."""
    return varint(field << 3 | _VARINT) + varint(value)


def numbers(field: int, values: NDArray[np.integer]) -> list[Piece]:
    """A field of numbers."""
    return [varint(field << 3 | _VARINT), varints(values)]


def delimited(field: int, content: bytes) -> bytes:
    """A field of bytes, text, or a message, that is the same in all messages."""
    return varint(field << 3 | _DELIMITED) + varint(len(content)) + content


def delimiteds(field: int, contents: pa.Array) -> list[Piece]:
    """A field of bytes, texts, or messages."""
    return [varint(field << 3 | _DELIMITED), varints(lengths_of(contents)), contents]


def message(field: int, pieces: Sequence[Piece], rows: int) -> list[Piece]:
    """A field of messages that are made of these pieces."""
    return delimiteds(field, join(pieces, rows))
