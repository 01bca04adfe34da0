"""What a record of each syscall looks like, and the statements that capture it.

Resolved from a sound model (``check``): names are replaced by what they stand for, and every question that a template
would have to ask is answered here.  A record has an entry part (scalars, and memory that the kernel reads) and an exit
part (memory that the kernel wrote); ``kmod_templates/event.h`` says how they are stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from syscord_gen.model import Argument, Direction, Format, HandlerFile, Member, Model, Struct, Syscall
from syscord_gen.types import MEMORY, SCALARS, Scalar

#: Sizes in bytes, as in kmod_templates/capture.h.
STRING_MAX = 4096
SOCKADDR_MAX = 128
ITEMS_MAX = 64
WORD = 4


@dataclass(frozen=True)
class Field:
    """One field of a record: ``kind`` as in ``enum syscord_kind``, ``base`` as in ``enum syscord_base``."""

    label: str
    kind: str
    base: str = "DEC"
    members: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Items:
    """Elements of an array: which members of ``c_type`` are kept, ``kept`` bytes in all.

    ``sized``: there is one, of which the caller may have fewer bytes than ``c_type`` has today.
    """

    name: str
    c_type: str
    header: str | None
    members: tuple[tuple[str, str], ...]
    fields: tuple[Field, ...]
    kept: int
    sized: bool = False


@dataclass(frozen=True)
class Capture:
    """One C statement, and the fields that it puts in the record.

    In bytes: ``fixed`` is what it takes without a check for room, ``room`` what it takes at most, content aside.
    """

    statement: str
    fields: tuple[Field, ...]
    fixed: int
    room: int = 0
    content: bool = False
    items: Items | None = None


@dataclass(frozen=True)
class Handler:
    """A syscall's handler, ready to be printed."""

    syscall: Syscall
    entry: tuple[Capture, ...]
    exit: tuple[Capture, ...]
    notes: tuple[str, ...]
    ret_kind: str
    ret_base: str

    @property
    def name(self) -> str:
        """The syscall's name."""
        return self.syscall.name

    @property
    def fixed(self) -> int:
        """Bytes that the larger part takes without a check for room."""
        return max(sum(capture.fixed for capture in part) for part in (self.entry, self.exit))

    @property
    def exit_room(self) -> int:
        """Bytes that the exit part takes at most, content aside."""
        return sum(capture.room for capture in self.exit)

    @property
    def exit_content(self) -> bool:
        """Whether the exit part has a field of content."""
        return any(capture.content for capture in self.exit)

    @property
    def path_arg(self) -> int | None:
        """Which argument is the path of the program that replaces the caller's, if one does."""
        return self._replacing("path", "string")

    @property
    def argv_arg(self) -> int | None:
        """Which argument is the vector of that program's arguments."""
        return self._replacing("strings")

    def _replacing(self, *types: str) -> int | None:
        found = (place for place, arg in enumerate(self.syscall.args) if arg.type in types)
        return next(found, None) if self.syscall.replaces_memory else None


@dataclass(frozen=True)
class ResolvedFile:
    """The handlers of one file."""

    file: HandlerFile
    handlers: tuple[Handler, ...]


@dataclass(frozen=True)
class Resolved:
    """All that the templates see."""

    files: tuple[ResolvedFile, ...]

    @property
    def handlers(self) -> tuple[Handler, ...]:
        """Every handler, in the order of the files."""
        return tuple(handler for file in self.files for handler in file.handlers)

    @property
    def items(self) -> tuple[Items, ...]:
        """Every kind of array element that some handler captures, once, by name."""
        found = {capture.items.name: capture.items for capture in self._captures() if capture.items}
        return tuple(found[name] for name in sorted(found))

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers that the elements' structs need, sorted."""
        return tuple(sorted({items.header for items in self.items if items.header}))

    def _captures(self) -> Iterator[Capture]:
        for handler in self.handlers:
            yield from handler.entry
            yield from handler.exit


