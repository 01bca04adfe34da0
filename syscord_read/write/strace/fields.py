"""Fields of a record as strace writes them, by shape and type: what all formatters share."""

from __future__ import annotations

from collections.abc import Mapping

from syscord_read.model.layout import Field, Shape
from syscord_read.model.value import Cut, Missing, Value
from syscord_read.write.strace import format, sockets, structs
from syscord_read.write.strace.view import View


def address(view: View, pointer: Field | None) -> str:
    """Where the memory is that was not read."""
    value = view.entry(pointer.label) if pointer else None
    return format.address(value) if isinstance(value, int) else format.NO_ADDRESS


def written(view: View, field: Field, pointer: Field | None = None) -> str:
    """A field's value, as its type says."""
    value = view.exit(field.label) if field.exit else view.entry(field.label)
    if value is Missing.NULL:
        return format.NULL
    if value is None or value is Missing.FAULT:
        return address(view, pointer)
    return _value(view, field, value)


def _value(view: View, field: Field, value: Value) -> str:  # noqa: PLR0911
    """One way of writing for each shape."""
    match field.shape, value:
        case Shape.INTEGER, int() if field.integer:
            return view.integer(value, field.type, field.integer)
        case Shape.TEXT, bytes() if field.type == "path":
            return format.quoted(value) + (format.MORE if is_part(view, field) else "")
        case ((Shape.TEXT | Shape.BYTES), bytes()):
            return text(view, field, value)
        case Shape.ADDRESS, bytes():
            return sockets.optional(view, value, format.NO_ADDRESS)
        case Shape.STRINGS, tuple():
            return _items(view, field, [_string(view, each) for each in value])
        case Shape.STRUCT, Mapping():
            return structs.write(view, value, field)
        case Shape.STRUCTS, tuple():
            items = [structs.write(view, each, field) for each in value if isinstance(each, Mapping)]
            return _items(view, field, items)
        case Shape.NUMBER, int() if field.integer:
            return f"[{view.integer(value, field.type, field.integer)}]"
        case Shape.NUMBERS, tuple() if field.integer:
            integer = field.integer
            return _items(
                view, field, [view.integer(each, field.type, integer) for each in value if isinstance(each, int)]
            )
    return format.NO_VALUE


def is_part(view: View, field: Field) -> bool:
    """Whether only the beginning was kept, or could be read."""
    return bool(_marks(view, field) & {"part", "fault"})


def _marks(view: View, field: Field) -> frozenset[str]:
    marks = view.call.exit_marks if field.exit else view.call.entry_marks
    return marks.get(field.label, frozenset())


def text(view: View, field: Field, value: bytes, *, hexadecimal: bool = False) -> str:
    """Content, or a string: at most the beginning of it."""
    length = len(value) + is_part(view, field)
    return format.content(value, view.limit, length=length, hexadecimal=hexadecimal)


def _items(view: View, field: Field, items: list[str]) -> str:
    """A list, of which there was more, or of which the rest could not be read (print_array_ex, printargv)."""
    marks = _marks(view, field)
    if "fault" in marks:
        return format.listed([*items, format.MORE + format.comment(format.NO_ADDRESS)], view.limit)
    return format.listed([*items, format.MORE] if "part" in marks else items, view.limit)


def _string(view: View, item: Value) -> str:
    match item:
        case bytes():
            return format.content(item, view.limit)
        case Cut():
            return format.content(item.beginning, view.limit, length=len(item.beginning) + 1)
    return format.NO_ADDRESS
