"""The phase *names*: nothing is declared twice, or called by a name that is taken or that no kernel knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from syscord_gen.model import Model, Struct, Symbols, Syscall, Where
from syscord_gen.problems import Code, Problem, hint
from syscord_gen.syscall_names import syscall_names
from syscord_gen.types import MEMORY, SCALARS

RESERVED = ("res", "ret", "abi", "entry", "nr")
# What stands behind a label in a trace (docs/trace-format.md), and so can't make another label of it.
SUFFIXES = ("_out", "_marks")


class Declared(Protocol):
    """What has a name and a place."""

    @property
    def name(self) -> str: ...
    @property
    def where(self) -> Where: ...


def check_names(model: Model) -> Iterator[Problem]:
    """Duplicates over all files and within each declaration, unknown syscalls, labels that clash."""
    yield from _stems(model)
    for title, declared in (("syscall", model.syscalls), ("struct", model.structs), ("symbol set", model.symbols)):
        yield from _twice(title, declared, "Keep one of the two")
    for syscall in model.syscalls:
        yield from _syscall(syscall)
    for struct in model.structs:
        yield from _struct(struct)
    for symbols in model.symbols:
        yield from _symbols(symbols)


def _stems(model: Model) -> Iterator[Problem]:
    """``file.yaml`` and ``file.py`` would be one option of the build."""
    first: dict[str, Where] = {}
    for file in model.files:
        if file.stem in first:
            text = f"'{first[file.stem].file}' has the same stem, and the stem names an option of the build. Rename one"
            yield Problem(file.where, Code.DUPLICATE, text)
        first.setdefault(file.stem, file.where)


def _twice(title: str, declared: Iterable[Declared], advice: str) -> Iterator[Problem]:
    first: dict[str, Where] = {}
    for item in declared:
        if item.name in first and item.name:
            text = f"{title} '{item.name}' is declared in {first[item.name]} too. {advice}"
            yield Problem(item.where, Code.DUPLICATE, text)
        first.setdefault(item.name, item.where)


def _syscall(syscall: Syscall) -> Iterator[Problem]:
    if syscall.name not in syscall_names():
        near = hint(syscall.name, syscall_names(), "Write the name as in asm/unistd.h, without __NR_")
        text = f"no architecture has a syscall '{syscall.name}'. {near}"
        yield Problem(syscall.where, Code.UNKNOWN_SYSCALL, text)
    yield from _twice("argument", syscall.args, "Keep one of the two; a second view goes under 'also'")
    recorded = [arg for arg in (*syscall.args, *syscall.also) if not arg.skip]
    yield from _labels(recorded)
    taken = {label + suffix: label for label in (arg.label for arg in recorded) for suffix in SUFFIXES}
    for arg in recorded:
        if arg.label in RESERVED:
            text = f"label '{arg.label}' is the record's own. Write another 'label:' for argument '{arg.name}'"
            yield Problem(arg.where, Code.LABEL_RESERVED, text)
        if arg.label in taken:
            text = f"label '{arg.label}' is what a trace makes of '{taken[arg.label]}'. Write another 'label:'"
            yield Problem(arg.where, Code.LABEL_RESERVED, text)


def _struct(struct: Struct) -> Iterator[Problem]:
    if struct.name in SCALARS or struct.name in MEMORY:
        text = f"struct '{struct.name}' has the name of a built-in type. Call it '{struct.name}_struct'"
        yield Problem(struct.where, Code.TYPE_TAKEN, text)
    yield from _labels(struct.members)


class Labelled(Declared, Protocol):
    """What becomes a field of the record."""

    @property
    def label(self) -> str: ...
    @property
    def type(self) -> str: ...


def _labels(fields: Sequence[Labelled]) -> Iterator[Problem]:
    first: dict[str, Labelled] = {}
    for item in fields:
        labels = MEMORY[item.type].fields if item.type in MEMORY else ()
        for label in labels or (item.label,):
            other = first.setdefault(label, item)
            if other is not item and label:
                text = f"label '{label}' is that of '{other.name}' in {other.where} too. Write another 'label:'"
                yield Problem(item.where, Code.LABEL_TWICE, text)


def _symbols(symbols: Symbols) -> Iterator[Problem]:
    for values, title in ((symbols.names, "name"), (symbols.headers, "header")):
        for value in sorted({value for value in values if values.count(value) > 1}):
            text = f"symbol set '{symbols.name}' has the {title} '{value}' more than once. Keep one"
            yield Problem(symbols.where, Code.DUPLICATE, text)