def resolve(model: Model, stems: frozenset[str] | None = None) -> Resolved:
    """Resolve the handlers of a model that ``check`` found sound; of the files in ``stems`` only, if given."""
    structs = {struct.name: struct for struct in model.structs}
    files = (file for file in model.files if stems is None or file.stem in stems)
    return Resolved(
        tuple(
            ResolvedFile(file, tuple(_handler(syscall, structs) for syscall in file.syscalls)) for file in files
        )
    )


def _handler(syscall: Syscall, structs: dict[str, Struct]) -> Handler:
    views = [arg for arg in (*syscall.args, *syscall.also) if not arg.skip]
    scalar = SCALARS[syscall.ret]
    return Handler(
        syscall,
        entry=tuple(_capture(syscall, arg, structs, at_exit=False) for arg in views if _at_entry(arg)),
        exit=tuple(_capture(syscall, arg, structs, at_exit=True) for arg in views if _at_exit(arg)),
        notes=tuple(note for arg in views if (note := _note(syscall, arg))),
        ret_kind=scalar.code.upper(),
        ret_base=_base(syscall.ret_format, scalar),
    )


def _at_entry(arg: Argument) -> bool:
    return arg.direction is not Direction.OUT


def _at_exit(arg: Argument) -> bool:
    return arg.direction in (Direction.OUT, Direction.INOUT)


def _note(syscall: Syscall, arg: Argument) -> str | None:
    """What must be known at entry to read at exit: how many bytes the caller has for an address."""
    if arg.direction is not Direction.OUT:
        return None
    if arg.type == "sockaddr":
        return f"note_addr_room(c, {_length(syscall, arg)});"
    return f"note_msghdr_room(c, {_register(syscall, arg.name)});" if arg.type == "msghdr" else None


def _base(wanted: Format | None, scalar: Scalar) -> str:
    return (wanted or scalar.format).name


def _register(syscall: Syscall, name: str) -> str:
    return f"args[{syscall.position(name)}]"


def _length(syscall: Syscall, arg: Argument) -> str:
    """The C expression of a length: what the kernel itself takes of the register, no more bits of it."""
    length = arg.length or "1"
    if length == "ret" or length.isdigit():
        return length
    holder = syscall.argument(length)
    assert holder is not None, f"{arg.where}: check() lets no unknown length through"
    narrow = holder.direction is None and SCALARS[holder.type].bits == 32
    return f"(u32){_register(syscall, length)}" if narrow else _register(syscall, length)


def _room(syscall: Syscall, arg: Argument) -> str | None:
    """The C expression of how many bytes the caller has, if that is said."""
    return _length(syscall, replace(arg, length=arg.room)) if arg.room else None


def _bounded_length(syscall: Syscall, arg: Argument) -> str:
    length, room = _length(syscall, arg), _room(syscall, arg)
    return f"min_t(size_t, {length}, {room})" if room else length


def _capture(syscall: Syscall, arg: Argument, structs: dict[str, Struct], *, at_exit: bool) -> Capture:
    if arg.direction is None:
        return _scalar(syscall, arg)
    if arg.type in MEMORY:
        return _memory(syscall, arg, at_exit=at_exit)
    if arg.type in structs:
        return _items(syscall, arg, _struct_items(structs[arg.type], arg))
    return _items(syscall, arg, _scalar_items(arg))


