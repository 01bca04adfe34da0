"""Declare handlers in Python, for families that YAML would have to repeat.

A file ``handlers/*.py`` sets ``HANDLERS = handlers(...)``.  The keys mean what they mean in YAML, are checked by the
same code, and give the same model.  The place of a declaration is the line of the file's own top level that asks for
it, so that a helper function in between does not hide which one is meant.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

from syscord_gen.model import Where
from syscord_gen.tree import List, Table, Text, Tree

Value = str | int | bool | Sequence["Value"] | Mapping[str, "Value"] | Table | None


@dataclass(frozen=True)
class Named:
    """A syscall or a struct, with the name that it is declared under."""

    name: Text
    table: Table


def arg(
    name: str,
    type: str,
    *,
    label: str | None = None,
    direction: str | None = None,
    length: str | int | None = None,
    room: str | None = None,
    recv_flags: str | None = None,
    symbols: str | None = None,
    format: str | None = None,
    members: Sequence[str] | None = None,
    skip: bool | None = None,
    doc: str | None = None,
) -> Table:
    """An argument of a syscall, or a further view of one."""
    return _table(name=name, label=label, type=type, direction=direction, length=length, room=room,
                  recv_flags=recv_flags, symbols=symbols, format=format, members=members, skip=skip,
                  doc=doc)  # fmt: skip


def member(
    name: str, type: str, *, label: str | None = None, symbols: str | None = None, format: str | None = None
) -> Table:
    """A member of a struct."""
    return _table(name=name, label=label, type=type, symbols=symbols, format=format)


def struct(name: str, *, c_type: str, header: str, members: Sequence[Table], doc: str | None = None) -> Named:
    """A struct that arguments lead to; ``name`` is what their ``type`` gives."""
    return Named(Text(name, _where()), _table(c_type=c_type, header=header, doc=doc, members=members))


def syscall(
    name: str,
    *,
    doc: str,
    args: Sequence[Table] | None = None,
    also: Sequence[Table] | None = None,
    ret: str | None = None,
    ret_format: str | None = None,
    never_returns: bool | None = None,
    returns_twice: bool | None = None,
    replaces_memory: bool | None = None,
    no_result: bool | None = None,
) -> Named:
    """The handler of one syscall."""
    table = _table(doc=doc, args=args, also=also, ret=ret, ret_format=ret_format, never_returns=never_returns,
                   returns_twice=returns_twice, replaces_memory=replaces_memory, no_result=no_result)  # fmt: skip
    return Named(Text(name, _where()), table)


def handlers(
    title: str, *, doc: str | None = None, structs: Sequence[Named] = (), syscalls: Sequence[Named] = ()
) -> Table:
    """The whole of a handler file."""
    where = _where()
    fields: dict[str, Tree] = {"structs": _entries(structs, where), "syscalls": _entries(syscalls, where)}
    given = [(Text(key, where), tree) for key, tree in fields.items() if isinstance(tree, Table) and tree.entries]
    return Table((*_table(title=title, doc=doc).entries, *given), where)


def _entries(declared: Sequence[Named], where: Where) -> Table:
    return Table(tuple((named.name, named.table) for named in declared), where)


def _table(**keys: Value) -> Table:
    """A table of the keys that were given."""
    where = _where()
    given = {key: value for key, value in keys.items() if value is not None}
    return Table(tuple((Text(key, where), _tree(value, where)) for key, value in given.items()), where)


def _tree(value: Value, where: Where) -> Tree:
    match value:
        case Table():
            return value
        case bool():
            return Text(str(value).lower(), where)
        case str() | int():
            return Text(str(value).strip(), where)
        case Mapping():
            return Table(tuple((Text(key, where), _tree(item, where)) for key, item in value.items()), where)
        case Sequence():
            return List(tuple(_tree(item, where) for item in value), where)
    raise TypeError(f"{value!r} is no value of a key. Write a text, a number, True or False, or a list")


def _where() -> Where:
    """The line of the handler file that is being run at its top level; a file run by hand gives its own path."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    assert frame is not None, "every Python program has a module at its bottom"
    return Where(frame.f_code.co_filename, frame.f_lineno)
