"""The classes of events that were met in all traces, numbered, and what is needed of each to decode in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from syscord_read.ctf.classes import Encoding
from syscord_read.ctf.trace import Trace
from syscord_read.model.batch import Bools, Ints
from syscord_read.model.layout import EventClass, Kind

_NOT_LOOKED_UP = -2
_NONE = -1


@dataclass(frozen=True)
class Traits:
    """One element for each class, and one more, the last, for events that have none.

    ``least`` is the least size of an event in bytes, without its header; ``form`` is that of the bytes before the
    fields, or ``Registry.NO_CALL``; ``numbered``: the syscall's number stands between these bytes and the fields.
    """

    least: Ints
    form: Ints
    nr: Ints
    numbered: Bools
    has_ret: Bools
    unseen: Bools


class Registry:
    """Classes by number; they are added as they are met, and never change."""

    NO_CALL = 99

    def __init__(self, traces: Sequence[Trace]) -> None:
        self.traces = traces
        self.classes: list[EventClass] = []
        self.encodings: list[Encoding] = []
        self._tables: dict[tuple[int, int], int] = {}
        self._numbers = np.empty(0, np.int64)
        self._compat: dict[tuple[int, int], int] = {}
        self._answered: dict[int, int] = {}
        self._traits: Traits | None = None

    def table(self, trace: int, stream: int) -> int:
        """The number of the table with the classes of a stream: its ids begin at 65536 times that."""
        key = trace, stream
        if key not in self._tables:
            self._tables[key] = len(self._tables)
            self._numbers = np.append(self._numbers, np.full(65536, _NOT_LOOKED_UP, np.int64))
        return self._tables[key]

    def lookup(self, keys: Ints) -> Ints:
        """The number of each class, or -1 if it is none that the metadata has."""
        numbers = self._numbers[keys]
        new = numbers == _NOT_LOOKED_UP
        if new.any():
            for key in np.unique(keys[new]):
                self._numbers[key] = self._find(int(key))
            numbers = self._numbers[keys]
        return numbers

    def _find(self, key: int) -> int:
        trace, stream = list(self._tables)[key // 65536]
        encoding = self.traces[trace].layout.encoding(stream, key % 65536)
        return _NONE if encoding is None else self._add(encoding)

    def _add(self, encoding: Encoding) -> int:
        self.encodings.append(encoding)
        self.classes.append(encoding.event_class)
        self._traits = None
        return len(self.classes) - 1

    def by_number(self, index: Ints, nr: Ints, rows: Ints) -> Ints:
        """32-bit calls get a class for each number, so that every class has one name.  ``rows``: where to look."""
        compat = np.array([each.kind is Kind.COMPAT for each in self.classes], np.bool_)
        rows = rows[compat[index[rows]]]
        if not len(rows):
            return index
        keys, which = np.unique(index[rows] << 32 | nr[rows] & 0xFFFFFFFF, return_inverse=True)
        new = [self._compat_class(int(key) >> 32, int(np.int32(np.uint32(key & 0xFFFFFFFF)))) for key in keys]
        index = index.copy()
        index[rows] = np.array(new)[which]
        return index

    def answered(self, index: Ints, rows: Ints) -> Ints:
        """Calls that were answered in the kernel's place get classes of their own.  ``rows``: which calls are those."""
        if not len(rows):
            return index
        keys, which = np.unique(index[rows], return_inverse=True)
        index = index.copy()
        index[rows] = np.array([self._answered_class(int(key)) for key in keys])[which]
        return index

    def _answered_class(self, number: int) -> int:
        if number not in self._answered:
            event_class = replace(self.classes[number], answered=True)
            self._answered[number] = self._add(replace(self.encodings[number], event_class=event_class))
        return self._answered[number]

    def _compat_class(self, number: int, nr: int) -> int:
        """Numbers that the table does not have share a class, of the name "unknown"."""
        name = self.traces[self.classes[number].trace].layout.names_32.get(nr)
        key = number, nr if name else -1
        if key not in self._compat:
            event_class = replace(self.classes[number], name=name or "unknown", nr=nr if name else None)
            self._compat[key] = self._add(replace(self.encodings[number], event_class=event_class))
        return self._compat[key]

    def traits(self) -> Traits:
        """What must be known of each class; index -1 is for events without one."""
        if self._traits is None:
            self._traits = self._make_traits()
        return self._traits

    def _make_traits(self) -> Traits:
        classes = self.classes
        calls = [event_class.kind.is_call for event_class in classes]
        return Traits(
            least=np.array([*(encoding.least for encoding in self.encodings), 0], np.int64),
            form=np.array([*(_form(encoding) for encoding in self.encodings), _NONE], np.int64),
            nr=np.array([*(-1 if each.nr is None else each.nr for each in classes), -1], np.int64),
            numbered=np.array([*(each.kind in (Kind.UNKNOWN, Kind.COMPAT) for each in classes), False]),
            has_ret=np.array(
                [*(call and not each.no_result for call, each in zip(calls, classes, strict=True)), False]
            ),
            unseen=np.array([*(call and each.unseen for call, each in zip(calls, classes, strict=True)), False]),
        )


def _form(encoding: Encoding) -> int:
    return encoding.form if encoding.form >= 0 else Registry.NO_CALL
