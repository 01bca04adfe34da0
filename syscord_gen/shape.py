"""Read a tree by the description in ``keys``: build the objects and say what does not fit.

Reading goes on after a problem.  A value that cannot be read is left at its field's default, or at ``""`` where the
field has none, so that the checks that follow can see what is there and pass over what has been reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from syscord_gen.keys import IDENTIFIER, Choice, Entries, Flag, Key, Kind, ListOf, Record, Word
from syscord_gen.model import Where
from syscord_gen.problems import Code, Problem, hint, one_of
from syscord_gen.tree import List, Table, Text, Tree, describe

UNREAD: Any = None


def read(kind: Kind, tree: Tree, what: str) -> tuple[Any, list[Problem]]:
    """The value of ``tree`` as ``kind`` says, None if there is none to read, and the problems.

    ``what`` names the value in messages.
    """
    reader = _Reader()
    return reader.read(kind, tree, what), reader.problems


class _Reader:
    """Collects problems while it walks a tree.

    ``context`` names the syscall, struct or symbol set that it is in, ``innermost`` the place of the innermost record.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.context = ""
        self.innermost: Where | None = None

    def read(self, kind: Kind, tree: Tree, what: str) -> Any:
        match kind:
            case Word():
                return self.word(kind, tree, what)
            case Flag():
                return self.flag(tree, what)
            case Choice():
                return self.choice(kind, tree, what)
            case ListOf():
                return self.list_of(kind, tree, what)
            case Entries():
                return self.entries(kind, tree, what)
            case Record():
                return self.record(kind, tree, what)

    def bad(self, where: Where, code: Code, text: str) -> None:
        self.problems.append(Problem(where, code, f"{self.context}{text}", self.innermost))

    @contextmanager
    def inside(self, context: str) -> Iterator[None]:
        """Messages in this block begin with ``context``."""
        outer, self.context = self.context, f"{context}: "
        yield
        self.context = outer

    def text(self, tree: Tree, what: str, form: str) -> str:
        """The text of a scalar, ``""`` if it is none or empty, which is reported."""
        if not isinstance(tree, Text):
            self.bad(tree.where, Code.WRONG_KIND, f"{what} is {describe(tree)}. Write {form}")
            return ""
        if not tree.value:
            self.bad(tree.where, Code.EMPTY, f"{what} is empty. Write {form}, or leave the key out")
        return tree.value

    def word(self, kind: Word, tree: Tree, what: str) -> Any:
        value = self.text(tree, what, kind.form)
        if value and kind.pattern and not re.fullmatch(kind.pattern, value):
            self.bad(tree.where, Code.BAD_VALUE, f"{what} is '{value}'. Write {kind.form}")
            return UNREAD
        return value or UNREAD

    def flag(self, tree: Tree, what: str) -> Any:
        value = self.text(tree, what, "true or false")
        if value and value not in ("true", "false"):
            self.bad(tree.where, Code.BAD_VALUE, f"{what} is '{value}'. Write true or false")
        return value == "true"

    def choice(self, kind: Choice, tree: Tree, what: str) -> Any:
        value = self.text(tree, what, one_of(kind.texts).removeprefix("Write "))
        if value and value not in kind.texts:
            self.bad(tree.where, Code.BAD_VALUE, f"{what} is '{value}'. {hint(value, kind.texts, one_of(kind.texts))}")
            return UNREAD
        return (kind.words if isinstance(kind.words, type) else str)(value) if value else UNREAD

    def list_of(self, kind: ListOf, tree: Tree, what: str) -> Any:
        if not isinstance(tree, List):
            self.bad(tree.where, Code.WRONG_KIND, f"{what} is {describe(tree)}. Write a list, even for one")
            return UNREAD
        if not tree.items:
            self.bad(tree.where, Code.EMPTY, f"{what} is an empty list. Leave the key out, or name one")
        title = kind.item.title if isinstance(kind.item, Record) else f"an item of {what}"
        values = (self.read(kind.item, item, title) for item in tree.items)
        return tuple(value for value in values if value is not UNREAD)

    def entries(self, kind: Entries, tree: Tree, what: str) -> Any:
        title = kind.record.title
        if not isinstance(tree, Table):
            advice = f"Write a mapping: each {title}'s name, and its keys"
            self.bad(tree.where, Code.WRONG_KIND, f"{what} is {describe(tree)}. {advice}")
            return UNREAD
        if not tree.entries:
            self.bad(tree.where, Code.EMPTY, f"{what} is an empty mapping. Leave the key out, or declare a {title}")
        values = (self.entry(kind.record, name, entry) for name, entry in self.once(tree))
        return tuple(value for value in values if value is not UNREAD)

    def entry(self, record: Record, name: Text, tree: Tree) -> Any:
        if not re.fullmatch(IDENTIFIER.pattern, name.value):
            text = f"the {record.title} is called '{name.value}'. Write {IDENTIFIER.form}"
            self.bad(name.where, Code.BAD_VALUE, text)
            return UNREAD
        with self.inside(f"{record.title} '{name.value}'"):
            return self.record(record, tree, "it", name)

    def record(self, record: Record, tree: Tree, what: str, name: Text | None = None) -> Any:
        if not isinstance(tree, Table):
            keys = ", ".join(key.name for key in record.keys if key.required)
            self.bad(tree.where, Code.WRONG_KIND, f"{what} is {describe(tree)}. Write a mapping with {keys}")
            return UNREAD
        where = tree.where if name is None else name.where
        outer, self.innermost = self.innermost, where
        values = {"name": name.value} if name is not None else {}
        self.fields(record, tree, where, values)
        self.innermost = outer
        return record.make(**values) if record.make is dict else record.make(where=where, **values)

    def fields(self, record: Record, table: Table, where: Where, values: dict[str, Any]) -> None:
        """Put the keys' values into ``values``; what is required and cannot be had is empty."""
        given = {key.value for key, _ in table.entries}
        for key in record.keys:
            if key.required:
                values[key.name] = () if isinstance(key.kind, ListOf) else ""
            if key.required and key.name not in given:
                self.missing(record, key, where)
        for text, value in self.once(table):
            self.field(record, text, value, values)

    def missing(self, record: Record, key: Key, where: Where) -> None:
        text = f"the {record.title} has no '{key.name}'. Write '{key.name}:' with {key.brief}"
        self.bad(where, Code.MISSING_KEY, text)

    def field(self, record: Record, text: Text, tree: Tree, values: dict[str, Any]) -> None:
        key = record.key(text.value)
        if key is None:
            names = [key.name for key in record.keys]
            near = hint(text.value, names, one_of(names))
            self.bad(text.where, Code.UNKNOWN_KEY, f"unknown key '{text.value}'. {near}")
            return
        value = self.read(key.kind, tree, f"'{key.name}'")
        if value is not UNREAD:
            values[key.name] = value

    def once(self, table: Table) -> Iterator[tuple[Text, Tree]]:
        """The entries, each key once; a key that was there before is reported."""
        first: dict[str, Where] = {}
        for key, value in table.entries:
            if key.value in first:
                text = f"'{key.value}' was given before, in line {first[key.value].line}. Keep one of the two"
                self.bad(key.where, Code.DUPLICATE_KEY, text)
                continue
            first[key.value] = key.where
            yield key, value
