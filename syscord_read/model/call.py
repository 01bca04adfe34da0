"""One syscall as an object, for those who look at few of them, or need not be fast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syscord_read.model.batch import Batch, Column, Group, typed_ret
from syscord_read.model.layout import FAULT, MARK_NAMES, MAX_ERROR, NULL, PART, EventClass, Field, Kind, Shape
from syscord_read.model.value import Cut, Missing, Value

Marks = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Call:
    """A syscall.

    ``time`` is when it ended (when it began, if it never returns), in ns since the Unix epoch; ``duration`` in ns;
    both are None if not known, as ``cpu`` is.  ``nr`` is the number, or None in text, but for unknown calls.  ``ret``
    is None if the call has no result; else the register's 64 bits with a sign, or what the handler's type makes of
    them: unsigned for unsigned types, but negative errnos stay negative.

    ``entry`` and ``exit`` have the fields by label, in the event's order.  ``entry_marks`` and ``exit_marks`` have, for
    fields that need it, "part", "fault" and "late", as in the text record: a field that is NULL, or of which nothing
    could be read, has none, since its value says so.  ``event_class`` knows the fields' types and the prototype.
    ``registers``: arguments as they were in their registers, by place, where memory that they lead to was not read.
    """

    time: int | None
    duration: int | None
    cpu: int | None
    pid: int
    tid: int
    name: str
    nr: int | None
    ret: int | None
    unseen: bool
    compat: bool
    entry: Mapping[str, Value]
    exit: Mapping[str, Value]
    event_class: EventClass
    entry_marks: Marks = field(default_factory=dict)
    exit_marks: Marks = field(default_factory=dict)
    registers: Mapping[int, int] = field(default_factory=dict)

    @property
    def ret_type(self) -> str:
        """The type of the result in the handler, or ""."""
        return self.event_class.ret_type


#: Rows that are made objects at once.
SLICE = 8192


def calls_of(batch: Batch) -> Iterator[Call]:
    """Every syscall of a batch, in order.  ``process`` and ``open_file`` are not among them."""
    return (call for _, call in calls_by_row(batch))


def calls_by_row(batch: Batch) -> Iterator[tuple[int, Call]]:
    """Every syscall of a batch with its row, in order."""
    for start in range(0, len(batch), SLICE):
        stop = min(start + SLICE, len(batch))
        found: list[Call | None] = [None] * (stop - start)
        for group in batch.group_list:
            if group.event_class.kind.is_call:
                first, last = np.searchsorted(group.rows, [start, stop])
                if first < last:
                    _calls_of_group(batch, group.select(np.arange(first, last), group.rows[first:last]), start, found)
        yield from ((start + place, call) for place, call in enumerate(found) if call)


def _calls_of_group(batch: Batch, group: Group, start: int, found: list[Call | None]) -> None:
    """Put the calls of a group where they belong; ``found`` begins with the row ``start``."""
    event_class, rows = group.event_class, group.rows
    times, durations, cpus = batch.time[rows].tolist(), batch.duration[rows].tolist(), batch.cpu[rows].tolist()
    pids, tids, numbers = batch.pid[rows].tolist(), batch.tid[rows].tolist(), batch.nr[rows].tolist()
    rets = _results(event_class, batch.ret[rows])
    entry = _fields(group, event_class.entry)
    exit = _fields(group, event_class.exit)
    for place, row in enumerate(rows.tolist()):
        found[row - start] = Call(
            times[place] if times[place] >= 0 else None,
            durations[place] if durations[place] >= 0 else None,
            cpus[place] if cpus[place] >= 0 else None,
            pids[place],
            tids[place],
            event_class.name,
            numbers[place] if numbers[place] >= 0 or event_class.kind is Kind.UNKNOWN else None,
            None if event_class.no_result else rets[place],
            event_class.unseen,
            event_class.kind is Kind.COMPAT,
            entry.values[place],
            exit.values[place],
            event_class,
            entry.marks.get(place, _NO_MARKS),
            exit.marks.get(place, _NO_MARKS),
        )


_NO_MARKS: Marks = {}


def _results(event_class: EventClass, ret: NDArray[np.int64]) -> list[int]:
    results: list[int] = typed_ret(event_class, ret).tolist()
    for place in ((ret < 0) & (ret >= -MAX_ERROR)).nonzero()[0].tolist():
        results[place] = int(ret[place])
    return results


@dataclass
class _Fields:
    """Fields of one part of all calls of a group; ``marks`` are of those only that have some."""

    values: list[dict[str, Value]]
    marks: dict[int, dict[str, frozenset[str]]]


def _fields(group: Group, fields: Sequence[Field]) -> _Fields:
    labels = [field.label for field in fields]
    columns = [group.column(field) for field in fields]
    values = [values_of(column) for column in columns]
    marks: dict[int, dict[str, frozenset[str]]] = {}
    for label, column, of_field in zip(labels, columns, values, strict=True):
        for place in column.marks.nonzero()[0].tolist():
            names = mark_names(int(column.marks[place]))
            if names and not isinstance(of_field[place], Missing):
                marks.setdefault(place, {})[label] = names
    rows = zip(*values, strict=True) if values else ((),) * len(group.rows)
    return _Fields([dict(zip(labels, row, strict=True)) for row in rows], marks)


@lru_cache
def mark_names(marks: int) -> frozenset[str]:
    """The marks that the text record shows."""
    return frozenset(name for mark, name in MARK_NAMES if marks & mark)


def values_of(column: Column) -> list[Value]:
    """Python's values of a column, as ``Call`` has them."""
    values: list[Any] = column.values.to_pylist()
    shape = column.field.shape
    if shape is Shape.STRINGS:
        values = _strings(values, column.item_marks.tolist())
    elif shape is Shape.STRUCTS:
        values = [tuple(map(_struct, value)) for value in values]
    elif shape is Shape.NUMBERS:
        values = [tuple(value) for value in values]
    elif shape is Shape.STRUCT:
        values = [b"" if value is None else _struct(value) for value in values]
    elif shape is Shape.NUMBER:
        values = [b"" if value is None else value for value in values]
    for place in (column.marks & (NULL | FAULT)).nonzero()[0].tolist():
        if column.marks[place] & NULL:
            values[place] = Missing.NULL
        elif values[place] in (b"", ()):
            values[place] = Missing.FAULT
    return values


def _struct(members: Any) -> Any:
    """A struct with plain integers: those of a text record are decimals in its column."""
    if members is None:
        return Missing.FAULT
    if any(isinstance(value, Decimal) for value in members.values()):
        return {label: int(value) for label, value in members.items() if value is not None}
    return members


def _strings(lists: list[list[bytes]], marks: list[int]) -> list[Any]:
    """Lists of strings, with the marks of all strings, one behind the other."""
    rest = iter(marks)
    return [tuple(_string(string, next(rest)) for string in strings) for strings in lists]


def _string(value: bytes, marks: int) -> Value:
    if marks & FAULT and not value:
        return Missing.FAULT
    return Cut(value, fault=bool(marks & FAULT)) if marks & (PART | FAULT) and value else value
