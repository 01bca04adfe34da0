"""The text record, read back: one line, one syscall.  docs/record-format.md describes it.

Text has no types: what a process gave and what is a number look alike.  So every value is bytes here, as they were
before quoting, and ``parse_integer`` makes a number of those that are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from syscord_read.model.value import DIGITS_MAX, INTEGER, S64_MIN, U64_MAX, Cut, Missing, parse_integer

TextValue: TypeAlias = "bytes | Missing | Cut | tuple[TextValue, ...] | Mapping[str, TextValue]"
Fields: TypeAlias = Mapping[str, TextValue]


@dataclass(frozen=True)
class Record:
    """One syscall.  ``fields`` stand before the result, ``after`` is what the kernel wrote to memory.

    ``nr`` is there if the name is "unknown"; ``res`` is None if the syscall has no result.  ``marks`` says, for fields
    that need it, whether they are "part" of what there was, ended in a "fault", or were read "late".
    """

    pid: int
    tid: int
    name: str
    fields: Fields
    res: int | None
    after: Fields = field(default_factory=dict)
    marks: Mapping[str, frozenset[str]] = field(default_factory=dict)
    nr: int | None = None
    compat: bool = False
    unseen: bool = False
    answered: bool = False


@dataclass(frozen=True)
class Lost:
    """So many records are missing since the last such line, for one cause, on one CPU; -1: that is not known."""

    count: int
    cause: str
    cpu: int


class BadRecord(ValueError):
    """A line that is no record: which, where in it, and what is wrong."""

    def __init__(self, line: int, column: int, problem: str) -> None:
        super().__init__(f"line {line}, column {column}: {problem}")
        self.line = line
        self.column = column


def parse_lines(lines: Iterable[str]) -> Iterator[Record | Lost]:
    """What each of the lines says.  Raises BadRecord at the first that is wrong."""
    for number, line in enumerate(lines, 1):
        yield parse_line(line, number)


def parse_line(line: str, number: int = 1) -> Record | Lost:
    """What one line says, with or without its newline.  Raises BadRecord, which names the line by its number."""
    cursor = _Cursor(line.removesuffix("\n"), number)
    result = _lost(cursor) if cursor.text.startswith("lost=") else _record(cursor)
    if not cursor.at_end():
        raise cursor.error("the line should end here")
    return result


#: Numbers of processes, threads and CPUs; the number of a syscall, as a process may give it.
S32_MAX, S64_MAX = (1 << 31) - 1, (1 << 63) - 1

_DECIMAL = re.compile(r"-?[0-9]+")
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MARKS = re.compile(r"\((part|fault|late)(\+(part|fault|late))*\)")
_INET6 = re.compile(r"\[[0-9a-f:.]+(%[0-9]+)?\]:[0-9]+")
_PLAIN = re.compile(r"[ !#-+\--\[\]-~]+")
_PLAIN_IN_LIST = re.compile(r"[!#-+\--Z^-z|~]+")
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\[ntr"\\]|\\[0-3][0-7]{2})*)"')
_ESCAPE = re.compile(rb'\\([ntr"\\]|[0-7]{3})')
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b'"': b'"', b"\\": b"\\"}
_DOTS = "..."


@dataclass
class _Cursor:
    """Where in a line the reading is."""

    text: str
    number: int
    at: int = 0

    def at_end(self) -> bool:
        return self.at == len(self.text)

    def error(self, problem: str) -> BadRecord:
        return BadRecord(self.number, self.at + 1, problem)

    def follows(self, literal: str) -> bool:
        return self.text.startswith(literal, self.at)

    def skip(self, literal: str) -> bool:
        """Go past the literal, if it is what follows."""
        found = self.follows(literal)
        if found:
            self.at += len(literal)
        return found

    def need(self, literal: str) -> None:
        if not self.skip(literal):
            raise self.error(f"'{literal}' is missing here")

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def take(self, pattern: re.Pattern[str], what: str) -> str:
        found = self.match(pattern)
        if not found:
            raise self.error(f"{what} is missing here")
        return found.group()

    def decimal(self, least: int, most: int) -> int:
        """A decimal number of this range."""
        start, text = self.at, self.take(_DECIMAL, "a number")
        # Python refuses to read a number of thousands of digits.
        if len(text) > DIGITS_MAX or not least <= int(text) <= most:
            self.at = start
            raise self.error(f"there is no such number here: it is from {least} to {most}")
        return int(text)

    def integer(self, what: str) -> bytes:
        """An integer of 64 bits, with or without a sign, as it is written."""
        start, text = self.at, self.take(INTEGER, what).encode()
        try:
            parse_integer(text)
        except ValueError:
            self.at = start
            raise self.error("this is no integer of 64 bits") from None
        return text


@dataclass
class _Part:
    """Fields as they are read."""

    fields: dict[str, TextValue] = field(default_factory=dict)
    marks: dict[str, frozenset[str]] = field(default_factory=dict)


def _lost(cursor: _Cursor) -> Lost:
    cursor.need("lost=")
    count = _known(cursor, U64_MAX)
    cursor.need(", cause=")
    cause = cursor.take(_NAME, "a cause")
    cursor.need(", cpu=")
    return Lost(count, cause, _known(cursor, S32_MAX))


def _known(cursor: _Cursor, most: int) -> int:
    """A number, or -1 for ``?``."""
    return -1 if cursor.skip("?") else cursor.decimal(0, most)


def _record(cursor: _Cursor) -> Record:
    cursor.need("pid=")
    pid = cursor.decimal(0, S32_MAX)
    tid = cursor.decimal(0, S32_MAX) if cursor.skip(", tid=") else pid
    cursor.need(", ")
    name = cursor.take(_NAME, "a syscall's name")
    nr = cursor.decimal(S64_MIN, S64_MAX) if name == "unknown" and cursor.skip(", nr=") else None
    compat = cursor.skip(", abi=32")
    answered = cursor.skip(", entry=answered")
    unseen = answered or cursor.skip(", entry=unseen")
    before, after = _Part(), _Part()
    while not cursor.follows(", res="):
        _field(cursor, before)
    cursor.need(", res=")
    res = None if cursor.skip("?") else parse_integer(cursor.integer("a result"))
    while not cursor.at_end():
        _field(cursor, after)
    marks = before.marks | after.marks
    return Record(pid, tid, name, before.fields, res, after.fields, marks, nr, compat, unseen, answered)


def _field(cursor: _Cursor, part: _Part) -> None:
    if cursor.at_end():
        raise cursor.error("the line ends without ', res='")
    cursor.need(", ")
    label = cursor.take(_LABEL, "a field's label")
    if label in part.fields:
        raise cursor.error(f"there is a second field '{label}'")
    marks = cursor.match(_MARKS)
    cursor.need("=")
    part.fields[label] = _value(cursor)
    if marks:
        part.marks[label] = frozenset(marks.group()[1:-1].split("+"))


def _value(cursor: _Cursor) -> TextValue:
    address = cursor.match(_INET6)
    if address:
        return address.group().encode()
    if cursor.follows("["):
        return _list(cursor)
    if cursor.follows("{"):
        return _struct(cursor)
    return _missing(cursor) or _string(cursor, _PLAIN)


def _missing(cursor: _Cursor) -> Missing | None:
    for missing in Missing:
        if cursor.skip(missing.value):
            return missing
    if cursor.follows("<"):
        raise cursor.error("only <fault> and <null> begin with '<' outside of quotes")
    return None


def _string(cursor: _Cursor, plain: re.Pattern[str]) -> bytes:
    if not cursor.follows('"'):
        return cursor.take(plain, "a value").encode()
    found = cursor.match(_QUOTED)
    if not found:
        raise cursor.error("a quoted value has no end, or an escape that is none")
    return _ESCAPE.sub(_unescape, found.group(1).encode())


def _unescape(escape: re.Match[bytes]) -> bytes:
    code = escape.group(1)
    return _LETTERS[code] if code in _LETTERS else bytes([int(code, 8)])


def _list(cursor: _Cursor) -> tuple[TextValue, ...]:
    cursor.need("[")
    values: list[TextValue] = []
    while not cursor.skip("]"):
        if values:
            cursor.need(" ")
        values.append(_element(cursor))
    return tuple(values)


def _element(cursor: _Cursor) -> TextValue:
    if cursor.follows("{"):
        return _struct(cursor)
    if missing := _missing(cursor):
        return missing
    if cursor.follows('"'):
        value = _string(cursor, _PLAIN_IN_LIST)
        return Cut(value) if cursor.skip(_DOTS) else value
    plain = cursor.take(_PLAIN_IN_LIST, "an element")
    return Cut(plain.removesuffix(_DOTS).encode()) if plain.endswith(_DOTS) else plain.encode()


def _struct(cursor: _Cursor) -> Fields:
    cursor.need("{")
    members: dict[str, TextValue] = {}
    while not cursor.skip("}"):
        if members:
            cursor.need(" ")
        label = cursor.take(_LABEL, "a member's label")
        cursor.need("=")
        members[label] = cursor.integer("a number")
    return members
