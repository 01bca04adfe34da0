"""What the record of a call must be, from the declaration, the memory and the result: written a second time, in Python.

The module has this in generated C. Both follow docs/record-format.md, so a mistake in one of them shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from syscord_gen.model import Argument, Direction, Model
from syscord_gen.types import SCALARS
from syscord_read.model.value import Missing, parse_integer
from syscord_read.record.text import Record, TextValue
from torture.fuzz.memory import Memory, Unknown
from torture.fuzz.program import Call
from torture.fuzz.target import Target

STRING_MAX, ITEMS_MAX = 4095, 64
SIZE_MAX = 2**64 - 1
FAILED = range(-4095, 0)


@dataclass(frozen=True)
class Outcome:
    """What the program says of a call: its result, and the memory that was looked at afterwards."""

    result: int
    after: Memory


@dataclass(frozen=True)
class Rules:
    """What a record depends on beside its call: the declarations, the target, the module's `content=`."""

    model: Model
    target: Target
    content: int


@dataclass(frozen=True)
class Wanted:
    """A field that the record must have: its value, and the marks `part` and `fault`. Numbers are modulo 2^64."""

    label: str
    value: object
    marks: frozenset[str] = frozenset()


def judge(call: Call, outcome: Outcome, record: Record, rules: Rules) -> tuple[list[str], int]:
    """How a record differs from what it must be, and how many of its fields were compared."""
    if record.name != call.syscall.name:
        return [f"it is of {record.name}"], 0
    teller = _Teller(call, rules)
    return list(_complaints(teller, call, outcome, record)), teller.compared


def _complaints(teller: _Teller, call: Call, outcome: Outcome, record: Record) -> Iterator[str]:
    if (record.res or 0) % 2**64 != outcome.result % 2**64:
        yield f"res={record.res}, but the program got {outcome.result}"
    views = [view for view in (*call.syscall.args, *call.syscall.also) if not view.skip]
    for view in views:
        if view.direction is not Direction.OUT:
            yield from teller.compare(view, call.memory, record.fields, record.marks)
        if view.direction in (Direction.OUT, Direction.INOUT) and outcome.result not in FAILED:
            # Marks of both parts are in one mapping: those of a label that is in both cannot be told apart.
            yield from teller.compare(view, outcome.after, record.after, record.marks, outcome.result)
    labels = {view.label for view in views} | {"addr", "data", "controllen", "msg_flags"}
    extra = (set(record.fields) | set(record.after)) - labels
    if extra:
        yield f"it has {', '.join(sorted(extra))}, which nobody declared"


