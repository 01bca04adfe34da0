"""The model to ``docs/handlers.md``: what each record holds, and when it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from syscord_gen.model import Argument, Direction, HandlerFile, Member, Model, Struct, Symbols, Syscall
from syscord_gen.syscall_names import DECODED, architectures
from syscord_gen.types import MEMORY, SCALARS, Scalar

HEAD = """\
<!-- Made from handlers/ by `python -m syscord_gen reference`. Edit the handlers instead. -->

# The handlers

Each syscall below has a handler, so its record has typed fields. Every other syscall is recorded by its name and its
result. A record begins with `pid=`. `tid=` follows if the thread is not the first one of the process. Then come the
syscall's name, its fields under the labels given here, `res=`, and the memory that the kernel wrote.

**When a field is read.** *register*: from the argument's register. *entry*: from memory, before the kernel runs the
syscall, so that no other thread can change it afterwards. *exit*: from memory that the kernel has written, if the call
succeeded. *result*: the value that the syscall returned. A field that could not be read is `<fault>`.
"""

NOTES = (
    ("never_returns", "It never returns, so its record is written at entry and has no `res`."),
    ("returns_twice", "It returns twice: in the caller, and in the new process or thread."),
    ("replaces_memory", "If it succeeds, the process gets the memory of another program. Its fields are read before."),
    ("no_result", "The result's register does not hold a result after it, so its record has no `res`."),
)

READ = {
    None: "register",
    Direction.IN: "entry",
    Direction.OUT: "exit",
    Direction.INOUT: "entry, and again at exit",
}


def render_reference(model: Model) -> str:
    """The text of the reference; Markdown."""
    structs = {struct.name for struct in model.structs}
    blocks = [HEAD, "## Contents\n", "\n".join(_contents(model)) + "\n"]
    for file in model.files:
        blocks += _file(file, structs)
    blocks += ["## Types\n", *_types()]
    if model.symbols:
        blocks += ["## Symbols\n", *(_symbol_set(symbols) for symbols in sorted(model.symbols, key=lambda s: s.name))]
    return "\n".join(blocks)


def _contents(model: Model) -> Iterator[str]:
    for file in model.files:
        heading = _heading(file)
        links = ", ".join(f"[{syscall.name}](#{syscall.name})" for syscall in file.syscalls)
        yield f"- [{heading}](#{_anchor(heading)})" + (f": {links}" if links else "")
    yield "- [Types](#types)"
    if model.symbols:
        yield "- [Symbols](#symbols)"


def _heading(file: HandlerFile) -> str:
    """The file's name keeps the heading of a family apart from that of a syscall with the same name."""
    return f"{file.title} ({file.where.file.rpartition('/')[2]})"


def _file(file: HandlerFile, structs: set[str]) -> Iterator[str]:
    yield f"## {_heading(file)}\n"
    if file.doc:
        yield f"{file.doc}\n"
    for syscall in file.syscalls:
        yield _syscall(syscall, structs)
    for struct in file.structs:
        yield _struct(struct)


def _syscall(syscall: Syscall, structs: set[str]) -> str:
    lines = [f"### {syscall.name}", "", syscall.doc]
    lines += ["", *_notes(syscall)] if any(_notes(syscall)) else []
    rows = [row for arg in _recorded(syscall) if arg.direction is not Direction.OUT for row in _rows(arg, structs)]
    if not (syscall.never_returns or syscall.no_result):
        rows.append(("`res`", "", f"`{syscall.ret}`", "result", ""))
    rows += [row for arg in _recorded(syscall) if arg.direction is Direction.OUT for row in _rows(arg, structs)]
    lines += ["", *_table(("field", "argument", "type", "read", "values"), rows)] if rows else []
    return "\n".join(lines) + "\n"


def _recorded(syscall: Syscall) -> list[Argument]:
    return [arg for arg in (*syscall.args, *syscall.also) if not arg.skip]


def _notes(syscall: Syscall) -> Iterator[str]:
    for flag, note in NOTES:
        if getattr(syscall, flag):
            yield f"- {note}"
    lacking = [name for name in DECODED if name not in architectures().get(syscall.name, DECODED)]
    if lacking:
        yield f"- {' and '.join(lacking)} {'have' if len(lacking) > 1 else 'has'} no such syscall."


def _rows(arg: Argument, structs: set[str]) -> Iterator[tuple[str, ...]]:
    """A row for each field that the argument makes."""
    labels = MEMORY[arg.type].fields if arg.type in MEMORY else ()
    for label in labels or (arg.label,):
        yield (f"`{label}`", f"`{arg.name}`", _type(arg, structs), READ[arg.direction], _values(arg))


def _type(arg: Argument, structs: set[str]) -> str:
    name = f"[`{arg.type}`](#struct-{arg.type})" if arg.type in structs else f"`{arg.type}`"
    members = f" ({', '.join(f'`{member}`' for member in arg.members)})" if arg.members else ""
    length = {None: "", "ret": ", as many as `res`"}.get(arg.length, f", length `{arg.length}`")
    room = f", at most `{arg.room}` bytes" if arg.room else ""
    return f"{name}{members}{length}{room}"


def _values(item: Argument | Member) -> str:
    """What there is to say of a field's values: its symbols, its format, a sentence."""
    symbols = f"[{item.symbols}](#symbols-{item.symbols})" if item.symbols else ""
    form = {"hex": "hexadecimal", "oct": "octal", "dec": "decimal"}[item.format.value] if item.format else ""
    doc = item.doc if isinstance(item, Argument) else ""
    return "; ".join(part for part in (symbols, form, doc.replace("|", "\\|")) if part)


def _struct(struct: Struct) -> str:
    lines = [f"### struct {struct.name}", ""]
    lines += [f"`{struct.c_type}` of `<{struct.header}>`{': ' if struct.doc else ''}{struct.doc.rstrip('.')}.", ""]
    rows = [(f"`{m.label}`", f"`{m.name}`", f"`{m.type}`", _values(m)) for m in struct.members]
    return "\n".join([*lines, *_table(("field", "member", "type", "values"), rows)]) + "\n"


def _types() -> Iterator[str]:
    scalars = [(f"`{scalar.name}`", _bits(scalar), scalar.doc) for scalar in SCALARS.values()]
    yield "\n".join(_table(("scalar", "stored as", "what it is"), scalars)) + "\n"
    kinds = [(f"`{memory.name}`", ", ".join(memory.directions), memory.doc) for memory in MEMORY.values()]
    yield "\n".join(_table(("memory", "directions", "what it is"), kinds)) + "\n"


def _bits(scalar: Scalar) -> str:
    return f"{scalar.bits} bits, {'signed' if scalar.signed else 'unsigned'}"


def _symbol_set(symbols: Symbols) -> str:
    what = "Any of these, ORed" if symbols.kind == "flags" else "One of these"
    headers = ", ".join(f"`<{header}>`" for header in symbols.headers)
    lines = [f"### symbols {symbols.name}", "", *([symbols.doc, ""] if symbols.doc else [])]
    return (
        "\n".join([*lines, f"{what}, as {headers} has them: {', '.join(f'`{name}`' for name in symbols.names)}."])
        + "\n"
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |".replace("|  |", "| |") for row in (head, ("---",) * len(head), *rows)]


def _anchor(heading: str) -> str:
    """The anchor that Markdown readers give a heading."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")
