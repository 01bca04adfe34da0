"""What the events of a trace are made of: frozen data, made from a trace's metadata (``tsdl``) or from text.

An ``EventClass`` is one layout of one event.  A syscall has several (docs/trace-format.md, *Events*): they differ in
how the result and the duration are stored, and in whether the exit's fields are there.  What a program sees of them is
the same, so most code asks for ``name`` and ``fields`` and does not care which of them it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

#: Marks of a field behind a pointer, as in the trace (docs/trace-format.md, *Fields*).
PART, FAULT, NULL, LATE = 1, 2, 4, 8

#: The marks that the text record shows, in its order, with their names there.
MARK_NAMES = ((PART, "part"), (FAULT, "fault"), (LATE, "late"))

#: The largest negative errno that a syscall can return: results from -4095 to -1 are errors.
MAX_ERROR = 4095


class Base(Enum):
    """How the text record prints an integer."""

    DEC = "dec"
    HEX = "hex"
    OCT = "oct"


class Kind(Enum):
    """What an event is."""

    SYSCALL = "syscall"
    UNKNOWN = "unknown"  # a syscall by a number that the 64-bit table does not have
    COMPAT = "compat"  # a 32-bit syscall: name and result, no fields
    PROCESS = "process"  # who a thread is, from here on
    OPEN_FILE = "open_file"  # what a file descriptor of a process stands for, when the recording began
    SAME_FILE = "same_file"  # the same: it is that of a descriptor that is described already
    OPEN_FILES = "open_files"  # whose descriptors a process shares, or how many of its own are described
    DESCRIPTION = "description"  # the end of a description of what there was
    ANCHOR = "anchor"  # what the time of day was then
    OTHER = "other"  # a description that this reader does not know

    @property
    def is_call(self) -> bool:
        """Whether it is a syscall, of whatever table."""
        return self in (Kind.SYSCALL, Kind.UNKNOWN, Kind.COMPAT)


class Shape(Enum):
    """What a field's value is, and so of which Arrow type its column is (``batch.Column``)."""

    INTEGER = "integer"  # an integer in a register; the one shape that is not behind a pointer, and has no marks
    TEXT = "text"  # a path or a string, as bytes
    BYTES = "bytes"  # content, or a value from a text record, as bytes
    ADDRESS = "address"  # a socket address: as in memory, or, from a text record, as it is written there
    STRINGS = "strings"  # a list of strings, each with marks of its own
    STRUCT = "struct"  # one struct, or none
    STRUCTS = "structs"  # a list of structs
    NUMBER = "number"  # one integer behind a pointer, or none
    NUMBERS = "numbers"  # a list of integers


@dataclass(frozen=True)
class Symbols:
    """A set of named constants.

    ``kind`` is "enum" (a value is one of them) or "flags" (a value is some of them, ORed).  ``values`` keeps the order
    of the metadata.
    """

    name: str
    kind: str
    values: Mapping[str, int] = field(hash=False)

    @cached_property
    def labels(self) -> Mapping[int, str]:
        """The first label of each value."""
        found: dict[int, str] = {}
        for label, value in self.values.items():
            found.setdefault(value, label)
        return found


@dataclass(frozen=True)
class Integer:
    """How an integer is stored (``bits``: 8 to 64, ``signed``) and meant (``base``, ``symbols``)."""

    bits: int
    signed: bool
    base: Base = Base.DEC
    symbols: Symbols | None = None


@dataclass(frozen=True)
class Member:
    """One member of a struct.  ``type`` is the handler's: "u64", "mode_t" ..."""

    label: str
    type: str
    integer: Integer


@dataclass(frozen=True)
class Field:
    """One field of an event.

    ``label`` is the text record's (no leading underscore, no ``_out``).  ``exit`` says that the kernel wrote it; labels
    are unique among the entry's fields, and among the exit's.  ``type`` is the handler's type: "fd", "mode_t", "path",
    "string", "strings", "bytes", "sockaddr", the name of a struct, or "" if nobody knows (a text record).  ``integer``
    is there for INTEGER, NUMBER and NUMBERS, ``members`` for STRUCT and STRUCTS.  ``key`` is unique in the event:
    the label, with ``_out`` behind it if an entry's field has the same.
    """

    label: str
    shape: Shape
    type: str = ""
    exit: bool = False
    integer: Integer | None = None
    members: tuple[Member, ...] = ()
    key: str = ""


@dataclass(frozen=True)
class ArgumentField:
    """A field that came of an argument; ``single``: it is one element, not a list."""

    label: str
    exit: bool = False
    single: bool = False


@dataclass(frozen=True)
class Prototype:
    """How a syscall is called: the type of its result, and the fields, perhaps none, that came of each argument."""

    ret: str
    arguments: tuple[tuple[ArgumentField, ...], ...]


@dataclass(frozen=True)
class EventClass:
    """One layout of one event.

    ``id`` is the trace's number for it (-1: from a text record).  ``unseen``: the entry was not seen, so there is no
    duration.  ``answered``: there was none, as a seccomp filter or a debugger answered in the kernel's
    place.  ``no_result``: the call has no result.  ``nr`` is the syscall's number (None: it is in the event, or
    there is none).  ``ret`` says how a result that is no error is meant, and ``ret_type`` is its type in the handler
    ("" if there is none).  ``trace`` counts the traces that are read together, from 0.  ``follows``: no filter of the
    recording leaves out calls that end what a descriptor stands for; where one does, nobody knows what that is.
    """

    id: int
    kind: Kind
    name: str
    fields: tuple[Field, ...] = ()
    nr: int | None = None
    ret_type: str = ""
    ret: Integer = Integer(64, True)
    unseen: bool = False
    answered: bool = False
    no_result: bool = False
    prototype: Prototype | None = None
    trace: int = 0
    follows: bool = True

    @cached_property
    def entry(self) -> tuple[Field, ...]:
        """The fields that say what was asked for."""
        return tuple(field for field in self.fields if not field.exit)

    @cached_property
    def exit(self) -> tuple[Field, ...]:
        """The fields that the kernel wrote to memory."""
        return tuple(field for field in self.fields if field.exit)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Which argument a field came of, by its label."""
        arguments = self.prototype.arguments if self.prototype else ()
        return {field.label: place for place, fields in enumerate(arguments) for field in fields}

    @cached_property
    def full_name(self) -> str:
        """The name that tells it from all others: a 32-bit syscall is not the 64-bit one of that name."""
        return f"{self.name} (32-bit)" if self.kind is Kind.COMPAT else self.name
