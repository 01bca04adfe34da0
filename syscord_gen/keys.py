"""The keys that a handler file can have.  The reader, the Python declarations and the JSON Schema are made from them.

Each key has a kind of value, and a sentence for the authors of handlers.  Add a key here, and its field in ``model``.
Then the reader reads it, the check checks it, editors complete it, and the documentation has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from syscord_gen.model import Argument, Direction, Format, Member, Struct, Symbols, Syscall, Where
from syscord_gen.types import MEMORY, SCALARS

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
UAPI = "asm|asm-generic|drm|linux|misc|mtd|rdma|scsi|sound|video|xen"


@dataclass(frozen=True)
class Word:
    """Text of one form.  ``pattern`` must match all of the text (an empty one allows any text).

    ``form`` describes the pattern in words.  ``known`` are the words that an editor offers.  ``number`` allows a YAML
    number too.
    """

    pattern: str = ""
    form: str = "text"
    known: tuple[str, ...] = ()
    number: bool = False


@dataclass(frozen=True)
class Flag:
    """``true`` or ``false``, and no other word that YAML would take for them."""


@dataclass(frozen=True)
class Choice:
    """One of an Enum's values, or of plain words."""

    words: type[Enum] | tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The words as they are written."""
        return self.words if isinstance(self.words, tuple) else tuple(str(word.value) for word in self.words)


@dataclass(frozen=True)
class ListOf:
    """A list of at least one."""

    item: Kind


@dataclass(frozen=True)
class Entries:
    """A mapping from names to records; the name is the record's ``name``."""

    record: Record


@dataclass(frozen=True)
class Key:
    """One key of a record."""

    name: str
    kind: Kind
    doc: str
    required: bool = False

    @property
    def brief(self) -> str:
        """The doc's first clause, to stand inside a sentence."""
        first = re.split(r"[;:.](?: |$)", self.doc)[0]
        return first[0].lower() + first[1:]


@dataclass(frozen=True)
class Record:
    """A mapping with fixed keys.  ``make`` builds the object from their values, a ``where`` and maybe a ``name``."""

    title: str
    make: Callable[..., Any]
    keys: tuple[Key, ...]

    def key(self, name: str) -> Key | None:
        """The key called ``name``, or None."""
        return next((key for key in self.keys if key.name == name), None)


Kind = Word | Flag | Choice | ListOf | Entries | Record


def _argument(name: str, where: Where, label: str = "", **values: Any) -> Argument:
    return Argument(name=name, label=label or name, where=where, **values)


def _member(name: str, where: Where, label: str = "", **values: Any) -> Member:
    return Member(name=name, label=label or name, where=where, **values)


TEXT = Word()
IDENTIFIER = Word(NAME, "a C name: letters, digits and '_', not starting with a digit")
MEMBER_NAME = Word(rf"{NAME}(\.{NAME})*(\[[0-9]+\])?", "a member's C name, 'x', 'x.y' or 'x[0]'")
TYPE = Word(rf"{NAME}( {NAME})*", "a type's name", known=(*SCALARS, *MEMORY))
SCALAR = Choice(tuple(SCALARS))
LENGTH = Word(rf"{NAME}|[1-9][0-9]*", "an argument's name, 'ret', or a count from 1", number=True)
C_TYPE = Word(rf"((struct|union) )?{NAME}", "a C type's name: 'struct x', 'union x' or 'x_t'")
HEADER = Word(rf"(uapi/)?({UAPI})/([A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+\.h", "a kernel header: 'linux/x.h' or 'asm/x.h'")

_SYMBOLS = Key("symbols", IDENTIFIER, "The set of named constants for the value, from handlers/symbols/.")
_FORMAT = Key("format", Choice(Format), "The format of the integer in the text record, if it is not that of the type.")

