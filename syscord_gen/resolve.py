"""Resolving: from the model to what the templates print, which is the layout of each record and the C that captures it.

The model must be sound (``check``).  Here, names are replaced by what they stand for.  Every question that a template
would have to ask is answered.  ``resolve`` is where to start reading.

A record has an entry part and an exit part.  The entry part has scalars, and memory that the kernel reads.  The exit
part has memory that the kernel wrote.  ``kmod_templates/ring/event.h`` describes the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from syscord_gen.model import Argument, Direction, Format, HandlerFile, Member, Model, Struct, Symbols, Syscall
from syscord_gen.types import MEMORY, SCALARS, Scalar

#: The largest string and socket address in bytes, and the most elements of an array: as in kmod_templates/capture/
#: (fields.h, sockets.h, cursor.h).
STRING_MAX = 4095
SOCKADDR_MAX = 128
ITEMS_MAX = 64
#: Bytes of the word that a field behind a pointer begins with (how many elements, marks); of content it is longer.
WORD = 2
CONTENT_WORD = 4
#: So many arguments are copied one by one, without a loop (kmod_templates/compat/syscall_get_arguments.h).
FEW_ARGS = 3
#: Where an exit field has the label of an entry field, its name in a trace ends with this, as in
#: kmod_templates/write/ctf/metadata_events.c.
OUT = "_out"


@dataclass(frozen=True)
class TraceType:
    """The type of a field in a trace's metadata (docs/trace-format.md).

    ``kind`` and ``base`` are those of the ``Field``.  ``symbols`` name its values, or single bits of them.
    """

    name: str
    kind: str
    base: str = "DEC"
    symbols: Symbols | None = None


@dataclass(frozen=True)
class Field:
    """One field of a record: ``kind`` as in ``enum syscord_kind``, ``base`` as in ``enum syscord_base``.

    A field has either ``type``, its type in a trace, or ``members``, the fields of each of its elements.  ``narrow``:
    an integer of 64 bits that is stored in 32 where they are enough.
    """

    label: str
    kind: str
    base: str = "DEC"
    members: tuple[Field, ...] = ()
    type: TraceType | None = None
    narrow: bool = False


@dataclass(frozen=True)
class Items:
    """The kind of an array's elements: C type, recorded members, bytes of each element in the record.

    ``members`` are pairs: the code of a scalar (``s32``), and the C expression of its value.  ``struct`` is the name of
    the struct in a trace, None for integers.  ``sized``: a single struct that grows with kernels; the caller may have
    fewer bytes of it than ``c_type`` has.
    """

    name: str
    struct: str | None
    c_type: str
    header: str | None
    members: tuple[tuple[str, str], ...]
    fields: tuple[Field, ...]
    packed_size: int
    sized: bool = False


@dataclass(frozen=True)
class Capture:
    """One C statement, and the fields that it puts in the record.

    ``fixed`` is how many bytes the statement puts without a check for room, ``room`` how many it puts at most.  Content
    counts in neither; ``content`` says that there is some.  ``wide`` is the C condition under which no field of the
    record may be narrow, or "".  ``register``: the value is in a register, so no memory is read.
    """

    statement: str
    fields: tuple[Field, ...]
    fixed: int
    room: int = 0
    content: bool = False
    items: Items | None = None
    wide: str = ""
    register: bool = False


@dataclass(frozen=True)
class Handler:
    """A syscall's handler, ready to be printed.

    ``entry`` and ``exit`` capture the two parts of the record.  ``saves`` are statements at entry that put nothing:
    they keep what the exit part needs.  ``ret_kind`` and ``ret_base`` are the result's, as in a ``Field``.
    """

    syscall: Syscall
    entry: tuple[Capture, ...]
    exit: tuple[Capture, ...]
    saves: tuple[str, ...]
    prototype: str
    ret_kind: str
    ret_base: str

    @property
    def name(self) -> str:
        """The syscall's name."""
        return self.syscall.name

    @property
    def wide(self) -> str:
        """The C condition under which no field may be narrow, or nothing if none is."""
        return " || ".join(capture.wide for capture in self.entry if capture.wide)

    @property
    def fixed(self) -> int:
        """Bytes that the larger part takes without a check for room."""
        return max(sum(capture.fixed for capture in part) for part in (self.entry, self.exit))

    @property
    def exit_room(self) -> int:
        """Bytes that what is read at exit takes at most, content aside."""
        entry = sum(capture.fixed for capture in self.entry) if self.at_exit else 0
        return entry + sum(capture.room for capture in self.exit)

    @property
    def exit_content(self) -> bool:
        """Whether the exit part has a field of content."""
        return any(capture.content for capture in self.exit)

    @property
    def at_exit(self) -> bool:
        """Whether all of the entry part is in registers: then nothing has to be read before the exit."""
        has_parts = bool(self.entry or self.exit)
        return has_parts and not self.saves and all(capture.register for capture in self.entry)

    @property
    def work(self) -> tuple[str, ...]:
        """What has to be done for a call: names of constants in kmod_templates/capture/handlers.h."""
        work = {
            "ARGS": bool(self.entry or self.exit or self.saves),
            "ALL_ARGS": len(self.syscall.args) > FEW_ARGS,
            "MEMORY": bool(self.entry or self.saves) and not self.at_exit,
            "KEEP_ARGS": self.syscall.returns_twice,
            "RECORD": self.syscall.never_returns,
        }
        return tuple(f"SYSCORD_WORK_{name}" for name, is_needed in work.items() if is_needed)

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
    def structs(self) -> tuple[Items, ...]:
        """The elements that are structs, once for each name that they have in a trace."""
        found = {items.struct: items for items in self.items if items.struct}
        return tuple(found[name] for name in sorted(found))

    @property
    def types(self) -> tuple[TraceType, ...]:
        """Every type that a field or a member has in a trace, once, by name."""
        found = {field.type.name: field.type for field in self._fields() if field.type}
        return tuple(found[name] for name in sorted(found))

    @property
    def symbols(self) -> tuple[Symbols, ...]:
        """The symbol sets of these types, once, by name."""
        found = {trace_type.symbols.name: trace_type.symbols for trace_type in self.types if trace_type.symbols}
        return tuple(found[name] for name in sorted(found))

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers that the elements' structs and the symbols need, sorted."""
        of_structs = {items.header for items in self.items if items.header}
        return tuple(sorted(of_structs | {header for symbols in self.symbols for header in symbols.headers}))

    def _fields(self) -> Iterator[Field]:
        for capture in self._captures():
            for field in capture.fields:
                yield field
                yield from field.members

    def _captures(self) -> Iterator[Capture]:
        for handler in self.handlers:
            yield from handler.entry
            yield from handler.exit


