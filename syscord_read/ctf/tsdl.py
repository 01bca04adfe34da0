"""Metadata in TSDL, the language of the Common Trace Format 1.8, read into plain data.

It takes the part of the language that describes what is made of bytes: integers, enumerations, structs, arrays and
sequences; typealiases; the blocks trace, clock, env, stream and event.  Of events, of which there are some thousand,
only name and number are read at once; their fields when they are asked for.  ``classes`` makes sense of it all.

    https://diamon.org/ctf/v1.8.3/#specC
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn, TypeAlias

from syscord_read.errors import ReadError
from syscord_read.model.layout import Base

#: Structs in structs: more is an error, as it can only be an attempt to exhaust the reader.
DEPTH_MAX = 16


class MetadataError(ReadError):
    """Metadata that cannot be understood."""


@dataclass(frozen=True)
class IntegerType:
    """``integer { ... }``; ``name`` is the alias that it was used by, or "".  ``text``: it is a character."""

    bits: int
    signed: bool = False
    base: Base = Base.DEC
    text: bool = False
    name: str = ""


@dataclass(frozen=True)
class EnumType:
    """``enum : integer { label = value, ... }``; of a range, the value is its lower end."""

    integer: IntegerType
    labels: Mapping[str, int]
    name: str = ""


@dataclass(frozen=True)
class StructType:
    """``struct { ... }``."""

    fields: tuple[FieldType, ...]
    name: str = ""


@dataclass(frozen=True)
class ArrayType:
    """``element name[length]``; ``length`` is a number, or the name of the field that has it."""

    element: Type
    length: int | str
    name: str = ""


Type: TypeAlias = IntegerType | EnumType | StructType | ArrayType


@dataclass(frozen=True)
class FieldType:
    """One field of a struct, its name as it stands there."""

    name: str
    type: Type


Fields: TypeAlias = tuple[FieldType, ...]


@dataclass(frozen=True)
class Event:
    """An ``event`` block, of which only name and number are known; ``Metadata.parts`` reads the rest."""

    name: str
    id: int
    stream: int
    place: tuple[int, int]


Value: TypeAlias = int | str


@dataclass
class Metadata:
    """All blocks.  The keys of their entries are as they are written, such as ``"event.header"`` in ``streams``."""

    text: str
    where: str
    trace: dict[str, Value] = field(default_factory=dict)
    clock: dict[str, Value] = field(default_factory=dict)
    env: dict[str, Value] = field(default_factory=dict)
    structs: dict[str, StructType] = field(default_factory=dict)
    events: dict[tuple[int, int], Event] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)

    def parts(self, event: Event) -> tuple[Fields, Fields]:
        """What stands behind an event's header: its own context, its fields.  MetadataError if it makes no sense."""
        parser = _Parser(self, *event.place)
        values, structs = parser.block()
        if (values.get("name"), values.get("id")) != (event.name, event.id):
            raise parser.error("this event has two names, or two numbers")
        empty = StructType(())
        return structs.get("context", empty).fields, structs.get("fields", empty).fields


def parse(text: str, where: str = "metadata") -> Metadata:
    """Read metadata; ``where`` is the file's name, for errors.  MetadataError says what is wrong in which line."""
    metadata = Metadata(text, where)
    for keyword, start, end in _statements(metadata):
        if keyword == "event":
            _add_event(metadata, start, end)
        else:
            _Parser(metadata, start, end).statement()
    return metadata


# A comment without an end goes to the end of all: else each of many would be looked for there.
_COMMENT = r"/\*.*?(?:\*/|\Z)|//[^\n]*"
_SPACE = rf"(?:\s+|{_COMMENT})"
_STRING = r'"(?:[^"\\]|\\.)*"'
_KEYWORD = re.compile(rf"{_SPACE}*+([A-Za-z_]\w*)?", re.DOTALL)
_BRACE = re.compile(rf"[{{}};]|{_STRING}|{_COMMENT}", re.DOTALL)
_TOKEN = re.compile(
    rf"{_SPACE}*+(?:([A-Za-z_]\w*)|(\d\w*)|({_STRING})|(:=|\.\.\.|[{{}}()\[\];:,.=<>-])|\Z)", re.DOTALL
)
_NAME_OF_EVENT = re.compile(rf"\bname\s*=\s*({_STRING})\s*;")
_ID_OF_EVENT = re.compile(r"\bid\s*=\s*(\d\w*)\s*;")
_STREAM_OF_EVENT = re.compile(r"\bstream_id\s*=\s*(\d\w*)\s*;")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r"}


def _fail(metadata: Metadata, place: int, problem: str) -> NoReturn:
    line = metadata.text.count("\n", 0, place) + 1
    raise MetadataError(f"{metadata.where}:{line}", problem)


