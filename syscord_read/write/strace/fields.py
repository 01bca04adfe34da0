"""Fields of a record as strace writes them, by shape and type: what all formatters share."""

from __future__ import annotations

from collections.abc import Mapping

from syscord_read.model.layout import Field, Shape
from syscord_read.model.value import Cut, Missing, Value
from syscord_read.write.strace import format, sockets, structs
from syscord_read.write.strace.view import View


def address(view: View, label: str, pointer: Field | None) -> str:
    """Where the memory of a field is that was not read."""
    value = view.entry(pointer.label) if pointer else None
    return format.address(value) if isinstance(value, int) else view.address(label)


def written(view: View, field: Field, pointer: Field | None = None) -> str:
    """A field's value, as its type says."""
    value = view.exit(field.label) if field.exit else view.entry(field.label)
    if value is Missing.NULL:
        return format.NULL
    if value is None or value is Missing.FAULT or is_unreadable(view, field, value):
        return address(view, field.label, pointer)
    return _value(view, field, value)


def is_unreadable(view: View, field: Field, value: Value) -> bool:
    """Whether memory ended within what strace reads at once: then it writes the address, not the beginning.

    Of content and strings it reads as much as it shows, and one byte more (printstr_ex).
    """
    if not isinstance(value, bytes) or not view.is_fault(field.label, exit=field.exit):
        return False
    return field.shape is Shape.ADDRESS or field.type == "path" or len(value) <= view.limit


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
            return sockets.optional(view, value, view.address(field.label))
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
        return cut_list(view, field.label, items, ELEMENTS.get(field.type, 0))
    return format.listed([*items, format.MORE] if "part" in marks else items, view.limit)


#: Bytes in memory of elements of lists that strace reads one by one.
ELEMENTS = {"strings": 8, "pollfd": 8, "pollfd_fd_events": 8, "buffer": 16}


def cut_list(view: View, label: str, items: list[str], size: int) -> str:
    """A list whose rest could not be read, with the address of that; ``size``: bytes of an element, 0: not known."""
    begin = view.register(label)
    rest = format.NO_ADDRESS if begin is None or not size else format.address(begin + len(items) * size)
    return format.listed([*items, format.MORE + format.comment(rest)], view.limit)


def _string(view: View, item: Value) -> str:
    match item:
        case bytes():
            return format.content(item, view.limit)
        case Cut() if not item.fault or len(item.beginning) > view.limit:
            return format.content(item.beginning, view.limit, length=len(item.beginning) + 1)
    return format.NO_ADDRESS
