"""Traces made up: metadata and packets as docs/trace-format.md says, written in the plainest way there is.

maker = Maker([openat, read])
maker.call(cpu=0, time=10, tid=7, name="openat", entry={"dir": -100, "path": b"/etc/hosts"}, ret=3)
maker.write(tmp_path)
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Any

from syscord_read.model.layout import FAULT, LATE, NULL, PART, Base, Field, Integer, Member, Shape, Symbols
from syscord_read.model.processes import NAMESPACES, Ids, Life
from syscord_read.model.value import Cut, Missing, Value

UUID = uuid.UUID("5ca1ab1e-0000-4000-8000-00000000cafe")
OFFSET = 1_700_000_000_000_000_000
MARKS = {"part": PART, "fault": FAULT, "late": LATE}

FD = Integer(32, True)
INT = Integer(32, True)
SIZE = Integer(64, False)
HEX = Integer(64, False, Base.HEX)
MODE = Integer(32, False, Base.OCT)


def integer(label: str, kind: Integer, type: str = "int", *, exit: bool = False) -> Field:
    """A field in a register."""
    return Field(label, Shape.INTEGER, type, exit, kind, key=label)


def memory(label: str, shape: Shape, type: str, *, exit: bool = False, key: str = "") -> Field:
    """Text, content, an address, or a list of strings."""
    return Field(label, shape, type, exit, key=key or label)


def number(label: str, kind: Integer, type: str = "u64", *, several: bool = False, exit: bool = False) -> Field:
    """Integers behind a pointer."""
    return Field(label, Shape.NUMBERS if several else Shape.NUMBER, type, exit, kind, key=label)


def structs(label: str, type: str, members: Sequence[Member], *, several: bool = False, exit: bool = False) -> Field:
    """Structs behind a pointer."""
    return Field(label, Shape.STRUCTS if several else Shape.STRUCT, type, exit, None, tuple(members), label)


@dataclass(frozen=True)
class Declared:
    """A syscall: its number, the type of its result, its fields; ``no_result`` as of exit()."""

    nr: int
    name: str
    fields: tuple[Field, ...] = ()
    ret: str = "int"
    no_result: bool = False
    handler: bool = True

    @property
    def prototype(self) -> str:
        """As in the environment: each field is an argument of its own."""
        star = {Shape.STRUCT: "*", Shape.NUMBER: "*"}
        parts = (f"{star.get(each.shape, '')}{'>' if each.exit else ''}{each.key}" for each in self.fields)
        return f"{self.ret}({', '.join(parts)})"


OPEN_FLAGS = Symbols("open_flags", "flags", {"O_RDONLY": 0, "O_WRONLY": 1, "O_CREAT": 0o100, "O_CLOEXEC": 0o2000000})
AT_FD = Symbols("at_fd", "enum", {"AT_FDCWD": -100})
TIMESPEC = (Member("sec", "s64", Integer(64, True)), Member("nsec", "s64", Integer(64, True)))
STAT = (
    Member("dev", "u64", HEX),
    Member("mode", "mode_t", MODE),
    Member("size", "loff_t", Integer(64, True)),
)
POLLFD = (
    Member("fd", "fd", FD),
    Member("events", "s16", Integer(16, True)),
    Member("revents", "u16", Integer(16, False)),
)

OPENAT = Declared(
    56,
    "openat",
    (
        integer("dir", Integer(32, True, symbols=AT_FD), "fd"),
        memory("path", Shape.TEXT, "path"),
        integer("flags", Integer(32, True, symbols=OPEN_FLAGS)),
        integer("mode", MODE, "mode_t"),
    ),
    "fd",
)
CLOSE = Declared(57, "close", (integer("fd", FD, "fd"),))
READ = Declared(
    63,
    "read",
    (integer("fd", FD, "fd"), integer("size", SIZE, "size_t"), memory("data", Shape.BYTES, "bytes", exit=True)),
    "ssize_t",
)
WRITE = Declared(
    64,
    "write",
    (integer("fd", FD, "fd"), memory("data", Shape.BYTES, "bytes"), integer("size", SIZE, "size_t")),
    "ssize_t",
)
STATAT = Declared(
    79,
    "newfstatat",
    (
        integer("dir", Integer(32, True, symbols=AT_FD), "fd"),
        memory("path", Shape.TEXT, "path"),
        integer("flags", INT),
        structs("stat", "stat", STAT, exit=True),
    ),
)
NANOSLEEP = Declared(
    101,
    "nanosleep",
    (structs("request", "timespec", TIMESPEC), structs("remain", "timespec", TIMESPEC, exit=True)),
)
PPOLL = Declared(
    73,
    "ppoll",
    (structs("fds", "pollfd", POLLFD, several=True), number("mask", HEX), number("more", INT, "int", several=True)),
)
EXECVE = Declared(221, "execve", (memory("path", Shape.TEXT, "path"), memory("argv", Shape.STRINGS, "strings")), "int")
ACCEPT4 = Declared(
    242,
    "accept4",
    (
        integer("sockfd", FD, "fd"),
        integer("flags", INT),
        memory("addr", Shape.ADDRESS, "sockaddr", exit=True),
    ),
    "fd",
)
GETSOCKNAME = Declared(
    204,
    "getsockname",
    (
        integer("sockfd", FD, "fd"),
        memory("addr", Shape.ADDRESS, "sockaddr"),
        memory("addr", Shape.ADDRESS, "sockaddr", exit=True, key="addr_out"),
    ),
)
MMAP = Declared(222, "mmap", (integer("addr", HEX, "pointer"), integer("size", SIZE, "size_t")), "pointer")
GETUID = Declared(174, "getuid", (), "uid_t")
EXIT = Declared(93, "exit", (integer("status", INT),), no_result=True)
BARE = Declared(43, "statfs", handler=False)
ALL = (
    OPENAT,
    CLOSE,
    READ,
    WRITE,
    STATAT,
    NANOSLEEP,
    PPOLL,
    EXECVE,
    ACCEPT4,
    GETSOCKNAME,
    MMAP,
    GETUID,
    EXIT,
    BARE,
)
NAMES_32 = {3: "read", 4: "write", 5: "open"}
REASONS = ("state", "seen", "fork", "exec", "rename", "ids", "parent", "exit")


@dataclass
class Counts:
    """What a CPU's packets count."""

    seq: int = 0
    recorded: int = 0
    dropped: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("ring", "sink", "threads", "cpu"), 0))
    overwritten: int = 0
    last: int = -1  # where the last packet begins in its stream