def resolve(model: Model, stems: frozenset[str] | None = None) -> Resolved:
    """Resolve the handlers of a model that ``check`` found sound; of the files in ``stems`` only, if given."""
    known = _Known({struct.name: struct for struct in model.structs}, {each.name: each for each in model.symbols})
    files = (file for file in model.files if stems is None or file.stem in stems)
    return Resolved(
        tuple(ResolvedFile(file, tuple(_handler(syscall, known) for syscall in file.syscalls)) for file in files)
    )


@dataclass(frozen=True)
class _Known:
    """What declarations may refer to, by name."""

    structs: dict[str, Struct]
    symbols: dict[str, Symbols]


def _handler(syscall: Syscall, known: _Known) -> Handler:
    views = [arg for arg in (*syscall.args, *syscall.also) if not arg.skip]
    scalar = SCALARS[syscall.ret]
    return Handler(
        syscall,
        entry=tuple(_capture(syscall, arg, known, at_exit=False) for arg in views if _at_entry(arg)),
        exit=tuple(_capture(syscall, arg, known, at_exit=True) for arg in views if _at_exit(arg)),
        saves=tuple(save for arg in views if (save := _save(syscall, arg))),
        prototype=prototype(syscall),
        ret_kind=scalar.code.upper(),
        ret_base=_base(syscall.ret_format, scalar),
    )


def prototype(syscall: Syscall) -> str:
    """How a syscall is called, and what fields come of each argument: the notation of docs/trace-format.md."""
    args = (_views(syscall, arg) for arg in syscall.args)
    return f"{syscall.ret}({', '.join('+'.join(views) or '-' for views in args)})"


def _views(syscall: Syscall, arg: Argument) -> list[str]:
    also = [view for view in syscall.also if view.name == arg.name]
    return [field for view in (arg, *also) if not view.skip for field in _noted(view)]