def _statements(metadata: Metadata) -> Iterator[tuple[str, int, int]]:
    """Each statement of the outermost level: its first word, where it begins, where it ends."""
    text, place = metadata.text, 0
    while True:
        found = _KEYWORD.match(text, place)
        assert found, "it matches nothing, too"
        if not found.group(1):
            if found.end() != len(text):
                _fail(metadata, found.end(), f"a statement should begin here, not {text[found.end()]!r}")
            return
        start = found.start(1)
        place = _end_of_statement(metadata, start)
        yield found.group(1), start, place


def _end_of_statement(metadata: Metadata, start: int) -> int:
    depth = 0
    for found in _BRACE.finditer(metadata.text, start):
        match found.group()[0]:
            case "{":
                depth += 1
            case "}":
                depth -= 1
            case ";" if depth <= 0:
                return found.end()
    _fail(metadata, start, "this statement has no end: the metadata is cut off")


def _add_event(metadata: Metadata, start: int, end: int) -> None:
    """What tells an event from others; ``Metadata.parts`` finds out whether it is sound."""
    text = metadata.text
    name, number = _NAME_OF_EVENT.search(text, start, end), _ID_OF_EVENT.search(text, start, end)
    stream = _STREAM_OF_EVENT.search(text, start, end)
    if not name or not number:
        _fail(metadata, start, "this event has no name, or no id")
    if not _unquoted(name.group(1)).isprintable():
        _fail(metadata, start, "this event has a name that does not print")
    key = (_number(metadata, stream.group(1), start) if stream else 0, _number(metadata, number.group(1), start))
    if key in metadata.events:
        _fail(metadata, start, f"there is an event of the number {key[1]} already")
    metadata.events[key] = Event(_unquoted(name.group(1)), key[1], key[0], (start, end))


def _number(metadata: Metadata, text: str, place: int) -> int:
    digits = text.rstrip("uUlL")
    octal = digits.startswith("0") and digits.isdigit()
    try:
        return int(digits, 8 if octal else 0)
    except ValueError:
        _fail(metadata, place, f"{text!r} is no number")


def _unquoted(text: str) -> str:
    return _ESCAPE.sub(lambda found: _LETTERS.get(found.group(1), found.group(1)), text[1:-1])