@dataclass
class Maker:
    """A trace in the making.  Events are kept by CPU ("state" is -1) until ``packet`` or ``write`` makes packets."""

    declared: Sequence[Declared] = ALL
    uuid: uuid.UUID = UUID
    offset: int = OFFSET
    hostname: str = "guest"
    cpus: str = ""
    syscalls: str = ""  # the filter
    more_env: dict[str, str] = field(default_factory=dict)
    counts_seen: bool = True
    events: dict[int, list[tuple[int, bytes, bool]]] = field(default_factory=dict)
    streams: dict[int, bytearray] = field(default_factory=dict)
    counts: dict[int, Counts] = field(default_factory=dict)

    def call(
        self,
        cpu: int = 0,
        time: int = 0,
        tid: int = 1,
        name: str = "close",
        entry: Mapping[str, Any] | None = None,
        *,
        exit: Mapping[str, Any] | None = None,
        ret: int = 0,
        pid: int | None = None,
        duration: int = 0,
        marks: Mapping[str, Iterable[str]] | None = None,
        unseen: bool = False,
        answered: bool = False,
    ) -> None:
        """Add a syscall.  ``marks`` has those of the fields, by key; ``exit``: None if that part is not there."""
        declared = next(each for each in self.declared if each.name == name)
        pid = tid if pid is None else pid
        asked, written = ([each for each in declared.fields if each.exit == of_exit] for of_exit in (False, True))
        parts = [] if entry is None else [(each, entry.get(each.label)) for each in asked]
        wide = any(not _fits(each, value) for each, value in parts)
        parts += [] if exit is None else [(each, exit.get(each.label)) for each in written]
        unseen = unseen or answered
        part = (entry is not None) if unseen else (exit is not None)
        form, head = _head(pid, tid, int(answered) if unseen else duration, ret, unseen=unseen, wide=wide)
        fields = b"".join(encode(_stored(each, form), value, _marks(marks, each.key)) for each, value in parts)
        self.event(cpu, time, tid, declared.nr * 16 + form * 2 + part, head + fields, record=True)

    def other(self, cpu: int, time: int, tid: int, nr: int, ret: int, *, compat: bool = False, bits: int = 0) -> None:
        """Add a call that has no class of its own."""
        head = struct.pack("<IQqi", tid, 0 if bits & 2 else 5, ret, nr)
        self.event(cpu, time, tid, (0xFC04 if compat else 0xFC00) + bits, head, record=True)

    def process(
        self,
        cpu: int,
        time: int,
        tid: int,
        pid: int,
        ppid: int = 1,
        *,
        comm: bytes = b"",
        exe: Value | None = b"",
        reason: str = "seen",
        uid: int = 0,
        ids: Ids | None = None,
        life: Life | None = None,
    ) -> None:
        """Add who a thread is, as older modules did if there are no ``ids``, or no ``life``."""
        ids = ids or (Ids(uid, 0, 0, 0, 0) if life else None)
        more = struct.pack("<IIIQI", *astuple(ids)) if ids else b""
        more += _life(life) if life else b""
        head = struct.pack("<IIII", pid, REASONS.index(reason), ppid, uid) + more + struct.pack("16s", comm)
        marks = 16 if exe is None else 0
        text = encode(memory("exe", Shape.TEXT, "long path"), b"" if exe is None else exe, marks)
        numbers = b""
        if life:
            numbers = struct.pack("<H", len(life.numbers)) + b"".join(
                struct.pack("<III", *each) for each in life.numbers
            )
        self.event(cpu, time, tid, 0xFF06 if life else 0xFF02 if ids else 0xFF00, head + text + numbers)

    def open_file(self, time: int, pid: int, fd: int, path: bytes) -> None:
        """Add what was open."""
        head = struct.pack("<Ii", pid, fd) + encode(memory("path", Shape.TEXT, "long path"), path, 0)
        self.event(-1, time, pid, 0xFF01, head)

    def same_file(self, time: int, pid: int, fd: int, as_pid: int, as_fd: int) -> None:
        """Add what was open, and is described already."""
        self.event(-1, time, pid, 0xFF03, struct.pack("<IiIi", pid, fd, as_pid, as_fd))

    def open_files(self, time: int, pid: int, as_pid: int, described: int = 0, count: int = 0) -> None:
        """Add whose descriptors a process has, or how many of its own are described."""
        self.event(-1, time, pid, 0xFF04, struct.pack("<IIII", pid, as_pid, described, count))

    def description(self, time: int, described: int, count: int) -> None:
        """Add the end of a description."""
        self.event(-1, time, 0, 0xFF05, struct.pack("<III", 0, described, count))

    def anchor(self, cpu: int, time: int, real: int) -> None:
        """Add what the time of day was."""
        self.event(cpu, time, 0, 0xFF10, struct.pack("<IQQ", 0, real, time))

    def event(self, cpu: int, time: int, tid: int, id: int, payload: bytes, *, record: bool = False) -> None:
        """Add an event of these bytes."""
        size = 12 + len(payload)
        head = struct.pack("<HIHI", id, time & 0xFFFFFFFF, (size + 1) // 2, tid)
        self.events.setdefault(cpu, []).append((time, head + payload, record))

    def packet(self, cpu: int, /, *, flags: int = 0, **changes: int) -> bytes:
        """Make a packet of the events that a CPU has.  ``changes`` replace what its header would say."""
        events = self.events.pop(cpu, [])
        counts = self.counts.setdefault(cpu, Counts())
        body = b""
        for _, event, _ in events:
            body += bytes(len(body) % 2) + event
        records = sum(record for _, _, record in events)
        counts.recorded += records
        says = {
            "magic": 0xC1FC1FC1,
            "stream": 1 if cpu < 0 else 0,
            "instance": max(cpu, 0),
            "begin": events[0][0] if events else 0,
            "end": events[-1][0] if events else 0,
            "content": (152 + 8 * self.counts_seen + len(body)) * 8,
            "size": (152 + 8 * self.counts_seen + len(body)) * 8,
            "seq": counts.seq,
            "discarded": sum(counts.dropped.values()),
            "recorded": counts.recorded,
            "filtered": 0,
            "overwritten": counts.overwritten,
            **{f"dropped_{cause}": count for cause, count in counts.dropped.items()},
            "cpu": max(cpu, 0),
            "events": len(events),
            "records": records,
            "flags": flags,
            **changes,
        }
        counts.seq += 1
        seen = says.pop("seen", counts.recorded + sum(counts.dropped.values()) + says["filtered"])
        magic, *rest = says.values()
        header = struct.pack("<I16sI" + "Q" * 14 + "IIII", magic, self.uuid.bytes, *rest)
        packet = header + (struct.pack("<Q", seen) if self.counts_seen else b"") + body
        stream = self.streams.setdefault(cpu, bytearray())
        counts.last = len(stream)
        stream.extend(packet)
        return packet

    def write(self, folder: Path, *, finish: bool = True) -> Path:
        """Write the trace; first make packets of what is left.  ``finish``: the last ones of their CPUs say so."""
        folder.mkdir(parents=True, exist_ok=True)
        for cpu in list(self.events):
            self.packet(cpu)
        for cpu, counts in self.counts.items():
            if finish and cpu >= 0 and 0 <= counts.last < len(self.streams.get(cpu, b"")) - 152:
                self.streams[cpu][counts.last + 148] |= 1
        (folder / "metadata").write_text(self.metadata(), encoding="utf-8")
        for cpu, data in self.streams.items():
            (folder / ("state" if cpu < 0 else f"cpu{cpu}")).write_bytes(data)
        return folder

    def metadata(self) -> str:
        """The metadata, in TSDL."""
        types: dict[str, str] = {}
        events = [text for each in self.declared for text in _classes(each, types)]
        events += _others(types)
        calls = {f"call_{each.name}": each.prototype for each in self.declared if each.handler}
        env = {
            "hostname": self.hostname,
            "machine": "arm64",
            "tracer_name": "syscord",
            "cpus": self.cpus,
            **({"param_syscalls": self.syscalls} if self.syscalls else {}),
            **self.more_env,
            **calls,
        }
        return "\n".join(
            [
                "/* CTF 1.8 */",
                *_BASIC_TYPES,
                *types.values(),
                _TRACE % self.uuid,
                "env {",
                *(f'\t{key} = "{value}";' for key, value in env.items()),
                "};",
                _CLOCK % (self.offset // 10**9, self.offset % 10**9),
                *(_STREAM % (stream, "\t\tuint64_t seen;\n" * self.counts_seen) for stream in (0, 1)),
                *events,
                "",
            ]
        )


def life(**changes: Any) -> Life:
    """A process's life, of which only some is of interest."""
    known = dict.fromkeys(
        ("start", "files", "fs", "files_from", "fs_from", "cgroup", "old_tid", "status", "process_status"), 0
    )
    none = dict.fromkeys(NAMESPACES, 0)
    return Life(**{**known, "namespaces": none, "ended": False, "numbers": (), **changes})


def _life(life: Life) -> bytes:
    tables = life.start, life.files, life.fs, life.files_from, life.fs_from, life.cgroup
    namespaces = (life.namespaces[name] for name in NAMESPACES)
    return struct.pack("<I6Q9I", life.old_tid, *tables, *namespaces, life.status, life.ended, life.process_status)


def _marks(marks: Mapping[str, Iterable[str]] | None, key: str) -> int:
    return sum(MARKS[mark] for mark in (marks or {}).get(key, ()))


def _head(pid: int, tid: int, duration: int, ret: int, *, unseen: bool, wide: bool) -> tuple[int, bytes]:
    """The form of a syscall, and what stands before its fields; ``duration`` of an unseen one: why."""
    if unseen:
        return 3, struct.pack("<IQq", pid, duration, ret)
    if wide or duration >> 32 or not -(1 << 31) <= ret < 1 << 31:
        return 4 if wide else 2, struct.pack("<IQq", pid, duration, ret)
    if pid != tid:
        return 1, struct.pack("<IIi", pid, duration, ret)
    return 0, struct.pack("<Ii", duration, ret)


def _is_narrow(of: Field) -> bool:
    """Whether it is stored in 32 bits where these are enough."""
    kind = of.integer
    if of.shape is not Shape.INTEGER or kind is None:
        return False
    return kind.bits == 64 and kind.base is Base.DEC and not kind.symbols


def _fits(of: Field, value: object) -> bool:
    """Whether a register's value fits in what is stored of it in narrow forms."""
    if not _is_narrow(of):
        return True
    assert of.integer and isinstance(value, int)
    return -(1 << 31) <= value < 1 << 31 if of.integer.signed else value < 1 << 32


def _stored(of: Field, form: int) -> Field:
    """A field as an event of that form has it."""
    if form in (3, 4) or not _is_narrow(of):
        return of
    assert of.integer
    return replace(of, integer=replace(of.integer, bits=32), type=f"{of.type}_32")


def encode(of: Field, value: Value | None, marks: int) -> bytes:
    """A field as it is stored."""
    if of.shape is Shape.INTEGER:
        assert of.integer and isinstance(value, int)
        return _integer(of.integer, value)
    is_long = of.shape is Shape.BYTES or of.type == "long path"
    word = _long_word if is_long else _word
    if isinstance(value, Missing):
        marks |= NULL if value is Missing.NULL else FAULT
        value = b"" if of.shape in (Shape.TEXT, Shape.BYTES, Shape.ADDRESS) else ()
    if of.shape in (Shape.STRUCT, Shape.NUMBER):
        return word(0, marks) if value in (b"", (), None) else word(1, marks) + _element(of, value)
    if isinstance(value, bytes):
        return word(len(value), marks) + value
    assert isinstance(value, tuple)
    encoded = (_string(each) if of.shape is Shape.STRINGS else _element(of, each) for each in value)
    return word(len(value), marks) + b"".join(encoded)


def _word(count: int, marks: int) -> bytes:
    return struct.pack("<H", count | marks << 12)


def _long_word(count: int, marks: int) -> bytes:
    return struct.pack("<I", count | marks << 24)


def _integer(kind: Integer, value: int) -> bytes:
    return value.to_bytes(kind.bits // 8, "little", signed=kind.signed)


def _string(value: Value) -> bytes:
    match value:
        case Missing.FAULT:
            return _word(0, FAULT)
        case Cut():
            return _word(len(value.beginning), PART) + value.beginning
        case bytes():
            return _word(len(value), 0) + value
    raise AssertionError(value)


def _element(of: Field, value: Value | None) -> bytes:
    if isinstance(value, int):
        assert of.integer
        return _integer(of.integer, value)
    assert isinstance(value, Mapping)
    return b"".join(_integer(member.integer, value[member.label]) for member in of.members)


_MARKS = '"none" = 0, "part" = 1, "fault" = 2, "null" = 4, "late" = 8'
_BASIC_TYPES = (
    "typealias integer { size = 8; align = 8; signed = false; } := uint8_t;",
    "typealias integer { size = 16; align = 8; signed = false; } := uint16_t;",
    "typealias integer { size = 32; align = 8; signed = false; } := uint32_t;",
    "typealias integer { size = 64; align = 8; signed = false; } := uint64_t;",
    "typealias integer { size = 32; align = 8; signed = true; } := int32_t;",
    "typealias integer { size = 64; align = 8; signed = true; } := int64_t;",
    "typealias integer { size = 8; align = 8; encoding = UTF8; } := char_t;",
    "typealias integer { size = 12; align = 8; } := t_count;",
    f"typealias enum : integer {{ size = 4; align = 1; }} {{ {_MARKS} }} := t_marks;",
    "typealias integer { size = 24; align = 8; } := t_long_count;",
    f'typealias enum : uint8_t {{ {_MARKS}, "unread" = 16 }} := t_long_marks;',
    "typealias char_t := t_path;",
    "typealias char_t := t_string;",
    "typealias integer { size = 8; align = 8; base = 16; } := t_bytes;",
    "typealias integer { size = 8; align = 8; base = 16; } := t_sockaddr;",
)

#: A string in a list.  Babeltrace 2.0 loses its length if the struct has a name.
_STRING = "struct { t_count __text_length; t_marks _text_marks; char_t _text[__text_length]; }"

_TRACE = """\
trace {
	major = 1;
	minor = 8;
	uuid = "%s";
	byte_order = le;
	packet.header := struct {
		uint32_t magic;
		uint8_t uuid[16];
		uint32_t stream_id;
		uint64_t stream_instance_id;
	};
};"""

_CLOCK = """\
clock {
	name = "monotonic";
	freq = 1000000000;
	offset_s = %d;
	offset = %d;
};
typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; } := t_time64;
typealias integer { size = 32; align = 8; signed = false; map = clock.monotonic.value; } := t_time32;"""

_STREAM = """\
stream {
	id = %d;
	event.header := struct {
		uint16_t id;
		t_time32 timestamp;
	} align(16);
	event.context := struct {
		uint16_t __size;
		uint32_t _tid;
	};
	packet.context := struct {
		t_time64 timestamp_begin;
		t_time64 timestamp_end;
		uint64_t content_size;
		uint64_t packet_size;
		uint64_t packet_seq_num;
		uint64_t events_discarded;
		uint64_t recorded;
		uint64_t filtered;
		uint64_t overwritten;
		uint64_t dropped_ring;
		uint64_t dropped_sink;
		uint64_t dropped_threads;
		uint64_t dropped_cpu;
		uint32_t cpu_id;
		uint32_t events;
		uint32_t records;
		uint32_t flags;
%s	};
};"""

_EVENT = """\
event {
	name = "%s";
	id = %d;
	stream_id = %d;
	context := struct {
%s	};
	fields := struct {
%s	};
};"""


def _event(name: str, id: int, stream: int, context: Iterable[str], fields: Iterable[str]) -> str:
    lines = ("".join(f"\t\t{each};\n" for each in part) for part in (context, fields))
    return _EVENT % (name, id, stream, *lines)


def _result(declared: Declared, bits: int) -> str:
    if declared.no_result:
        return f'enum : int{bits}_t {{ "none" = 0 }} _ret'
    return f"int{bits}_t _ret"


def _classes(declared: Declared, types: dict[str, str]) -> list[str]:
    unseen = "enum : uint64_t { unseen = 0, answered = 1 } _entry"
    heads = (
        ["uint32_t _duration", _result(declared, 32)],
        ["uint32_t _pid", "uint32_t _duration", _result(declared, 32)],
        ["uint32_t _pid", "uint64_t _duration", _result(declared, 64)],
        ["uint32_t _pid", unseen, _result(declared, 64)],
        ["uint32_t _pid", "uint64_t _duration", _result(declared, 64)],
    )
    events = []
    for form, head in enumerate(heads):
        parts = [
            [text for each in declared.fields if each.exit == exit for text in _field(_stored(each, form), types)]
            for exit in (False, True)
        ]
        entry, exit = parts
        for part in (0, 1):
            fields = [*(entry if form != 3 or part else ()), *(exit if form != 3 and part else ())]
            events.append(_event(declared.name, declared.nr * 16 + form * 2 + part, 0, head, fields))
    return events


def _others(types: dict[str, str]) -> list[str]:
    table = ", ".join(f"{name} = {nr}" for nr, name in NAMES_32.items())
    types["compat"] = f"enum syscalls_32 : int32_t {{ {table} }};"
    events = []
    for name, first, number in (("unknown", 0xFC00, "int32_t _nr"), ("compat", 0xFC04, "enum syscalls_32 _nr")):
        for bits in range(4):
            timing = "enum : uint64_t { unseen = 0, answered = 1 } _entry" if bits & 2 else "uint64_t _duration"
            result = "enum : int64_t { none = 0 } _ret" if bits & 1 else "int64_t _ret"
            events.append(_event(name, first + bits, 0, ["uint32_t _pid", timing, result], [number]))
    reasons = "enum : uint32_t { " + ", ".join(REASONS) + " } _reason"
    exe, path = (_field(memory(label, Shape.TEXT, "long path"), types) for label in ("exe", "path"))
    who = ["uint32_t _pid", reasons, "uint32_t _ppid", "uint32_t _uid"]
    ids = ["uint32_t _euid", "uint32_t _gid", "uint32_t _egid", "uint64_t _caps", "uint32_t _user_ns"]
    called = ["char_t _comm[16]", *exe]
    names = "".join(f"\tuint32_t _{name};\n" for name in ("ns", "pid", "tid"))
    types["struct pid_number"] = f"struct s_pid_number {{\n{names}}};"
    numbers = ["t_count __numbers_length", "t_marks _numbers_marks", "struct s_pid_number _numbers[__numbers_length]"]
    lives = ["uint32_t _old_tid"]
    lives += [f"uint64_t _{name}" for name in ("start", "files", "fs", "files_from", "fs_from", "cgroup")]
    lives += [f"uint32_t _{name}" for name in (*NAMESPACES, "status", "ended", "process_status")]
    for stream in (0, 1):
        events.append(_event("process", 0xFF06, stream, (), [*who, *ids, *lives, *called, *numbers]))
        events.append(_event("process", 0xFF00, stream, (), [*who, *called]))
        events.append(_event("process", 0xFF02, stream, (), [*who, *ids, *called]))
        events.append(_event("open_file", 0xFF01, stream, (), ["uint32_t _pid", "int32_t _fd", *path]))
        events.append(_event("anchor", 0xFF10, stream, (), ["uint32_t _pid", "uint64_t _real", "uint64_t _boot"]))
    same = ["uint32_t _pid", "int32_t _fd", "uint32_t _as_pid", "int32_t _as_fd"]
    counts = ["uint32_t _described", "uint32_t _count"]
    events.append(_event("same_file", 0xFF03, 1, (), same))
    events.append(_event("open_files", 0xFF04, 1, (), ["uint32_t _pid", "uint32_t _as_pid", *counts]))
    events.append(_event("description", 0xFF05, 1, (), ["uint32_t _pid", *counts]))
    return events


def _field(of: Field, types: dict[str, str]) -> list[str]:
    """A field's lines in TSDL."""
    name = of.key
    if of.shape is Shape.INTEGER:
        assert of.integer
        return [f"{_integer_type(of.type, of.integer, types)} _{name}"]
    match of.shape:
        case Shape.STRINGS:
            element = _STRING
        case Shape.STRUCT | Shape.STRUCTS:
            members = "".join(
                f"\t{_integer_type(each.type, each.integer, types)} _{each.label};\n" for each in of.members
            )
            types[f"struct {of.type}"] = f"struct s_{of.type} {{\n{members}}};"
            element = f"struct s_{of.type}"
        case Shape.NUMBER | Shape.NUMBERS:
            assert of.integer
            element = _integer_type(of.type, of.integer, types)
        case _:
            element = f"t_{of.type.removeprefix('long ')}"
    size = "long_" if of.shape is Shape.BYTES or of.type == "long path" else ""
    return [f"t_{size}count __{name}_length", f"t_{size}marks _{name}_marks", f"{element} _{name}[__{name}_length]"]


def _integer_type(type: str, kind: Integer, types: dict[str, str]) -> str:
    base = "" if kind.base is Base.DEC else f"_{kind.base.value}"
    narrow = "_32" if type.endswith("_32") else ""
    plain = f"t_{type.removesuffix('_32').replace(' ', '_')}{base}{narrow}"
    sign = "true" if kind.signed else "false"
    text = f"size = {kind.bits}; align = 8; signed = {sign}; base = {kind.base.value};"
    types.setdefault(plain, f"typealias integer {{ {text} }} := {plain};")
    if not kind.symbols:
        return plain
    name = f"{kind.symbols.kind[0]}_{kind.symbols.name}__{plain.removeprefix('t_')}"
    labels = ", ".join(f"{label} = {value}" for label, value in kind.symbols.values.items())
    types.setdefault(name, f"enum {name} : {plain} {{ {labels} }};")
    return f"enum {name}"
