"""Batches: events of all CPUs in the order of time, column by column.

A ``Batch`` has some ten thousand events.  What all events have is in its numpy columns, one element an event, called a
*row*.  What only events of one class have is in the ``Group`` of that class: ``group.rows`` are its rows, ascending,
and ``group.column(field)`` decodes one field of all of them at once, when first asked for.

    for batch in source.batches():
        slow = batch.duration > 1_000_000                       # ns
        print(batch.time[slow], batch.pid[slow])
        for group in batch.groups():
            for field in group.event_class.fields:
                if field.type == "path":
                    print(group.event_class.name, group.column(field).values)

Never loop over rows where speed counts; where it does not, ``calls_of`` in call.py is easier.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from syscord_read.model.layout import MAX_ERROR, EventClass, Field, Integer
from syscord_read.model.losses import Loss

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Column:
    """One field of all events of a group, in the order of ``group.rows``.

    ``values`` is an Arrow array, whose type follows the field's shape:

    ==================  ==============================================================================
    INTEGER             int8 ... uint64
    TEXT BYTES ADDRESS  binary
    STRINGS             list<binary>
    STRUCT              struct<label: int, ...>, null where there is none
    STRUCTS             list<struct<label: int, ...>>
    NUMBER              int8 ... uint64, null where there is none
    NUMBERS             list<int>
    ==================  ==============================================================================

    In a text record, which does not say what type a number has, members are decimal128(20, 0): any of 64 bits.

    ``marks`` are those of ``layout`` (PART, FAULT, NULL, LATE), 0 for integers.  A value of which nothing could be read
    (FAULT), or whose pointer was NULL, is empty (or null, see above), never null otherwise.  ``item_marks`` are those
    of each string of STRINGS, flat, as ``values.flatten()`` has them; else empty.
    """

    field: Field
    values: pa.Array
    marks: NDArray[np.uint8]
    item_marks: NDArray[np.uint8]


class Group(ABC):
    """The events of one class in a batch.  ``rows`` are their rows in the batch's columns, ascending."""

    event_class: EventClass
    rows: Ints

    @abstractmethod
    def column(self, field: Field) -> Column:
        """One field of all these events, decoded when first asked for, then kept.  KeyError if it is none of theirs."""

    @abstractmethod
    def select(self, places: Ints, rows: Ints) -> Group:
        """The events at these places of this group, ascending, under other row numbers."""

    def labelled(self, label: str, *, exit: bool = False) -> Column | None:
        """The entry's field of that label (the exit's, if ``exit``), or None if there is none."""
        fields = self.event_class.exit if exit else self.event_class.entry
        found = next((field for field in fields if field.label == label), None)
        return self.column(found) if found else None


@dataclass(frozen=True)
class Batch:
    """Events in the order of time; at equal times those of the lower CPU come first.

    Where the recorded machine's clock was set back, ``time`` goes back: the order is that in which events happened.

    Each array has one element an event:

    ``time``         ns since the Unix epoch; -1: not known (text)
    ``cpu``          -1: not known, or none (events of the stream ``state``)
    ``class_index``  index into ``classes``
    ``pid``, ``tid`` process and thread, as in the first pid namespace
    ``duration``     ns; -1: not known, or a call that never returns, or no syscall
    ``ret``          what the call returned, the register's 64 bits with a sign; 0 where ``has_ret`` is false.
                     An error if it is from -4095 to -1.  What its type makes of it: ``typed_ret``
    ``has_ret``      the call has a result
    ``unseen``       only the call's end was seen
    ``nr``           number of the syscall; -1: no syscall, or not known (text)

    ``classes`` is of all batches of one source: it grows from batch to batch, and an index never changes its meaning.
    ``losses`` stand in the order of their rows.  ``lines`` are there if the batch comes from a text record: its lines.
    """

    classes: Sequence[EventClass]
    time: Ints
    cpu: Ints
    class_index: Ints
    pid: Ints
    tid: Ints
    duration: Ints
    ret: Ints
    has_ret: Bools
    unseen: Bools
    nr: Ints
    group_list: tuple[Group, ...]
    losses: tuple[Loss, ...] = ()
    lines: pa.Array | None = None

    def __len__(self) -> int:
        return len(self.time)

    def groups(self, name: str | None = None) -> tuple[Group, ...]:
        """The groups, one for each class that is there; only those of one syscall, if ``name`` is given."""
        return tuple(group for group in self.group_list if name in (None, group.event_class.name))

    @property
    def is_call(self) -> Bools:
        """Which rows are syscalls; the others are ``process`` and ``open_file``."""
        return self.of_class(lambda event_class: event_class.kind.is_call)

    @property
    def failed(self) -> Bools:
        """Which rows are syscalls that returned an error."""
        return self.has_ret & (self.ret < 0) & (self.ret >= -MAX_ERROR)

    def select(self, mask: Bools) -> Batch:
        """The rows where ``mask`` is true, as a batch of their own.  Losses stay."""
        if mask.all():
            return self
        before = np.concatenate([[0], np.cumsum(mask)])
        return replace(
            self,
            **{name: getattr(self, name)[mask] for name in COLUMNS},
            group_list=tuple(_select_group(group, mask, before) for group in self.group_list if mask[group.rows].any()),
            losses=tuple(replace(loss, row=int(before[loss.row])) for loss in self.losses),
            lines=None if self.lines is None else self.lines.filter(pa.array(mask)),
        )

    def of_class(self, wanted: Callable[[EventClass], bool]) -> Bools:
        """Which rows are of a class that is wanted."""
        return np.array([wanted(each) for each in self.classes], np.bool_)[self.class_index]


#: A batch, and which of its rows are wanted.
MaskedBatch = tuple[Batch, Bools]

#: The columns of a batch.
COLUMNS = ("time", "cpu", "class_index", "pid", "tid", "duration", "ret", "has_ret", "unseen", "nr")


def _select_group(group: Group, mask: Bools, before: Ints) -> Group:
    """Of a group, the rows where ``mask`` is true; ``before`` counts how many of the batch's rows are, before each."""
    places = mask[group.rows].nonzero()[0]
    return group.select(places, before[group.rows[places]])


def typed_ret(event_class: EventClass, ret: Ints) -> NDArray[np.int64] | NDArray[np.uint64]:
    """What the class's type makes of results: an array of int64, or of uint64 if the type has no sign.

    Errors are no results; of an unsigned type they come out as large numbers, so look for them before.
    """
    return as_type(ret, event_class.ret)


def as_type(ret: Ints, integer: Integer) -> NDArray[np.int64] | NDArray[np.uint64]:
    """What a type makes of results: of one of 32 bits, the low half of the register; else all, as print.c does."""
    if integer.signed:
        return ret.astype(np.int32).astype(np.int64) if integer.bits == 32 else ret
    return ret.view(np.uint64) & np.uint64(0xFFFFFFFF) if integer.bits == 32 else ret.view(np.uint64)