def _noted(view: Argument) -> list[str]:
    """The fields of one view, as a prototype notes them."""
    if view.type == "msghdr":
        addr, data, *single = MEMORY["msghdr"].fields
        notes = [addr, data, *(f"*{label}" for label in single)]
    else:
        is_single = view.direction is not None and view.type not in MEMORY and view.length is None
        notes = [f"*{view.label}" if is_single else view.label]
    before = notes if _at_entry(view) else []
    suffix = OUT if before else ""
    return [*before, *(f"{'*' * note.startswith('*')}>{note.lstrip('*')}{suffix}" for note in notes if _at_exit(view))]


def _at_entry(arg: Argument) -> bool:
    return arg.direction is not Direction.OUT


def _at_exit(arg: Argument) -> bool:
    return arg.direction in (Direction.OUT, Direction.INOUT)


def _save(syscall: Syscall, arg: Argument) -> str | None:
    """What must be known at entry to read at exit: how many bytes the caller has for an address, and where it wants
    the content.
    """
    if arg.direction is not Direction.OUT:
        return None
    match arg.type:
        case "sockaddr":
            return f"save_addr_room(c, {_length(syscall, arg)});"
        case "iovec":
            return f"save_iovec(c, pos, {_register(syscall, arg.name)}, {_length(syscall, arg)});"
        case "msghdr":
            return f"save_msghdr(c, pos, {_register(syscall, arg.name)});"
    return None


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


def _capture(syscall: Syscall, arg: Argument, known: _Known, *, at_exit: bool) -> Capture:
    if arg.direction is None:
        return _scalar(syscall, arg, known)
    if arg.type in MEMORY:
        return _memory(syscall, arg, at_exit=at_exit)
    if arg.type in known.structs:
        return _items(syscall, arg, _struct_items(known.structs[arg.type], arg, known))
    return _items(syscall, arg, _scalar_items(arg, known))


def _scalar_field(label: str, item: Argument | Member, known: _Known) -> Field:
    """A field that is one integer."""
    scalar = SCALARS[item.type]
    base = _base(item.format, scalar)
    name = item.type.replace(" ", "_") + ("" if base == scalar.format.name else f"_{base.lower()}")
    symbols = known.symbols[item.symbols] if item.symbols else None
    prefix = f"{symbols.kind[0]}_{symbols.name}__" if symbols else "t_"
    kind = scalar.code.upper()
    return Field(label, kind, base, type=TraceType(prefix + name, kind, base, symbols))


def _text_field(label: str, kind: str, name: str) -> Field:
    """A field of bytes, or of strings; in a trace TEXT is characters, and all else bytes."""
    return Field(label, kind, type=TraceType(f"t_{name}", "TEXT" if kind in ("TEXT", "STRINGS") else "BYTES"))


def _u64_field(label: str) -> Field:
    """A number behind a pointer, already read."""
    return Field(label, "SCALAR", members=(Field("", "U64", type=TraceType("t_u64", "U64")),))


