"""Names of arguments that are numbers, such as ``O_RDONLY|O_CLOEXEC``: those that strace's style gives them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from syscord_read.model.batch import Group
from syscord_read.model.call import Call
from syscord_read.model.layout import EventClass, Field, Kind, Shape
from syscord_read.write.strace import sockets
from syscord_read.write.strace.files import open_modes
from syscord_read.write.strace.special import ARGUMENTS
from syscord_read.write.strace.view import Argument, Names, View
from syscord_read.write.strace.waiting import futex_operation

#: How values of some sets are named, where it is not bit by bit.
_BY_SET: Mapping[str, Callable[[View, int], str]] = {
    "open_flags": open_modes,
    "socket_types": lambda view, value: sockets.kind(value, view.symbols("socket_types")),
}

#: Numbers without a set of symbols that have names all the same.
_WITHOUT_SET = {("access", "mode"), ("faccessat", "mode"), ("faccessat2", "mode")}

_COMMENT = re.compile(r" /\* .*? \*/")
_NAME = re.compile(r"[A-Z_][A-Z_]")


def argument_names(group: Group, names: Names) -> list[tuple[str, pa.Array]]:
    """Labels of the arguments that have names, each with the names as texts, null where a value has none."""
    event_class = group.event_class
    if event_class.kind is not Kind.SYSCALL:
        return []
    return [(field.label, _names(group, field, names)) for field in event_class.entry if _has_names(event_class, field)]


def _has_names(event_class: EventClass, field: Field) -> bool:
    if field.shape is not Shape.INTEGER or not field.integer:
        return False
    return field.integer.symbols is not None or (event_class.name, field.label) in _WITHOUT_SET


def _names(group: Group, field: Field, names: Names) -> pa.Array:
    """Of a field of all events; each different value is named once."""
    values = pc.dictionary_encode(group.column(field).values)
    write = _writer(group.event_class, field)
    texts = [_name(group.event_class, field, value, names, write) for value in values.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(values.indices)


def _writer(event_class: EventClass, field: Field) -> Argument:
    """How strace's style writes the argument."""
    assert field.integer
    symbols = field.integer.symbols
    own = ARGUMENTS.get(event_class.name, {}).get(field.label)
    if event_class.name == "futex" and field.label == "op":
        return lambda view: futex_operation(view)[1]
    if own:
        return own
    if symbols and symbols.name in _BY_SET:
        return partial(_of_set, field=field)
    return partial(_plain, field=field)


def _of_set(view: View, field: Field) -> str:
    assert field.integer and field.integer.symbols
    return _BY_SET[field.integer.symbols.name](view, view.number(field.label) or 0)


def _plain(view: View, field: Field) -> str:
    assert field.integer
    return view.integer(view.number(field.label) or 0, field.type, field.integer)


def _name(event_class: EventClass, field: Field, value: int, names: Names, write: Argument) -> str | None:
    """The names of one value, without a remark on what is unknown of it; None if it has none."""
    entry = {field.label: value}
    call = Call(None, None, None, 0, 0, event_class.name, None, 0, False, False, entry, {}, event_class)
    text = _COMMENT.sub("", write(View(call, names, 0)) or "")
    return text if _NAME.search(text) else None
