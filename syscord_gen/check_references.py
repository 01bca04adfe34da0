"""The phase *references*: every type, symbol set, member and argument that is named is declared somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from syscord_gen.model import Argument, Member, Model, Struct, Symbols, Syscall
from syscord_gen.problems import Code, Problem, hint, one_of
from syscord_gen.types import MEMORY, SCALARS


def check_references(model: Model) -> Iterator[Problem]:
    """Names that lead nowhere."""
    structs = {struct.name: struct for struct in reversed(model.structs)}
    symbols = {symbol_set.name: symbol_set for symbol_set in model.symbols}
    for struct in model.structs:
        for member in struct.members:
            yield from _symbols(member, symbols)
    for syscall in model.syscalls:
        for arg in (*syscall.args, *syscall.also):
            yield from _type(arg, structs)
            yield from _symbols(arg, symbols)
            yield from _members(arg, structs)
            yield from _length(arg, syscall)
            yield from _holder(arg, syscall, "room", arg.room, Code.UNKNOWN_LENGTH)
            yield from _holder(arg, syscall, "recv_flags", arg.recv_flags, Code.UNKNOWN_ARGUMENT)
        for view in syscall.also:
            yield from _viewed(view, syscall)


def _type(arg: Argument, structs: dict[str, Struct]) -> Iterator[Problem]:
    known = {*SCALARS, *MEMORY, *structs}
    if arg.type and arg.type not in known:
        near = hint(arg.type, known, f"Write {', '.join(SCALARS)}, {', '.join(MEMORY)}, or declare it under 'structs:'")
        text = f"argument '{arg.name}' is of the unknown type '{arg.type}'. {near}"
        yield Problem(arg.where, Code.UNKNOWN_TYPE, text)


def _symbols(item: Argument | Member, symbols: dict[str, Symbols]) -> Iterator[Problem]:
    if item.symbols and item.symbols not in symbols:
        near = hint(item.symbols, symbols, "Declare it in a file of handlers/symbols/")
        text = f"'{item.name}' has the unknown symbols '{item.symbols}'. {near}"
        yield Problem(item.where, Code.UNKNOWN_SYMBOLS, text)


def _members(arg: Argument, structs: dict[str, Struct]) -> Iterator[Problem]:
    if arg.type not in structs:
        return
    known = [member.name for member in structs[arg.type].members]
    for name in arg.members:
        if name not in known:
            near = hint(name, known, one_of(known))
            text = f"argument '{arg.name}' selects '{name}', which struct '{arg.type}' has not. {near}"
            yield Problem(arg.where, Code.UNKNOWN_MEMBER, text)


def _length(arg: Argument, syscall: Syscall) -> Iterator[Problem]:
    length = arg.length
    if length and length != "ret" and not length.isdigit() and syscall.argument(length) is None:
        known = [other.name for other in syscall.args if other.name != arg.name]
        near = hint(length, known, one_of(known) if known else "Declare it under 'args:', or write a count")
        text = f"the length of '{arg.name}' is '{length}', which is no argument of '{syscall.name}'. {near}"
        yield Problem(arg.where, Code.UNKNOWN_LENGTH, text)


def _holder(arg: Argument, syscall: Syscall, key: str, holder: str | None, code: Code) -> Iterator[Problem]:
    """Whether the argument that a key names is there."""
    if holder and syscall.argument(holder) is None:
        known = [other.name for other in syscall.args if other.name != arg.name]
        near = hint(holder, known, one_of(known) if known else "Declare it under 'args:'")
        text = f"the {key} of '{arg.name}' is '{holder}', which is no argument of '{syscall.name}'. {near}"
        yield Problem(arg.where, code, text)


def _viewed(view: Argument, syscall: Syscall) -> Iterator[Problem]:
    if view.name and syscall.argument(view.name) is None:
        known = [arg.name for arg in syscall.args]
        near = hint(view.name, known, "Declare it under 'args:' first")
        text = f"'also' views '{view.name}', which is no argument of '{syscall.name}'. {near}"
        yield Problem(view.where, Code.UNKNOWN_ARGUMENT, text)