def _scalar(syscall: Syscall, arg: Argument, known: _Known) -> Capture:
    scalar, field = SCALARS[arg.type], _scalar_field(arg.label, arg, known)
    # What is written in hexadecimal is an address most of the time, or bits.
    if scalar.bits == 64 and field.base == "DEC" and not arg.symbols:
        value = _register(syscall, arg.name)
        call, wide = f"pos = put_narrow_{scalar.code}(pos, wide, {value});", f"is_wide_{scalar.code}({value})"
        return Capture(call, (replace(field, narrow=True),), scalar.bits // 8, wide=wide, register=True)
    call = f"pos = put_{scalar.code}(pos, {_register(syscall, arg.name)});"
    return Capture(call, (field,), scalar.bits // 8, register=True)


def _memory(syscall: Syscall, arg: Argument, *, at_exit: bool) -> Capture:
    address, length = _register(syscall, arg.name), _bounded_length(syscall, arg)
    match arg.type:
        case "string" | "path":
            call = f"put_text(c, pos, {address}, {length})" if arg.length else f"put_string(c, pos, {address})"
            return Capture(f"pos = {call};", (_text_field(arg.label, "TEXT", arg.type),), WORD, STRING_MAX + WORD)
        case "bytes":
            fields = (_text_field(arg.label, "BYTES", "bytes"),)
            call = f"pos = put_bytes(c, pos, {address}, {length});"
            if arg.recv_flags:
                call = f"pos = put_received(c, pos, {address}, {length}, {_socket_and_flags(syscall, arg)});"
            return Capture(call, fields, CONTENT_WORD, CONTENT_WORD, content=True)
        case "iovec":
            call = f"pos = put_iovec(c, pos, {address}, {length});"
            if at_exit:
                call = f"pos = put_iovec_out(c, pos, {address}, {length}, ret);"
            return Capture(call, (_text_field(arg.label, "BYTES", "bytes"),), CONTENT_WORD, CONTENT_WORD, content=True)
        case "sockaddr":
            call = f"pos = put_sockaddr_out(c, pos, {address}, {length});"
            if not at_exit:
                call = f"pos = put_sockaddr(c, pos, {address}, {length}, SIZE_MAX);"
            fields = (_text_field(arg.label, "SOCKADDR", "sockaddr"),)
            return Capture(call, fields, WORD, SOCKADDR_MAX + WORD)
        case "strings":
            fields = (_text_field(arg.label, "STRINGS", "string"),)
            return Capture(f"pos = put_strings(c, pos, {address});", fields, WORD)
        case _:
            return _msghdr(syscall, arg, at_exit=at_exit)


def _socket_and_flags(syscall: Syscall, arg: Argument) -> str:
    """The C expressions of a socket and of the flags with which it receives; without flags, those that do nothing."""
    socket = next((each for each in syscall.args if each.type == "fd"), None)
    if socket is None or arg.recv_flags is None:
        return "-1, 0"
    return f"{_register(syscall, socket.name)}, {_register(syscall, arg.recv_flags)}"


def _msghdr(syscall: Syscall, arg: Argument, *, at_exit: bool) -> Capture:
    """A msghdr is four fields, named as in the kernel's struct, without its prefix."""
    addr, data, controllen, flags = MEMORY["msghdr"].fields
    fields = (
        _text_field(addr, "SOCKADDR", "sockaddr"),
        _text_field(data, "BYTES", "bytes"),
        _u64_field(controllen),
        _u64_field(flags),
    )
    fixed = 3 * WORD + CONTENT_WORD + 2 * 8
    address = _register(syscall, arg.name)
    call = f"pos = put_msghdr(c, pos, {address});"
    if at_exit:
        call = f"pos = put_msghdr_out(c, pos, {address}, ret, {_socket_and_flags(syscall, arg)});"
    return Capture(call, fields, fixed, fixed + SOCKADDR_MAX, content=True)


def _items(syscall: Syscall, arg: Argument, items: Items) -> Capture:
    several = arg.length is not None
    kind = ("SCALAR" if arg.type in SCALARS else "STRUCT") + ("S" if several else "")
    how_much = _room(syscall, arg) if items.sized else _length(syscall, arg)
    call = f"pos = put_{items.name}(c, pos, {_register(syscall, arg.name)}, {how_much});"
    room = WORD + items.packed_size * (ITEMS_MAX if several else 1)
    return Capture(call, (Field(arg.label, kind, members=items.fields),), WORD, room, items=items)


def _struct_items(struct: Struct, arg: Argument, known: _Known) -> Items:
    by_name = {member.name: member for member in struct.members}
    members = tuple(by_name[name] for name in arg.members) if arg.members else struct.members
    names = (struct.name, *(member.label for member in members)) if arg.members else (struct.name,)
    sized = arg.room is not None
    return Items(
        name="_".join(("sized" if sized else "item", *names)),
        struct="_".join(("s", *names)),
        sized=sized,
        c_type=struct.c_type,
        header=struct.header,
        members=tuple((_code(member), _value(member)) for member in members),
        fields=tuple(_scalar_field(member.label, member, known) for member in members),
        packed_size=sum(SCALARS[member.type].bits // 8 for member in members),
    )


def _code(member: Member) -> str:
    return SCALARS[member.type].code


def _value(member: Member) -> str:
    """The member as a plain integer: some are pointers, or integers that sparse keeps apart from others."""
    if member.type == "length":
        return f"min_t(u64, item->{member.name}, U32_MAX)"
    return f"(__force {_code(member)})item->{member.name}"


def _scalar_items(arg: Argument, known: _Known) -> Items:
    scalar, field = SCALARS[arg.type], _scalar_field("", arg, known)
    assert field.type is not None, "every scalar has a type"
    return Items(
        name=f"item_{field.type.name}",
        struct=None,
        c_type=scalar.code,
        header=None,
        members=((scalar.code, "*item"),),
        fields=(field,),
        packed_size=scalar.bits // 8,
    )
