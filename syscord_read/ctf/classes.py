"""What a trace's metadata means: event classes, and where the bytes of their fields are.

docs/trace-format.md is the contract; only this file and steps.py know how TSDL says it.  Metadata has some thousand
classes, and most traces have events of few.  So a class is worked out when its first event is met.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from syscord_read.ctf.steps import NEWER, Step, StepReader, bits_of, integer_of, is_symbols, label_of, symbols_of
from syscord_read.ctf.tsdl import EnumType, Event, Fields, Metadata, Type
from syscord_read.errors import ReadError
from syscord_read.model.layout import ArgumentField, Base, EventClass, Integer, Kind, Prototype, Symbols

#: Bytes of what each packet begins with, in all versions; newer ones have one more number, ``seen``.
PACKET_HEADER = 152
SEEN_BITS = 64

#: Streams, and numbers of classes, as in docs/trace-format.md.
STREAM_CPU, STREAM_STATE = 0, 1
ID_UNKNOWN, ID_COMPAT, ID_DESCRIPTIONS, ID_DESCRIPTION, ID_ANCHOR = 0xFC00, 0xFC04, 0xFF00, 0xFF05, 0xFF10
DESCRIPTIONS: Mapping[int, Kind] = {
    0xFF00: Kind.PROCESS,  # until euid and the like were added
    0xFF01: Kind.OPEN_FILE,
    0xFF02: Kind.PROCESS,  # until lives were added
    0xFF03: Kind.SAME_FILE,
    0xFF04: Kind.OPEN_FILES,
    ID_DESCRIPTION: Kind.DESCRIPTION,
    0xFF06: Kind.PROCESS,
    ID_ANCHOR: Kind.ANCHOR,
}
UNSEEN = 2
#: The word ``entry`` of an unseen call: 0, or this if a seccomp filter or a debugger answered it.
ANSWERED = 1
CLASSES_OF_NR = 16

#: Calls that end what a descriptor, or the working directory, stands for.
ENDING = frozenset({"close", "close_range", "dup2", "dup3", "execve", "execveat", "chdir", "fchdir"})

#: What stands between the header and the fields, by form, as (name, bits).  Form 4 is as form 2.
SHORT, THREAD, LONG, UNSEEN_FORM = range(4)
HEADS = (
    (("duration", 32), ("ret", 32)),
    (("pid", 32), ("duration", 32), ("ret", 32)),
    (("pid", 32), ("duration", 64), ("ret", 64)),
    (("pid", 32), ("entry", 64), ("ret", 64)),
    (("pid", 32), ("duration", 64), ("ret", 64)),
)
HEAD_OF_PROCESS = (("pid", 32),)
NUMBER_OF_OTHERS = ("nr", 32)
#: An anchor's fields, and what they are in bytes.
ANCHOR = (*HEAD_OF_PROCESS, ("real", 64), ("boot", 64))
_ANCHOR = struct.Struct("<IQQ")
#: Times of day from here on, in ns since 1970, are none.
REAL_MAX = 1 << 62


@dataclass(frozen=True)
class EventHeader:
    """What each event begins with: ``size`` bytes, and where in them are its class, its size, its time, its thread."""

    size: int
    id: int
    length: int
    time: int
    tid: int


@dataclass(frozen=True)
class Encoding:
    """How the events of a class are stored: behind the header, ``head`` bytes, then the steps.

    ``form`` is the head's, an index into ``HEADS``; -1: it has only the process.
    """

    event_class: EventClass
    form: int
    head: int
    steps: tuple[Step, ...]

    @cached_property
    def least(self) -> int:
        """Bytes that an event has at least, its header not counted."""
        return self.head + sum(step.size or step.word.size for step in self.steps)


class Layout:
    """All that a trace's metadata says.

    ``packet_header``: bytes with which a packet begins.  ``clock_offset`` is in ns: what to add to an event's time to
    get the time since the Unix epoch, where no anchor says it.  ``env`` has the host (``hostname``,
    ``machine`` ...) and the recorder, as docs/trace-format.md says.
    """

    def __init__(self, metadata: Metadata, trace: int = 0) -> None:
        self.metadata = metadata
        self.trace = trace
        self.env: Mapping[str, int | str] = metadata.env
        self.uuid = _uuid(metadata)
        self.clock_offset = _clock_offset(metadata)
        self._encodings: dict[tuple[int, int], Encoding] = {}
        self.packet_header = _check_origin(metadata)
        self.header = _event_header(metadata, STREAM_CPU)
        self.anchors = frozenset(stream for stream, id in metadata.events if id == ID_ANCHOR)
        #: Bytes with which a packet begins, an anchor included.
        self.head_size = self.packet_header + (self.header.size + _ANCHOR.size if self.anchors else 0)
        if self.header != _event_header(metadata, STREAM_STATE):
            raise ReadError(metadata.where, "the events of its two streams begin in different ways", NEWER)

    def encoding(self, stream: int, id: int) -> Encoding | None:
        """How the events of a class are stored, or None if there is no such class.  ReadError if that is not sound."""
        key = stream, id
        if key not in self.metadata.events:
            return None
        if key not in self._encodings:
            self._encodings[key] = self._encode(self.metadata.events[key])
        return self._encodings[key]

    @cached_property
    def names_32(self) -> Mapping[int, str]:
        """The 32-bit table: names of the numbers that classes of compat calls have."""
        event = next((event for (_, id), event in self.metadata.events.items() if id & ~3 == ID_COMPAT), None)
        fields = self.metadata.parts(event)[1] if event else ()
        number = next((field.type for field in fields if label_of(field.name) == "nr"), None)
        return {value: label for label, value in number.labels.items()} if isinstance(number, EnumType) else {}

    @cached_property
    def symbols(self) -> Mapping[str, Symbols]:
        """All sets of named constants, by name, whether or not a class that has one was met."""
        found: dict[str, Symbols] = {}
        for type in self.metadata.types.values():
            if isinstance(type, EnumType) and is_symbols(type):
                symbols = symbols_of(type)
                found.setdefault(symbols.name, symbols)
        return found

    @property
    def names(self) -> Iterator[str]:
        """The names of all syscalls, of both tables."""
        yield from (event.name for (_, id), event in self.metadata.events.items() if id < ID_COMPAT)
        yield from self.names_32.values()

    @cached_property
    def ending(self) -> list[str]:
        """The syscalls of the recorded machine that end what a descriptor stands for."""
        return sorted(ENDING & {event.name for (_, id), event in self.metadata.events.items() if id < ID_UNKNOWN})

    @cached_property
    def follows(self) -> bool:
        """Whether all of these were recorded: the filter let them through."""
        wanted = {name.strip() for name in str(self.env.get("param_syscalls", "")).split(",")} - {""}
        return not wanted or wanted.issuperset(self.ending)

    def anchor(self, data: bytes, place: int) -> tuple[int, int] | None:
        """If an anchor stands there: the low 32 bits of its time, and the time of day, in ns since 1970."""
        end = place + self.header.size
        if not self.anchors or len(data) < end + _ANCHOR.size:
            return None
        id, low = place + self.header.id, place + self.header.time
        if int.from_bytes(data[id : id + 2], "little") != ID_ANCHOR:
            return None
        return int.from_bytes(data[low : low + 4], "little"), _ANCHOR.unpack_from(data, end)[1]

    def prototype(self, name: str) -> Prototype | None:
        """How a syscall with a handler is called."""
        text = self.env.get(f"call_{name}")
        return _prototype(str(text)) if text is not None else None

    def _encode(self, event: Event) -> Encoding:
        where = f"{self.metadata.where}: event {event.name!r} ({event.id})"
        context, fields = self.metadata.parts(event)
        kind, form, head = _kind(event.id)
        # What precedes the fields of a syscall is the event's own context, but for the number.
        everything = (*context, *fields)
        _check_head(where, everything, head)
        if kind is Kind.ANCHOR:
            _check_head(where, everything, ANCHOR)
        rest = everything[len(head) :]
        prototype = self.prototype(event.name) if kind is Kind.SYSCALL else None
        steps = tuple(StepReader(where, _exit_labels(rest, prototype), _singles(prototype)).steps(rest))
        result = next((field.type for field in everything[: len(head)] if label_of(field.name) == "ret"), None)
        event_class = EventClass(
            event.id,
            kind,
            event.name,
            tuple(step.field for step in steps),
            nr=event.id // CLASSES_OF_NR if kind is Kind.SYSCALL else None,
            ret_type=prototype.ret if prototype else "",
            ret=_result(kind, prototype, result),
            unseen=form == UNSEEN_FORM,
            no_result=isinstance(result, EnumType) and list(result.labels) == ["none"],
            prototype=prototype,
            trace=self.trace,
            follows=self.follows,
        )
        return Encoding(event_class, form, sum(bits for _, bits in head) // 8, steps)


def _uuid(metadata: Metadata) -> bytes:
    try:
        return uuid.UUID(str(metadata.trace["uuid"])).bytes
    except (KeyError, ValueError):
        raise ReadError(metadata.where, "it has no uuid for the trace") from None


def _clock_offset(metadata: Metadata) -> int:
    def entry(key: str, default: int) -> int:
        value = metadata.clock.get(key, default)
        if not isinstance(value, int) or not -(1 << 62) < value < 1 << 62:
            raise ReadError(metadata.where, f"the clock's {key} is no number of that kind")
        return value

    frequency = entry("freq", 1_000_000_000)
    if frequency != 1_000_000_000:
        raise ReadError(metadata.where, f"the clock counts {frequency} times a second", "syscord's counts nanoseconds")
    offset = entry("offset_s", 0) * 1_000_000_000 + entry("offset", 0)
    if not -(1 << 61) < offset < 1 << 61:
        raise ReadError(metadata.where, "the clock's offset is centuries away")
    return offset


def _check_origin(metadata: Metadata) -> int:
    """That syscord wrote it, and packets begin as this reader knows it.  Returns the bytes with which they begin."""
    if metadata.trace.get("byte_order", "le") != "le":
        raise ReadError(metadata.where, "it is not little-endian, so syscord did not write it", "try babeltrace2")
    if metadata.env.get("tracer_name") != "syscord":
        raise ReadError(metadata.where, f"its tracer is {metadata.env.get('tracer_name')}", "try babeltrace2")
    header = _struct(metadata, "packet.header") + _struct(metadata, f"stream{STREAM_CPU}.packet.context")
    size = sum(bits_of(field.type) for field in header) // 8
    counts_seen = bool(header) and label_of(header[-1].name) == "seen"
    known = PACKET_HEADER + counts_seen * SEEN_BITS // 8
    if size != known:
        raise ReadError(metadata.where, f"packets begin with {size} bytes, not {known}", NEWER)
    return size


def _struct(metadata: Metadata, key: str) -> Fields:
    return metadata.structs[key].fields if key in metadata.structs else ()


def _event_header(metadata: Metadata, stream: int) -> EventHeader:
    """Where what every event has is."""
    fields = _struct(metadata, f"stream{stream}.event.header") + _struct(metadata, f"stream{stream}.event.context")
    places: dict[str, tuple[int, int]] = {}
    offset = 0
    for field in fields:
        places[field.name.lstrip("_")] = offset, bits_of(field.type)
        offset += bits_of(field.type)
    bits = {name: places.get(name, (0, 0))[1] for name in ("id", "size", "timestamp", "tid")}
    if bits != {"id": 16, "size": 16, "timestamp": 32, "tid": 32} or any(place % 16 for place, _ in places.values()):
        raise ReadError(metadata.where, f"events begin with {bits} bits, in a way that is not known", NEWER)
    return EventHeader(offset // 8, *(places[name][0] // 8 for name in bits))


def _kind(id: int) -> tuple[Kind, int, tuple[tuple[str, int], ...]]:
    """What a class is, by its number, and the form of what stands before its fields."""
    if id < ID_UNKNOWN:
        form = id % CLASSES_OF_NR // 2
        return Kind.SYSCALL, min(form, len(HEADS) - 1), HEADS[min(form, len(HEADS) - 1)]
    if id < ID_COMPAT + 4:
        form = UNSEEN_FORM if id & UNSEEN else LONG
        return (Kind.COMPAT if id >= ID_COMPAT else Kind.UNKNOWN), form, (*HEADS[form], NUMBER_OF_OTHERS)
    return DESCRIPTIONS.get(id, Kind.OTHER), -1, HEAD_OF_PROCESS


def _check_head(where: str, fields: Fields, head: tuple[tuple[str, int], ...]) -> None:
    found = tuple((label_of(field.name), integer_of(field.type).bits) for field in fields[: len(head)])
    if found != head:
        raise ReadError(where, f"it begins with {found}, not with {head}", NEWER)


def _prototype(text: str) -> Prototype:
    """``ssize_t(fd, >data+>addr, -)``"""
    ret, _, rest = text.partition("(")
    arguments = [_argument(argument.strip()) for argument in rest.rstrip(")").split(",")] if rest.rstrip(")") else []
    entry = {field.label for argument in arguments for field in argument if not field.exit}
    return Prototype(ret.strip(), tuple(tuple(_without_out(field, entry) for field in each) for each in arguments))


def _argument(text: str) -> tuple[ArgumentField, ...]:
    if text in ("", "-"):
        return ()
    return tuple(
        ArgumentField(part.strip().lstrip("*>"), exit=">" in part, single="*" in part) for part in text.split("+")
    )


def _without_out(field: ArgumentField, entry: set[str]) -> ArgumentField:
    base = field.label.removesuffix("_out")
    return replace(field, label=base) if field.exit and base in entry else field


def _singles(prototype: Prototype | None) -> frozenset[tuple[str, bool]]:
    """Which fields, by label and part, are one element and not a list."""
    fields = (field for argument in prototype.arguments for field in argument) if prototype else ()
    return frozenset((field.label, field.exit) for field in fields if field.single)


def _exit_labels(fields: Fields, prototype: Prototype | None) -> dict[str, str]:
    """Of those fields that are of the exit part, by their names, the labels."""
    parts = [field for argument in prototype.arguments for field in argument] if prototype else []
    entry = {field.label for field in parts if not field.exit}
    exit = {field.label for field in parts if field.exit}
    labels = {}
    for name in (label_of(field.name) for field in fields):
        base = name.removesuffix("_out")
        if name not in entry and base in entry & exit:
            labels[name] = base
        elif name not in entry and name in exit:
            labels[name] = name
    return labels


def _result(kind: Kind, prototype: Prototype | None, type: Type | None) -> Integer:
    """How a result that is no error is meant."""
    base = integer_of(type).base if type else Base.DEC
    if kind is Kind.COMPAT:
        return Integer(32, True)
    if not prototype:
        return Integer(64, True, base)
    bits, signed = RESULTS.get(prototype.ret, (64, True))
    if prototype.ret == "pointer":
        base = Base.HEX
    return Integer(bits, signed, base)


#: Bits and sign of the types that a result can have.
RESULTS: Mapping[str, tuple[int, bool]] = {
    "int": (32, True),
    "unsigned int": (32, False),
    "long": (64, True),
    "unsigned long": (64, False),
    "size_t": (64, False),
    "ssize_t": (64, True),
    "loff_t": (64, True),
    "fd": (32, True),
    "pid_t": (32, True),
    "uid_t": (32, False),
    "gid_t": (32, False),
    "mode_t": (32, False),
    "pointer": (64, False),
    **{f"{'s' if signed else 'u'}{bits}": (bits, signed) for bits in (8, 16, 32, 64) for signed in (True, False)},
}