ARGUMENT = Record("argument", _argument, (
    Key("name", IDENTIFIER, "The argument's name in the kernel's prototype.", required=True),
    Key("label", IDENTIFIER, "The field's name in the record, if it is not the argument's name."),
    Key("type", TYPE, "The scalar in the register; with a direction, the type that the pointer points to: a scalar, a "
        "memory type, or a struct that a handler file declares.", required=True),
    Key("direction", Choice(Direction), "Who writes the memory behind the pointer: the kernel reads 'in' memory, and "
        "it is recorded at entry; the kernel writes 'out' memory, and it is recorded at exit if the call succeeded."),
    Key("length", LENGTH, "The number of elements (bytes, for 'bytes'): the argument that holds the number, 'ret' for "
        "the result, or a count."),
    Key("room", IDENTIFIER, "The argument that holds the size of the caller's buffer in bytes; nothing after the "
        "buffer is read."),
    Key("recv_flags", IDENTIFIER, "Of what a socket receives: the argument that holds the flags. With MSG_TRUNC, "
        "streams throw their bytes away; then none are recorded, and the field is marked as cut off. The socket is the "
        "first argument of type 'fd'."),
    _SYMBOLS,
    _FORMAT,
    Key("members", ListOf(MEMBER_NAME), "The struct's members to record, in this order, if not all."),
    Key("skip", Flag(), "true: the argument is not recorded; another argument's length can still name it."),
    Key("doc", TEXT, "A sentence for the reference."),
))  # fmt: skip

MEMBER = Record("member", _member, (
    Key("name", MEMBER_NAME, "Its name in C; 'x.y' for a member of a member, 'x[0]' for an element.", required=True),
    Key("label", IDENTIFIER, "The field's name in the record, if it is not the member's name."),
    Key("type", SCALAR, "The scalar that the record stores.", required=True),
    _SYMBOLS,
    _FORMAT,
))  # fmt: skip

STRUCT = Record("struct", Struct, (
    Key("c_type", C_TYPE, "The struct's name in C, such as 'struct pollfd'.", required=True),
    Key("header", HEADER, "The user-space header that defines it.", required=True),
    Key("doc", TEXT, "A sentence for the reference."),
    Key("members", ListOf(MEMBER), "The members that a record can have.", required=True),
))  # fmt: skip

SYSCALL = Record("syscall", Syscall, (
    Key("doc", TEXT, "What the syscall does, in a sentence.", required=True),
    Key("args", ListOf(ARGUMENT), "The arguments, in the order of the kernel's prototype; at most 6."),
    Key("also", ListOf(ARGUMENT), "More fields from the same arguments: another type, direction or label for one of "
        "args."),
    Key("ret", SCALAR, "The result's type; 'long' if not given."),
    Key("ret_format", Choice(Format), "The format of the result in the text record, if it is not that of the type."),
    Key("never_returns", Flag(), "true: there is no exit, so the record is written at entry."),
    Key("returns_twice", Flag(), "true: the new process or thread returns from it too."),
    Key("replaces_memory", Flag(), "true: after success the process has the memory of another program."),
    Key("no_result", Flag(), "true: the register holds no result after it."),
))  # fmt: skip

HANDLER_FILE = Record("handler file", dict, (
    Key("title", TEXT, "The kernel subsystem, as a heading.", required=True),
    Key("doc", TEXT, "A sentence under the heading."),
    Key("structs", Entries(STRUCT), "The structs that arguments point to, by the name that 'type' uses."),
    Key("syscalls", Entries(SYSCALL), "The syscalls, by name."),
))  # fmt: skip

SYMBOLS = Record("symbol set", Symbols, (
    Key("kind", Choice(("enum", "flags")), "'enum': the value is one of the names; 'flags': the value is any of "
        "them, ORed.", required=True),
    Key("headers", ListOf(HEADER), "The headers that define the names.", required=True),
    Key("names", ListOf(IDENTIFIER), "The constants. Their values come from the headers, for each architecture.",
        required=True),
    Key("doc", TEXT, "A sentence for the reference."),
))  # fmt: skip

SYMBOL_FILE = Entries(SYMBOLS)
