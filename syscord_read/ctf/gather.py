"""What stands at many places of some bytes, gathered at once.  Places are in bytes; nothing need be aligned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from syscord_read.model.batch import Bytes, Ints
from syscord_read.model.layout import Integer


def gather(data: Bytes, type: DTypeLike, places: Ints) -> NDArray[Any]:
    """What stands at these places, which need not be aligned, in the machine's own byte order."""
    kind = np.dtype(type)
    everywhere: NDArray[Any] = np.ndarray((len(data) - kind.itemsize + 1,), kind, data, strides=(1,))
    return everywhere[places].astype(kind.newbyteorder("="), copy=False)


def gather_structs(data: Bytes, type: np.dtype[np.void], places: Ints) -> NDArray[np.void]:
    raw: NDArray[np.void] = np.ndarray((len(data) - type.itemsize + 1,), f"V{type.itemsize}", data, strides=(1,))
    return raw[places].view(type)


def indices_within(counts: Ints) -> Ints:
    """0, 1 ... up to each of the counts, one behind the other."""
    total = int(counts.sum())
    return np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)


def gather_integers(data: Bytes, stored: Integer, meant: Integer | None, at: Ints) -> NDArray[Any]:
    """The integers at these places, as wide as they are meant to be."""
    values = gather(data, f"<{_code(stored)}", at)
    return values.astype(_code(meant)) if meant and meant.bits != stored.bits else values


def _code(integer: Integer) -> str:
    return f"{'i' if integer.signed else 'u'}{integer.bits // 8}"


def gather_texts(data: Bytes, at: Ints, lengths: Ints) -> pa.Array:
    """The bytes at these places, as a binary array.

    Arrow's ``take`` copies them: each text, and each gap between two, is an element of an array that has all bytes, and
    every second element is taken.  Where the places do not ascend, gaps have no sound length, but none is looked at.
    """
    offsets = np.empty(2 * len(at) + 2, np.int32)
    offsets[0:-2:2] = at
    np.add(at, lengths, out=offsets[1:-2:2], casting="unsafe")
    offsets[-2:] = len(data)
    everything = pa.Array.from_buffers(pa.binary(), 2 * len(at) + 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)])
    return everything.take(pa.array(np.arange(0, 2 * len(at), 2)))


def gather_fixed_texts(data: Bytes, at: Ints, size: int) -> pa.Array:
    """Texts of a fixed size, of which zeros at the end are none."""
    fixed = gather(data, f"S{size}", at)
    lengths: Ints = np.char.str_len(fixed).astype(np.int64)
    return gather_texts(data, at, lengths)
