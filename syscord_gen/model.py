"""The model: what a handler file says, as frozen data.

``load`` makes these objects from YAML or Python, ``check`` finds what is wrong with them, ``resolve`` works out what
a record looks like, ``render`` prints C, documents and schemas.  Each object knows the place it came from, so that an
error can say where.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, order=True)
class Where:
    """A place in a handler file; ``line`` counts from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Direction(Enum):
    """Who writes the memory behind a pointer, seen from the kernel: ``IN`` is read by it, ``OUT`` written by it."""

    IN = "in"
    OUT = "out"
    INOUT = "inout"


class Format(Enum):
    """How the text record prints an integer."""

    DEC = "dec"
    HEX = "hex"
    OCT = "oct"


@dataclass(frozen=True)
class Argument:
    """One argument of a syscall, or a further view of one (``Syscall.also``).

    ``name`` is the one in the kernel's prototype, ``label`` the one in the record.  Without ``direction`` the
    argument is the scalar in its register; with it, a pointer to ``type``.  ``length`` names the argument that
    holds the number of elements (bytes, for ``bytes``), or is ``"ret"``, or a plain count; ``room`` the argument
    that says how many bytes the caller has there, past which nothing is read.  ``recv_flags`` is the argument that
    has the flags with which a socket receives.  ``members`` selects members of a struct, in the order wanted; empty
    means all.  ``skip`` keeps the argument out of the record.
    """

    name: str
    label: str
    type: str
    where: Where
    direction: Direction | None = None
    length: str | None = None
    room: str | None = None
    recv_flags: str | None = None
    symbols: str | None = None
    format: Format | None = None
    members: tuple[str, ...] = ()
    skip: bool = False
    doc: str = ""


@dataclass(frozen=True)
class Syscall:
    """The declaration of one syscall: its handler."""

    name: str
    where: Where
    args: tuple[Argument, ...] = ()
    also: tuple[Argument, ...] = ()
    ret: str = "long"
    ret_format: Format | None = None
    doc: str = ""
    never_returns: bool = False
    returns_twice: bool = False
    replaces_memory: bool = False
    no_result: bool = False

    def argument(self, name: str) -> Argument | None:
        """The argument called ``name`` in the prototype, or None."""
        return next((arg for arg in self.args if arg.name == name), None)

    def position(self, name: str) -> int:
        """The register that holds the argument ``name``, counted from 0.  ValueError if there is none."""
        return [arg.name for arg in self.args].index(name)


@dataclass(frozen=True)
class Member:
    """One member of a struct that the record keeps; ``name`` is its C name (may have dots), ``label`` the record's."""

    name: str
    label: str
    type: str
    where: Where
    symbols: str | None = None
    format: Format | None = None


@dataclass(frozen=True)
class Struct:
    """A struct of the kernel's user-space interface.  The layout is the C compiler's, from ``header``."""

    name: str
    c_type: str
    header: str
    where: Where
    members: tuple[Member, ...] = ()
    doc: str = ""


@dataclass(frozen=True)
class Symbols:
    """A set of named constants, ``kind`` ``"enum"`` or ``"flags"``.  Values come from ``headers``, never from here."""

    name: str
    kind: str
    headers: tuple[str, ...]
    names: tuple[str, ...]
    where: Where
    doc: str = ""


@dataclass(frozen=True)
class HandlerFile:
    """One handler file: a kernel subsystem, and one option of the build."""

    stem: str
    title: str
    where: Where
    doc: str = ""
    syscalls: tuple[Syscall, ...] = ()
    structs: tuple[Struct, ...] = ()


@dataclass(frozen=True)
class Model:
    """All handler files and symbol sets of one run."""

    files: tuple[HandlerFile, ...] = ()
    symbols: tuple[Symbols, ...] = field(default=())

    @property
    def syscalls(self) -> tuple[Syscall, ...]:
        """Every syscall, in the order of the files and of the lines in them."""
        return tuple(syscall for file in self.files for syscall in file.syscalls)

    @property
    def structs(self) -> tuple[Struct, ...]:
        """Every struct, in the order of the files."""
        return tuple(struct for file in self.files for struct in file.structs)
