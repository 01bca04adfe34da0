"""Layouts and values that nobody thought of, for hypothesis."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from syscord_read.model.layout import Base, Field, Integer, Member, Shape, Symbols
from syscord_read.model.value import Cut, Missing, Value
from tests.unit.traces import Declared, Maker

LABELS = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
SYMBOLS = Symbols("some", "flags", {"A": 1, "B": 2})

integers = st.builds(
    Integer,
    bits=st.sampled_from([8, 16, 32, 64]),
    signed=st.booleans(),
    base=st.sampled_from(Base),
    symbols=st.sampled_from([None, None, SYMBOLS]),
)


def type_of(kind: Integer) -> str:
    """A type's name, which says what it is."""
    return f"{'s' if kind.signed else 'u'}{kind.bits}"


members = st.lists(
    st.builds(lambda label, kind: Member(label, type_of(kind), kind), LABELS, integers),
    min_size=1,
    max_size=3,
    unique_by=lambda member: member.label,
)

#: Bytes as processes have them, and bytes that are syntax.
contents = st.one_of(
    st.binary(max_size=40),
    st.text(' abc,"\\<>[]{}=.\n\t\r%@', max_size=12).map(str.encode),
    st.sampled_from([b"", b"...", b"a...", b"<fault>", b"[::1]:80", b"res=0\npid=1"]),
)
addresses = st.one_of(
    st.binary(max_size=40),
    st.binary(min_size=14, max_size=14).map(lambda rest: b"\x02\0" + rest),
    st.binary(min_size=22, max_size=26).map(lambda rest: b"\x0a\0" + rest),
    contents.map(lambda name: b"\x01\0" + name),
)


@dataclass(frozen=True)
class Event:
    """A syscall, and one call of it."""

    declared: Declared
    entry: dict[str, Value]
    exit: dict[str, Value] | None
    marks: dict[str, frozenset[str]]
    ret: int
    pid: int
    tid: int
    duration: int
    unseen: bool
    answered: bool


@st.composite
def fields(draw: st.DrawFn, *, exit: bool) -> tuple[Field, ...]:
    """Fields of one part, of unique labels."""
    labels = draw(st.lists(LABELS, max_size=5, unique=True))
    return tuple(draw(field(label, exit=exit)) for label in labels)


@st.composite
def field(draw: st.DrawFn, label: str, *, exit: bool) -> Field:
    """A field of any shape; only memory is written at exit."""
    shape = draw(st.sampled_from([shape for shape in Shape if not exit or shape is not Shape.INTEGER]))
    types = {
        Shape.TEXT: "path",
        Shape.BYTES: "bytes",
        Shape.ADDRESS: "sockaddr",
        Shape.STRINGS: "strings",
        Shape.STRUCT: f"of_{label}",
        Shape.STRUCTS: f"of_{label}",
    }
    kind = draw(integers) if shape in (Shape.INTEGER, Shape.NUMBER, Shape.NUMBERS) else None
    of = tuple(draw(members)) if shape in (Shape.STRUCT, Shape.STRUCTS) else ()
    type = type_of(kind) if kind else types[shape]
    return Field(label, shape, type, exit, kind, of, label)


def number(kind: Integer) -> st.SearchStrategy[int]:
    """Any value that fits."""
    low, high = (-(1 << kind.bits - 1), (1 << kind.bits - 1) - 1) if kind.signed else (0, (1 << kind.bits) - 1)
    return st.integers(low, high) | st.integers(max(low, -3), min(high, 1000))


def value(of: Field) -> st.SearchStrategy[Value]:
    """Any value of a field, as Call has it."""
    some: dict[Shape, st.SearchStrategy[Value]] = {
        Shape.TEXT: contents,
        Shape.BYTES: contents,
        Shape.ADDRESS: addresses,
        Shape.STRINGS: st.lists(st.one_of(contents, st.just(Missing.FAULT), cuts()), max_size=4).map(tuple),
        Shape.STRUCT: struct(of),
        Shape.STRUCTS: st.lists(struct(of), max_size=3).map(tuple),
    }
    if of.integer:
        one = number(of.integer)
        if of.shape is Shape.INTEGER:
            return one
        some |= {Shape.NUMBER: one, Shape.NUMBERS: st.lists(one, max_size=3).map(tuple)}
    return some[of.shape] | st.sampled_from(Missing)


def cuts() -> st.SearchStrategy[Value]:
    """Strings of which only the beginning was kept."""
    return contents.filter(bool).map(Cut)


def struct(of: Field) -> st.SearchStrategy[Value]:
    """Values of the members."""
    return st.fixed_dictionaries({member.label: number(member.integer) for member in of.members})


@st.composite
def events(draw: st.DrawFn) -> Event:
    """A syscall of any layout, with any values."""
    entry, exit = draw(fields(exit=False)), draw(fields(exit=True))
    labels = {each.label for each in entry}
    exit = tuple(replace(each, key=f"{each.label}_out") if each.label in labels else each for each in exit)
    # A struct has one layout in all of a trace.
    exit = tuple(replace(each, type=f"{each.type}_out") if each.members else each for each in exit)
    # What looks like such a label is none.
    entry = tuple(each for each in entry if not each.label.endswith("out"))
    exit = tuple(each for each in exit if not each.label.endswith("out"))
    declared = Declared(7, "syscall", (*entry, *exit), draw(st.sampled_from(["int", "uid_t", "pointer", "size_t"])))
    unseen = draw(st.booleans())
    written = None if unseen or draw(st.booleans()) else {each.label: draw(value(each)) for each in exit}
    asked = {each.label: draw(value(each)) for each in entry}
    present = [(each, asked[each.label]) for each in entry]
    present += [(each, written[each.label]) for each in exit] if written is not None else []
    marks = {each.key: draw(st.frozensets(marks_of(each, value_))) for each, value_ in present}
    tid = draw(st.integers(1, 1 << 22))
    return Event(
        declared,
        asked,
        written,
        {key: names for key, names in marks.items() if names},
        ret=draw(st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-200, 1000)),
        pid=draw(st.just(tid) | st.integers(1, 1 << 22)),
        tid=tid,
        duration=draw(st.integers(0, 1 << 40)),
        unseen=unseen,
        answered=unseen and draw(st.booleans()),
    )


def marks_of(of: Field, value: Value) -> st.SearchStrategy[str]:
    """Marks that can stand with a value: of what faulted at once, the value itself says so."""
    if of.shape is Shape.INTEGER or isinstance(value, Missing):
        return st.nothing()
    return st.sampled_from(["part", "late", "fault"] if value not in (b"", ()) else ["part", "late"])


def put(maker: Maker, event: Event, time: int) -> None:
    """Put the event into a trace."""
    maker.call(
        0,
        time,
        event.tid,
        event.declared.name,
        None if event.unseen and not event.entry else event.entry,
        exit=event.exit,
        ret=event.ret,
        pid=event.pid,
        duration=event.duration,
        marks=event.marks,
        unseen=event.unseen,
        answered=event.answered,
    )


def shape_of(event: Event, label: str, at_exit: bool) -> Shape:
    """The shape of one of its fields."""
    return next(field.shape for field in event.declared.fields if (field.label, field.exit) == (label, at_exit))