class _Teller:
    """Says what the fields of a call must be."""

    def __init__(self, call: Call, rules: Rules) -> None:
        self._values = dict(zip((arg.name for arg in call.syscall.args), call.args, strict=True))
        self._syscall = call.syscall
        self._structs = {struct.name: struct for struct in rules.model.structs}
        self._layouts = rules.target.layouts
        self._content = rules.content
        self._at_entry = call.memory
        self.compared = 0

    def compare(self, view: Argument, memory: Memory, fields: object, marks: object, result: int = 0) -> Iterator[str]:
        assert isinstance(fields, dict) and isinstance(marks, dict)
        if view.type in ("sockaddr", "msghdr"):
            return
        if view.type == "iovec" and view.direction is Direction.OUT and "late" in marks.get(view.label, ()):
            return  # it was read when the kernel may have written over it
        try:
            wanted = self._field(view, memory, result)
        except Unknown:
            return
        if wanted is None:
            return
        self.compared += 1
        if wanted.label not in fields:
            yield f"{wanted.label} is missing"
            return
        value, found = fields[wanted.label], marks.get(wanted.label, frozenset()) - {"late"}
        if not _same(wanted.value, value):
            yield f"{wanted.label}={value!r}, but it must be {wanted.value!r}"
        elif found != wanted.marks:
            yield f"{wanted.label} has the marks {set(found)}, but they must be {set(wanted.marks)}"

    def _field(self, view: Argument, memory: Memory, result: int) -> Wanted | None:
        address = self._values[view.name]
        if view.direction is None:
            return Wanted(view.label, _register(view.type, address))
        if not address:
            return Wanted(view.label, Missing.NULL) if self._has_field(view) else None
        return self._pointee(view, memory, address, result)

    def _pointee(self, view: Argument, memory: Memory, address: int, result: int) -> Wanted | None:
        match view.type:
            case "path" | "string":
                return self._text(view, memory, address, result)
            case "bytes":
                return self._bytes(view, memory, address, self._length(view, result))
            case "iovec":
                total = result if view.direction is Direction.OUT else SIZE_MAX
                return self._gathered(view, memory, address, total)
            case "strings":
                return self._strings(view, memory, address)
        return self._items(view, memory, address, result)

    def _has_field(self, view: Argument) -> bool:
        return self._content > 0 or view.type not in ("bytes", "iovec")

    def _length(self, view: Argument, result: int) -> int:
        """How many elements, or bytes, there are."""
        if view.length is None:
            return 1
        if view.length.isdigit():
            return int(view.length)
        length = result if view.length == "ret" else self._register_of(view.length)
        return min(length, self._register_of(view.room)) if view.room else length

    def _register_of(self, name: str) -> int:
        """A length in a register, of which the kernel takes as many bits as its type has."""
        arg = self._syscall.argument(name)
        assert arg
        if arg.direction is not None:
            raise Unknown
        return self._values[name] % (2**32 if SCALARS[arg.type].bits == 32 else 2**64)

    def _text(self, view: Argument, memory: Memory, address: int, result: int) -> Wanted:
        if view.length:
            return self._cut(view.label, memory, address, self._length(view, result), STRING_MAX)
        text, part, fault = memory.string(address, STRING_MAX)
        if fault and len(text) >= STRING_MAX:
            raise Unknown
        return _marked(view.label, text, part=part, fault=fault)

    def _bytes(self, view: Argument, memory: Memory, address: int, length: int) -> Wanted | None:
        if not self._has_field(view):
            return None
        return self._cut(view.label, memory, address, length, self._content)

    def _cut(self, label: str, memory: Memory, address: int, length: int, most: int) -> Wanted:
        if not length:
            raise Unknown  # nothing is read
        data, fault = memory.read(address, min(length, most))
        return _marked(label, data, part=length > most and not fault, fault=fault)

    def _gathered(self, view: Argument, memory: Memory, address: int, total: int) -> Wanted | None:
        """The content of all parts, TOTAL bytes at most, one after the other, up to the first that cannot be read.

        The kernel knows the parts from the call's entry.
        """
        if not self._content:
            return None
        count = self._length(view, 0)
        if not count:
            raise Unknown
        data = b""
        for i in range(min(count, ITEMS_MAX)):
            if not total:
                return _marked(view.label, data)
            entry, fault = self._at_entry.read(address + 16 * i, 16)
            if fault:
                raise Unknown
            start, length = int.from_bytes(entry[:8], "little"), min(int.from_bytes(entry[8:], "little"), total)
            room = self._content - len(data)
            piece, fault = memory.read(start, min(length, room))
            data += piece
            if fault:
                return _marked(view.label, data, fault=True)
            if length > room:
                return _marked(view.label, data, part=True)
            total -= length
        if count > ITEMS_MAX:
            raise Unknown
        return _marked(view.label, data)

    def _strings(self, view: Argument, memory: Memory, address: int) -> Wanted:
        found: list[object] = []
        while True:
            pointer, fault = memory.read(address + 8 * len(found), 8)
            if fault:
                return _marked(view.label, tuple(found), fault=True)
            start = int.from_bytes(pointer, "little")
            if not start:
                return Wanted(view.label, tuple(found), frozenset())
            text, part, broken = memory.string(start, STRING_MAX)
            if broken or part:
                raise Unknown
            found.append(text)

    def _items(self, view: Argument, memory: Memory, address: int, result: int) -> Wanted:
        struct = self._structs.get(view.type)
        size = self._layouts[view.type].size if struct else SCALARS[view.type].bits // 8
        if view.room:
            raise Unknown  # a struct of which the caller may have a part
        count = self._length(view, result)
        if view.length and not count:
            raise Unknown
        if view.name == "addr" or count > 2**31:
            raise Unknown
        items: list[object] = []
        for i in range(min(count, ITEMS_MAX)):
            data, fault = memory.read(address + i * size, size)
            if fault:
                return _marked(view.label, tuple(items), fault=True)
            items.append(self._item(view, data))
        if view.length is None:
            return Wanted(view.label, items[0])
        return _marked(view.label, tuple(items), part=count > ITEMS_MAX)

    def _item(self, view: Argument, data: bytes) -> object:
        struct = self._structs.get(view.type)
        if not struct:
            return _number(view.type, data)
        members = [each for each in struct.members if not view.members or each.label in view.members]
        layout = self._layouts[view.type].members
        found = {}
        for member in members:
            at, size = layout[member.name]
            value = int.from_bytes(data[at : at + size], "little")
            if member.type == "length":
                found[member.label] = min(value, 2**32 - 1)
            else:
                found[member.label] = _number(member.type, data[at : at + size])
        return found


def _register(kind: str, value: int) -> int:
    return _number(kind, (value % 2**64).to_bytes(8, "little"))


def _number(kind: str, data: bytes) -> int:
    scalar = SCALARS[kind]
    return int.from_bytes(data[: scalar.bits // 8], "little", signed=scalar.signed)


def _marked(label: str, value: object, *, part: bool = False, fault: bool = False) -> Wanted:
    if fault and not value:
        return Wanted(label, Missing.FAULT)
    return Wanted(label, value, frozenset(word for word, there in (("part", part), ("fault", fault)) if there))


def _same(wanted: object, found: TextValue) -> bool:
    if isinstance(wanted, bool):
        raise TypeError("a number is wanted")
    if isinstance(wanted, int):
        return isinstance(found, bytes) and parse_integer(found) % 2**64 == wanted % 2**64
    if isinstance(wanted, tuple):
        return isinstance(found, tuple) and len(found) == len(wanted) and all(map(_same, wanted, found))
    if isinstance(wanted, dict):
        return (
            isinstance(found, dict)
            and list(found) == list(wanted)
            and all(_same(value, found[name]) for name, value in wanted.items())
        )
    return wanted == found