def _scalar(syscall: Syscall, arg: Argument) -> Capture:
    scalar = SCALARS[arg.type]
    field = Field(arg.label, scalar.code.upper(), _base(arg.format, scalar))
    return Capture(f"put_{scalar.code}(c, {_register(syscall, arg.name)});", (field,), scalar.bits // 8)


def _memory(syscall: Syscall, arg: Argument, *, at_exit: bool) -> Capture:
    address, length = _register(syscall, arg.name), _bounded_length(syscall, arg)
    match arg.type:
        case "string" | "path":
            call = f"put_text(c, {address}, {length});" if arg.length else f"put_string(c, {address});"
            return Capture(call, (Field(arg.label, "TEXT"),), WORD, STRING_MAX + WORD)
        case "bytes":
            fields = (Field(arg.label, "BYTES"),)
            return Capture(f"put_bytes(c, {address}, {length});", fields, WORD, WORD, content=True)
        case "iovec":
            total = "ret" if at_exit else "SIZE_MAX"
            call = f"put_iovec(c, {address}, {length}, {total});"
            return Capture(call, (Field(arg.label, "BYTES"),), WORD, WORD, content=True)
        case "sockaddr":
            call = "put_sockaddr_out" if at_exit else "put_sockaddr"
            fields = (Field(arg.label, "SOCKADDR"),)
            return Capture(f"{call}(c, {address}, {length});", fields, WORD, SOCKADDR_MAX + WORD)
        case "strings":
            return Capture(f"put_strings(c, {address});", (Field(arg.label, "STRINGS"),), WORD)
        case _:
            return _msghdr(address, at_exit=at_exit)


def _msghdr(address: str, *, at_exit: bool) -> Capture:
    """A msghdr is four fields, named as in the kernel's struct, without its prefix."""
    addr, data, controllen, flags = MEMORY["msghdr"].fields
    fields = (
        Field(addr, "SOCKADDR"),
        Field(data, "BYTES"),
        Field(controllen, "SCALAR", members=(Field(controllen, "U64"),)),
        Field(flags, "SCALAR", members=(Field(flags, "U64"),)),
    )
    total, addr_room = ("ret", "c->addr_room") if at_exit else ("SIZE_MAX", "SIZE_MAX")
    fixed = 4 * WORD + 2 * 8
    call = f"put_msghdr(c, {address}, {total}, {addr_room});"
    return Capture(call, fields, fixed, fixed + SOCKADDR_MAX, content=True)


def _items(syscall: Syscall, arg: Argument, items: Items) -> Capture:
    several = arg.length is not None
    kind = ("SCALAR" if arg.type in SCALARS else "STRUCT") + ("S" if several else "")
    how_much = _room(syscall, arg) if items.sized else _length(syscall, arg)
    call = f"put_{items.name}(c, {_register(syscall, arg.name)}, {how_much});"
    room = WORD + items.kept * (ITEMS_MAX if several else 1)
    return Capture(call, (Field(arg.label, kind, members=items.fields),), WORD, room, items=items)


def _struct_items(struct: Struct, arg: Argument) -> Items:
    by_name = {member.name: member for member in struct.members}
    members = tuple(by_name[name] for name in arg.members) if arg.members else struct.members
    names = (struct.name, *(member.label for member in members)) if arg.members else (struct.name,)
    sized = arg.room is not None
    return Items(
        name="_".join(("sized" if sized else "item", *names)),
        sized=sized,
        c_type=struct.c_type,
        header=struct.header,
        members=tuple((_code(member), _value(member)) for member in members),
        fields=tuple(Field(member.label, _code(member).upper(), _base(member.format, SCALARS[member.type]))
                     for member in members),
        kept=sum(SCALARS[member.type].bits // 8 for member in members),
    )


def _code(member: Member) -> str:
    return SCALARS[member.type].code


def _value(member: Member) -> str:
    """The member as a plain integer: some are pointers, or integers that sparse keeps apart from others."""
    return f"(__force {_code(member)})item.{member.name}"


def _scalar_items(arg: Argument) -> Items:
    scalar = SCALARS[arg.type]
    return Items(
        name=f"item_{scalar.code}" + ("" if arg.format is None else f"_{arg.format.value}"),
        c_type=scalar.code,
        header=None,
        members=((scalar.code, "item"),),
        fields=(Field("", scalar.code.upper(), _base(arg.format, scalar)),),
        kept=scalar.bits // 8,
    )