class _Parser:
    """Reads one statement."""

    def __init__(self, metadata: Metadata, start: int, end: int) -> None:
        self.metadata = metadata
        self.depth = 0
        self.tokens: list[tuple[str, int]] = []
        self.at = 0
        while start < end:
            found = _TOKEN.match(metadata.text, start, end)
            if not found:
                _fail(metadata, start, f"this is not TSDL: {metadata.text[start : start + 20]!r}")
            start = found.end()
            if found.lastindex:
                self.tokens.append((found.group(found.lastindex), found.start(found.lastindex)))

    def error(self, problem: str) -> MetadataError:
        """What is wrong where the reading is."""
        places = [place for _, place in self.tokens]
        place = places[min(self.at, len(places) - 1)] if places else 0
        line = self.metadata.text.count("\n", 0, place) + 1
        return MetadataError(f"{self.metadata.where}:{line}", problem)

    @property
    def next(self) -> str:
        """The next token, or "" at the end."""
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.next
        if not token:
            raise self.error("the statement ends too early")
        self.at += 1
        return token

    def skip(self, token: str) -> bool:
        found = self.next == token
        self.at += found
        return found

    def need(self, token: str) -> None:
        if not self.skip(token):
            raise self.error(f"'{token}' is missing before {self.next!r}")

    def word(self, what: str) -> str:
        if not re.fullmatch(r"[A-Za-z_]\w*", self.next):
            raise self.error(f"{what} is missing before {self.next!r}")
        return self.take()

    def number(self) -> int:
        negative = self.skip("-")
        if not self.next[:1].isdigit():
            raise self.error(f"a number is missing before {self.next!r}")
        value = _number(self.metadata, self.next, self.tokens[self.at][1])
        self.at += 1
        return -value if negative else value

    def statement(self) -> None:
        """One statement that is no event: what it says goes into the metadata."""
        metadata, keyword = self.metadata, self.next
        match keyword:
            case "trace" | "clock" | "env":
                values, structs = self.block()
                getattr(metadata, keyword).update(values)
                metadata.structs.update(structs)
            case "stream":
                values, structs = self.block()
                metadata.structs.update({f"stream{values.get('id', 0)}.{key}": type for key, type in structs.items()})
            case "typealias":
                self.alias()
            case "struct" | "enum":
                self.type()
                self.need(";")
            case _:
                raise self.error(f"{keyword!r} begins no statement of TSDL that is known here")

    def block(self) -> tuple[dict[str, Value], dict[str, StructType]]:
        """``keyword { key = value; key := struct ...; };``"""
        self.take()
        values: dict[str, Value] = {}
        structs: dict[str, StructType] = {}
        self.need("{")
        while not self.skip("}"):
            if self.next == "typealias":
                self.alias()
                continue
            key = self.dotted()
            if self.skip(":="):
                type = self.type()
                if not isinstance(type, StructType):
                    raise self.error(f"{key} is no struct")
                structs[key] = type
            else:
                self.need("=")
                values[key] = self.value()
            self.need(";")
        self.need(";")
        return values, structs

    def dotted(self) -> str:
        words = [self.word("a key")]
        while self.skip("."):
            words.append(self.word("a key"))
        return ".".join(words)

    def value(self) -> Value:
        if self.next.startswith('"'):
            return _unquoted(self.take())
        return self.number() if self.next[:1].isdigit() or self.next == "-" else self.dotted()

    def alias(self) -> None:
        """``typealias TYPE := name;``"""
        self.need("typealias")
        type = self.type()
        self.need(":=")
        name = self.word("a name")
        self.need(";")
        self.metadata.types[name] = replace(type, name=name)

    def type(self) -> Type:
        """What stands before a field's name."""
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise self.error(f"structs stand in structs more than {DEPTH_MAX} deep")
        match word := self.word("a type"):
            case "integer":
                found: Type = self.integer()
            case "enum":
                found = self.enum()
            case "struct":
                found = self.struct()
            case "string" | "floating_point" | "variant":
                raise self.error(f"a {word} is nothing that syscord writes")
            case _:
                found = self.named(word)
        self.depth -= 1
        return found

    def named(self, name: str) -> Type:
        if name not in self.metadata.types:
            raise self.error(f"there is no type {name!r}")
        return self.metadata.types[name]

    def integer(self) -> IntegerType:
        """``{ size = 32; align = 8; signed = true; base = hex; encoding = UTF8; }``"""
        entries: dict[str, Value] = {}
        self.need("{")
        while not self.skip("}"):
            key = self.word("an attribute")
            self.need("=")
            entries[key] = self.value()
            self.need(";")
        bits = entries.get("size")
        if not isinstance(bits, int) or not 1 <= bits <= 64:
            raise self.error("an integer has 1 to 64 bits")
        if entries.get("byte_order", "le") not in ("le", "native"):
            raise self.error("integers of syscord are little-endian")
        return IntegerType(
            bits,
            signed=entries.get("signed") in ("true", "TRUE", 1),
            base=_BASES.get(entries.get("base", 10), Base.DEC),
            text=entries.get("encoding", "none") != "none",
        )

    def enum(self) -> EnumType:
        """``name : integer { label = value, ... }``, of which either half may be missing."""
        name = self.take() if self.next not in (":", "{") else ""
        key = f"enum {name}"
        if self.next not in (":", "{"):
            found = self.named(key)
            assert isinstance(found, EnumType), "nothing else is put under such a key"
            return found
        integer: Type = self.type() if self.skip(":") else IntegerType(32, signed=True)
        if not isinstance(integer, IntegerType):
            raise self.error("an enumeration is of integers")
        type = EnumType(integer, self.labels(), name)
        if name:
            self.metadata.types[key] = type
        return type

    def labels(self) -> dict[str, int]:
        labels: dict[str, int] = {}
        following = 0
        self.need("{")
        while not self.skip("}"):
            label = _unquoted(self.take()) if self.next.startswith('"') else self.word("a label")
            if not label.isprintable():
                raise self.error("this label does not print")
            first = self.number() if self.skip("=") else following
            last = self.number() if self.skip("...") else first
            labels.setdefault(label, first)
            following = last + 1
            if not self.skip(",") and self.next != "}":
                raise self.error(f"',' or '}}' is missing before {self.next!r}")
        return labels

    def struct(self) -> StructType:
        """``name { fields } align(8)``, of which either half may be missing."""
        name = self.word("a struct's name") if self.next != "{" else ""
        key = f"struct {name}"
        if self.next != "{":
            found = self.named(key)
            assert isinstance(found, StructType), "nothing else is put under such a key"
            return found
        type = StructType(tuple(self.members()), name)
        if self.skip("align"):
            self.need("(")
            self.number()
            self.need(")")
        if name:
            self.metadata.types[key] = type
        return type

    def members(self) -> Iterator[FieldType]:
        self.need("{")
        while not self.skip("}"):
            if self.next == "typealias":
                self.alias()
                continue
            type = self.type()
            name = self.word("a field's name")
            while self.skip("["):
                length = self.number() if self.next[:1].isdigit() else self.dotted()
                self.need("]")
                type = ArrayType(type, length)
            self.need(";")
            yield FieldType(name, type)


_BASES: dict[Value, Base] = {
    16: Base.HEX,
    "hex": Base.HEX,
    "hexadecimal": Base.HEX,
    "x": Base.HEX,
    "X": Base.HEX,
    8: Base.OCT,
    "oct": Base.OCT,
    "octal": Base.OCT,
    "o": Base.OCT,
}
