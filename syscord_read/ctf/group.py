"""The events of one class in a batch, as they are stored: where each field is, and its column.

The bytes stay where they are: first the place of each field is found, for all events at once; a field is decoded when
it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from syscord_read.ctf.classes import Encoding
from syscord_read.ctf.gather import gather, gather_fixed_texts, gather_integers, gather_texts, indices_within
from syscord_read.ctf.steps import Step, Word
from syscord_read.model.batch import Bools, Bytes, Column, Group, Ints
from syscord_read.model.layout import Field, Shape


@dataclass(frozen=True)
class _Place:
    """Where the bytes of a step are, for each event: at ``base + offset``; behind the word, if there is one."""

    base: Ints
    offset: int
    count: Ints | None = None
    marks: Bytes | None = None

    @property
    def at(self) -> Ints:
        return self.base + self.offset

    def select(self, places: Ints) -> _Place:
        count = None if self.count is None else self.count[places]
        return _Place(self.base[places], self.offset, count, None if self.marks is None else self.marks[places])


@dataclass(frozen=True)
class _Strings:
    """The strings of a list of strings, of all events: where each begins, its bytes, its marks."""

    at: Ints
    length: Ints
    marks: Bytes

    def select(self, which: Ints) -> _Strings:
        return _Strings(self.at[which], self.length[which], self.marks[which])


class BinaryGroup(Group):
    """Events of one class, as they are in a trace."""

    def __init__(self, encoding: Encoding, data: Bytes, rows: Ints, begin: Ints, ends: Ints) -> None:
        """``begin``: where the fields begin; ``ends``: where the events end."""
        self.event_class = encoding.event_class
        self.rows = rows
        self.encoding = encoding
        self.data = data
        self.strings: dict[int, _Strings] = {}
        self._columns: dict[str, Column] = {}
        self._walk(begin, ends)

    def _walk(self, base: Ints, ends: Ints) -> None:
        """Find the place of each field, and the events that end before their fields do."""
        self.places: list[_Place] = []
        self.broken = np.zeros(len(base), np.bool_)
        offset = 0
        for number, step in enumerate(self.encoding.steps):
            if step.size:
                self.places.append(_Place(base, offset))
                offset += step.size
                continue
            at = np.minimum(base + offset, ends)
            word = gather(self.data, f"<u{step.word.size}", at)
            count = (word & _count_mask(step.word)).astype(np.int64)
            at = np.minimum(at + step.word.size, ends)
            base = at + count * step.unit if step.unit else self._walk_strings(number, step.inner, at, count, ends)
            offset = 0
            self.broken |= (at + count * step.unit > ends) | (base > ends)
            base = np.minimum(base, ends)
            self.places.append(_Place(at, 0, count, (word >> step.word.count_bits).astype(np.uint8)))
        self.broken |= base + offset > ends
        #: Bytes between the last field and the event's end: 0, or 1 to make its size even.
        self.left_over = ends - base - offset

    def _walk_strings(self, number: int, word: Word, begin: Ints, counts: Ints, ends: Ints) -> Ints:
        """The strings of all events, one by one: there are few.  Returns where each event's fields go on.

        An event that ends before its strings do has none; ``counts`` is set so.
        """
        view, after = self.data.data, begin.copy()
        places: list[tuple[int, int, int]] = []
        mask = _count_mask(word)
        for event in counts.nonzero()[0]:
            at, end, found = int(begin[event]), int(ends[event]), len(places)
            for _ in range(int(counts[event])):
                value = int.from_bytes(view[at : at + word.size], "little")
                at += word.size
                places.append((at, value & mask, value >> word.count_bits))
                at += value & mask
                if at > end:
                    del places[found:]
                    counts[event], at = 0, end + 1
                    break
            after[event] = at
        flat = np.array(places, np.int64).reshape(-1, 3)
        self.strings[number] = _Strings(flat[:, 0], flat[:, 1], flat[:, 2].astype(np.uint8))
        return after

    def select(self, places: Ints, rows: Ints) -> BinaryGroup:
        chosen = BinaryGroup.__new__(BinaryGroup)
        chosen.event_class, chosen.encoding, chosen.data = self.event_class, self.encoding, self.data
        chosen.rows = rows
        chosen.places = [place.select(places) for place in self.places]
        chosen.broken, chosen.left_over = self.broken[places], self.left_over[places]
        chosen.strings = {
            number: strings.select(_ranges(self.places[number].count, places))
            for number, strings in self.strings.items()
        }
        chosen._columns = {}
        return chosen

    def column(self, field: Field) -> Column:
        if field.key not in self._columns:
            numbers = [number for number, step in enumerate(self.encoding.steps) if step.field.key == field.key]
            self._columns[field.key] = self._decode(numbers[0]) if numbers else _no_such(field)
        return self._columns[field.key]

    def _decode(self, number: int) -> Column:
        step, place = self.encoding.steps[number], self.places[number]
        marks = place.marks if place.marks is not None else np.zeros(len(self.rows), np.uint8)
        item_marks = self.strings[number].marks if number in self.strings else np.empty(0, np.uint8)
        return Column(step.field, self._values(number, step, place), marks, item_marks)

    def _values(self, number: int, step: Step, place: _Place) -> pa.Array:
        if place.count is None:
            if step.field.shape is Shape.INTEGER:
                return pa.array(gather_integers(self.data, step.members[0][1], step.field.integer, place.at))
            return gather_fixed_texts(self.data, place.at, step.size)
        match step.field.shape:
            case Shape.STRINGS:
                strings = self.strings[number]
                return _lists(place.count, gather_texts(self.data, strings.at, strings.length))
            case Shape.STRUCT | Shape.NUMBER:
                return _elements(self.data, step, place.at, place.count == 0)
            case Shape.STRUCTS | Shape.NUMBERS:
                at = np.repeat(place.at, place.count) + indices_within(place.count) * step.unit
                return _lists(place.count, _elements(self.data, step, at))
            case _:
                return gather_texts(self.data, place.at, place.count)


def _count_mask(word: Word) -> int:
    """What of a word says how many elements follow."""
    return (1 << word.count_bits) - 1


def _no_such(field: Field) -> Column:
    raise KeyError(field.key)


def _ranges(counts: Ints | None, places: Ints) -> Ints:
    """Which elements of lists, that are stored flat, belong to the lists at these places."""
    assert counts is not None, "lists have counts"
    firsts = (np.cumsum(counts) - counts)[places]
    return np.repeat(firsts, counts[places]) + indices_within(counts[places])


def _lists(counts: Ints, flat: pa.Array) -> pa.Array:
    offsets = np.zeros(len(counts) + 1, np.int32)
    np.cumsum(counts, out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), flat)


def _elements(data: Bytes, step: Step, at: Ints, missing: Bools | None = None) -> pa.Array:
    """Integers or structs at these places, null where they are missing."""
    columns = []
    for offset, integer in step.members:
        # Where there is none, the first bytes are read, and hidden.
        places = at + offset if missing is None else np.where(missing, 0, at + offset)
        columns.append(pa.array(gather_integers(data, integer, None, places), mask=missing))
    if step.field.shape in (Shape.NUMBER, Shape.NUMBERS):
        return columns[0]
    labels = [member.label for member in step.field.members]
    return pa.StructArray.from_arrays(columns, labels, mask=None if missing is None else pa.array(missing))
