"""Perfetto traces: a slice a syscall, on its thread's track.

A track is a life: a number that is used again has another one.  Slices of a track never overlap.

The messages are those of Perfetto's protos/perfetto/trace, of which few are needed; their numbers stand below.  Each
batch begins a new state of interned strings, so memory does not grow with the trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from syscord_read.errors import UsageError
from syscord_read.model.batch import Batch, Column, Group, Ints, as_type
from syscord_read.model.columns import column_numbers, distinct, distinct_texts
from syscord_read.model.errno_names import ERRNOS
from syscord_read.model.layout import Base, Integer, Shape
from syscord_read.model.lives import Lives, ProcessLife, ThreadLife
from syscord_read.model.losses import Loss
from syscord_read.source import Source
from syscord_read.write import protobuf
from syscord_read.write.columns import Piece, in_order, is_null, join, where
from syscord_read.write.fields import texts
from syscord_read.write.strace import format

# Trace
_PACKET = 1
# TracePacket
_CLOCK_SNAPSHOT, _TIMESTAMP, _SEQUENCE, _TRACK_EVENT, _INTERNED_DATA, _SEQUENCE_FLAGS = 6, 8, 10, 11, 12, 13
_SYSTEM_INFO, _DEFAULTS, _TRACK_DESCRIPTOR = 45, 59, 60
_STATE_CLEARED, _NEEDS_STATE = 1, 2
# TracePacketDefaults
_CLOCK = 58
# ClockSnapshot, and its Clock
_CLOCKS, _PRIMARY_CLOCK = 1, 2
_CLOCK_ID, _CLOCK_TIME = 1, 2
_REALTIME, _MONOTONIC = 1, 3
# SystemInfo, and Utsname
_UTSNAME = 1
_UTSNAME_FIELDS = {"sysname": 1, "version": 2, "release": 3, "machine": 4}
# TrackDescriptor, ProcessDescriptor, ThreadDescriptor
_UUID, _NAME, _PROCESS, _THREAD, _PARENT = 1, 2, 3, 4, 5
_PID, _COMMAND_LINE, _PROCESS_NAME = 1, 2, 6
_TID, _THREAD_NAME = 2, 5
# TrackEvent
_CATEGORIES, _ANNOTATIONS, _TYPE, _EVENT_NAME, _TRACK = 3, 4, 9, 10, 11
_BEGIN, _END, _INSTANT = 1, 2, 3
# DebugAnnotation
_ANNOTATION_NAME, _UINT, _INT, _STRING, _POINTER, _INTERNED_STRING = 1, 3, 4, 6, 7, 17
# InternedData, and what it has
_EVENT_CATEGORIES, _EVENT_NAMES, _ANNOTATION_NAMES, _STRINGS = 1, 2, 3, 29
_IID, _INTERNED = 1, 2

#: One sequence is enough: everything is written in order.
_SEQUENCE_ID = 1
_CATEGORY = b"syscall"
#: Numbers of tracks: of processes and threads, and of what was lost.
_OF_PROCESS, _OF_THREAD, _OF_LOSSES = 1, 2, 3


def write(batches: Iterable[Batch], source: Source, file: BinaryIO) -> None:
    """Write all syscalls of the batches, and where records were lost.  UsageError if the records have no times."""
    if source.texts:
        raise UsageError(f"{source.texts[0].path}: a text record has no times: record with sink=ctf to draw it")
    writer = Writer([trace.layout.env for trace in source.traces])
    begin = source.begin
    monotonic = source.traces[0].begin_time() if len(source.traces) == 1 else None
    file.write(writer.head(begin, monotonic))
    for batch in batches:
        for buffer in writer.packets(batch):
            file.write(buffer)


def _packet(content: bytes) -> bytes:
    return protobuf.delimited(_PACKET, protobuf.number(_SEQUENCE, _SEQUENCE_ID) + content)


def _track(kind: int, number: int) -> int:
    """The number of a track, which is unique in the file; ``number`` is that of a life, or of a trace."""
    return kind << 48 | number


class Writer:
    """Makes packets of batches, in order.  ``envs`` are the environments of the traces."""

    def __init__(self, envs: Sequence[Mapping[str, int | str]]) -> None:
        self.envs = envs
        self.lives = Lives()
        self._described: set[int] = set()
        self._ends: dict[int, int] = {}  # of each thread whose slices may go on: when the last one ended

    def head(self, begin: int, monotonic: int | None) -> bytes:
        """What the file begins with: that times are wall-clock times, and whose they are.

        ``begin`` is in ns since the epoch; ``monotonic`` is the same time on the machine's monotonic clock.
        """
        clocks = _clock(_REALTIME, begin) + (b"" if monotonic is None else _clock(_MONOTONIC, monotonic))
        packets = _packet(protobuf.delimited(_CLOCK_SNAPSHOT, clocks + protobuf.number(_PRIMARY_CLOCK, _REALTIME)))
        if len(self.envs) > 1:
            return packets
        said = {number: str(self.envs[0].get(name, "")).encode() for name, number in _UTSNAME_FIELDS.items()}
        utsname = b"".join(protobuf.delimited(number, text) for number, text in said.items() if text)
        return packets + _packet(protobuf.delimited(_SYSTEM_INFO, protobuf.delimited(_UTSNAME, utsname)))

    def packets(self, batch: Batch) -> Iterator[bytes | pa.Buffer]:
        """The packets of a batch."""
        interned = _Interned()
        which = self.lives.update(batch)
        threads = np.array([thread.number if thread else -1 for thread in self.lives.threads], np.int64)[which]
        groups = [group for group in batch.group_list if group.event_class.kind.is_call]
        begins = self._begins(batch, threads)
        columns = [_packets_of_group(batch, group, interned, threads, begins) for group in groups]
        losses = [(loss.row, _loss(loss, interned)) for loss in batch.losses]
        yield _packet(
            protobuf.number(_SEQUENCE_FLAGS, _STATE_CLEARED)
            + protobuf.delimited(_DEFAULTS, protobuf.number(_CLOCK, _REALTIME))
            + protobuf.delimited(_INTERNED_DATA, interned.data())
        )
        yield b"".join(self._tracks(batch, set(np.unique(threads[batch.is_call]).tolist())))
        yield in_order(columns, [group.rows for group in groups], losses)
        self._forget_ended()

    def _begins(self, batch: Batch, threads: Ints) -> Ints:
        """When each slice begins: with its call, but not before the end of the thread's slice before it.

        A thread makes one call after the other.  But CPUs' clocks may differ a little, and a trace may be wrong.
        """
        begins = batch.time - np.maximum(batch.duration, 0)
        rows = (batch.is_call & (batch.duration >= 0)).nonzero()[0]
        if not len(rows):
            return begins
        order = rows[np.argsort(threads[rows], kind="stable")]
        of_order, ends = threads[order], batch.time[order]
        firsts = np.flatnonzero(np.diff(of_order, prepend=-1))
        lasts = np.append(firsts[1:], len(order)) - 1
        before = np.concatenate([[0], ends[:-1]])
        before[firsts] = [self._ends.get(thread, 0) for thread in of_order[firsts].tolist()]
        begins[order] = np.minimum(np.maximum(begins[order], before), ends)
        self._ends.update(zip(of_order[lasts].tolist(), ends[lasts].tolist(), strict=True))
        return begins

    def _forget_ended(self) -> None:
        """Nothing more comes of threads that have ended, but of one that has called execve()."""
        for _, thread in self.lives.changes:
            if thread.ended and not thread.moved:
                self._ends.pop(thread.number, None)
                self._described.discard(_track(_OF_THREAD, thread.number))
            if thread.process.ended:
                self._described.discard(_track(_OF_PROCESS, thread.process.number))

    def _tracks(self, batch: Batch, calling: set[int]) -> Iterator[bytes]:
        """Tracks of threads and processes that call something for the first time, or have another name now.

        ``calling`` are the threads that call something in this batch.
        """
        for thread in {thread.number: thread for _, thread in self.lives.changes}.values():
            process = thread.process
            if thread.tid == process.pid and _track(_OF_PROCESS, process.number) in self._described:
                yield self._process(process)
            if _track(_OF_THREAD, thread.number) in self._described:
                yield self._thread(thread)
        for thread in [thread for thread in self.lives.threads if thread and thread.number in calling]:
            if self._is_new(_OF_PROCESS, thread.process.number):
                yield self._process(thread.process)
            if self._is_new(_OF_THREAD, thread.number):
                yield self._thread(thread)
        for loss in batch.losses:
            if self._is_new(_OF_LOSSES, loss.trace):
                yield _descriptor(_track(_OF_LOSSES, loss.trace), f"{self._host(loss.trace)}lost records", b"")

    def _is_new(self, kind: int, number: int) -> bool:
        """Whether nothing was said of a track yet; from now on it was."""
        track = _track(kind, number)
        if track in self._described:
            return False
        self._described.add(track)
        return True

    def _host(self, trace: int) -> str:
        """What stands before names, if there are several traces."""
        return f"{self.envs[trace].get('hostname', trace)}: " if len(self.envs) > 1 else ""

    def _process(self, process: ProcessLife) -> bytes:
        """The track of a process, called as its first thread is.

        Processes of several machines may have the same number, which Perfetto does not expect: then it is any track.
        """
        name, exe = _text(process.leader.comm) if process.leader else "", _text(process.exe)
        track = _track(_OF_PROCESS, process.number)
        if len(self.envs) > 1:
            return _descriptor(track, f"{self._host(process.trace)}{name} {process.pid}", b"")
        said = protobuf.number(_PID, process.pid)
        said += protobuf.delimited(_COMMAND_LINE, exe.encode()) if exe else b""
        said += protobuf.delimited(_PROCESS_NAME, name.encode()) if name else b""
        return _descriptor(track, "", protobuf.delimited(_PROCESS, said))

    def _thread(self, thread: ThreadLife) -> bytes:
        """The track of a thread."""
        name = _text(thread.said.comm) if thread.said else ""
        track = _track(_OF_THREAD, thread.number)
        parent = protobuf.number(_PARENT, _track(_OF_PROCESS, thread.process.number))
        if len(self.envs) > 1:
            return _descriptor(track, f"{name} {thread.tid}", parent)
        said = protobuf.number(_PID, thread.process.pid) + protobuf.number(_TID, thread.tid)
        said += protobuf.delimited(_THREAD_NAME, name.encode()) if name else b""
        return _descriptor(track, "", parent + protobuf.delimited(_THREAD, said))


def _clock(id: int, time: int) -> bytes:
    return protobuf.delimited(_CLOCKS, protobuf.number(_CLOCK_ID, id) + protobuf.number(_CLOCK_TIME, time))


def _descriptor(track: int, name: str, rest: bytes) -> bytes:
    named = protobuf.delimited(_NAME, name.strip().encode()) if name else b""
    return _packet(protobuf.delimited(_TRACK_DESCRIPTOR, protobuf.number(_UUID, track) + named + rest))


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


class _Interned:
    """Strings that events name by numbers, from 1 on, each kind for itself."""

    def __init__(self) -> None:
        self._kinds: dict[int, dict[bytes, int]] = {_EVENT_CATEGORIES: {_CATEGORY: 1}}

    def number(self, kind: int, text: bytes) -> int:
        """The number of a string."""
        known = self._kinds.setdefault(kind, {})
        return known.setdefault(text, len(known) + 1)

    def strings(self, values: pa.Array) -> Ints:
        """The number of each value; where there is none, it means nothing."""
        found, which = distinct_texts(values.cast(pa.binary()))
        return np.array([*(self.number(_STRINGS, text) for text in found), 0], np.int64)[which]

    def data(self) -> bytes:
        """The message that says what the numbers mean."""
        return b"".join(
            protobuf.delimited(kind, protobuf.number(_IID, number) + protobuf.delimited(_INTERNED, text))
            for kind, known in self._kinds.items()
            for text, number in known.items()
        )


def _packets_of_group(batch: Batch, group: Group, interned: _Interned, threads: Ints, begins: Ints) -> pa.Array:
    """For each call the beginning of its slice and its end; if its duration is not known, an instant.

    ``threads`` are the numbers of the lives that the batch's rows are of.
    """
    rows = group.rows
    track = protobuf.numbers(_TRACK, _track(_OF_THREAD, 0) + threads[rows])
    name = protobuf.number(_EVENT_NAME, interned.number(_EVENT_NAMES, group.event_class.full_name.encode()))
    said = [name, protobuf.number(_CATEGORIES, 1), *track, *_annotations(batch, group, interned, begins[rows])]
    ends = batch.time[rows]
    timed = batch.duration[rows] >= 0
    first = _event(begins[rows], [where(timed, *_types(_BEGIN, _INSTANT)), *said])
    slices = _event(ends, [protobuf.number(_TYPE, _END), *track])
    return join([first, where(timed, slices, b"")], len(rows))


def _types(*types: int) -> list[bytes]:
    return [protobuf.number(_TYPE, type) for type in types]


def _event(times: Ints, pieces: Sequence[Piece]) -> pa.Array:
    """A packet with an event at each of these times."""
    rows = len(times)
    fixed = protobuf.number(_SEQUENCE, _SEQUENCE_ID) + protobuf.number(_SEQUENCE_FLAGS, _NEEDS_STATE)
    event = protobuf.message(_TRACK_EVENT, pieces, rows)
    return join(protobuf.message(_PACKET, [fixed, *protobuf.numbers(_TIMESTAMP, times), *event], rows), rows)


def _annotations(batch: Batch, group: Group, interned: _Interned, begins: Ints) -> list[Piece]:
    """What a click on a slice shows: CPU, arguments, result, and what the kernel wrote; its duration, if it is cut."""
    rows, event_class = group.rows, group.event_class
    found = _annotation(interned, b"cpu", protobuf.numbers(_INT, batch.cpu[rows]), len(rows))
    durations = batch.duration[rows]
    cut = (begins > batch.time[rows] - np.maximum(durations, 0)).nonzero()[0]
    if len(cut):
        said = _annotation(interned, b"duration", protobuf.numbers(_INT, durations[cut]), len(cut))
        found.append(_spread(join(said, len(cut)), cut, len(rows)))
    for field in event_class.entry:
        found += _field(group.column(field), interned)
    if not event_class.no_result:
        found += _annotation(interned, b"ret", _result(batch, group), len(rows))
        failed = batch.failed[rows]
        if failed.any():
            errors = pa.array([ERRNOS.get(int(-ret), "") for ret in batch.ret[rows][failed]])
            error = join(_annotation(interned, b"error", _string(interned, errors), len(errors)), len(errors))
            found.append(_spread(error, failed.nonzero()[0], len(rows)))
    for field in event_class.exit:
        found += _field(group.column(field), interned)
    return found


def _spread(column: pa.Array, places: Ints, rows: int) -> pa.Array:
    """A column that has something only at these places."""
    which = np.full(rows, len(column))
    which[places] = np.arange(len(column))
    return pa.concat_arrays([column, pa.array([b""], pa.binary())]).take(pa.array(which))


def _annotation(interned: _Interned, label: bytes, value: Sequence[Piece], rows: int) -> list[Piece]:
    name = protobuf.number(_ANNOTATION_NAME, interned.number(_ANNOTATION_NAMES, label))
    return protobuf.message(_ANNOTATIONS, [name, *value], rows)


def _result(batch: Batch, group: Group) -> list[Piece]:
    rows, integer = group.rows, group.event_class.ret
    meaning = np.where(batch.failed[rows], batch.ret[rows], as_type(batch.ret[rows], integer).astype(np.int64))
    return _integer(meaning, integer)


def _integer(values: Ints, integer: Integer) -> list[Piece]:
    if integer.base is Base.HEX:
        return protobuf.numbers(_POINTER, values)
    return protobuf.numbers(_INT if integer.signed else _UINT, values)


def _string(interned: _Interned, values: pa.Array) -> list[Piece]:
    return protobuf.numbers(_INTERNED_STRING, interned.strings(values))


def _field(column: Column, interned: _Interned) -> list[Piece]:
    """One field; nothing where it is NULL, or could not be read."""
    field, rows = column.field, len(column.marks)
    label = field.key.encode()
    if field.shape is Shape.INTEGER and field.integer:
        values = column_numbers(column)
        if field.integer.symbols:
            return _annotation(interned, label, _string(interned, _symbols(values, field.integer)), rows)
        return _annotation(interned, label, _integer(values, field.integer), rows)
    found = texts(column)
    if field.shape in (Shape.TEXT, Shape.ADDRESS):
        said = _annotation(interned, label, _string(interned, found), rows)
    else:
        strings = pc.fill_null(found.cast(pa.binary()), b"")
        said = _annotation(interned, label, protobuf.delimiteds(_STRING, strings), rows)
    missing = is_null(found)
    return [where(missing, b"", join(said, rows))] if missing.any() else said


def _symbols(values: Ints, integer: Integer) -> pa.Array:
    """The names of constants."""
    different, which = distinct(values)
    symbols = integer.symbols
    assert symbols, "the caller has asked"
    if symbols.kind == "flags":
        pairs = tuple(symbols.values.items())
        names = [format.flags(value & (1 << integer.bits) - 1, pairs, None) for value in different]
    else:
        names = [symbols.labels.get(value, str(value)) for value in different]
    return pa.array(names, pa.string()).take(pa.array(which))


def _loss(loss: Loss, interned: _Interned) -> bytes:
    """An instant that says what is missing, as far as it is known."""
    numbers = {b"count": loss.count, b"cpu": loss.cpu}
    numbers = {label: number for label, number in numbers.items() if number >= 0}
    numbers |= {b"packets": loss.packets, b"packet": loss.seq} if loss.packets else {}
    event = b"".join(
        [
            protobuf.number(_TYPE, _INSTANT),
            protobuf.number(_EVENT_NAME, interned.number(_EVENT_NAMES, b"lost records")),
            protobuf.number(_CATEGORIES, 1),
            protobuf.number(_TRACK, _track(_OF_LOSSES, loss.trace)),
            *(_plain_annotation(interned, label, protobuf.number(_INT, number)) for label, number in numbers.items()),
            _plain_annotation(interned, b"cause", protobuf.delimited(_STRING, loss.cause.encode())),
        ]
    )
    flags = protobuf.number(_SEQUENCE_FLAGS, _NEEDS_STATE) + protobuf.number(_TIMESTAMP, max(loss.time, 0))
    return _packet(flags + protobuf.delimited(_TRACK_EVENT, event))


def _plain_annotation(interned: _Interned, label: bytes, value: bytes) -> bytes:
    name = protobuf.number(_ANNOTATION_NAME, interned.number(_ANNOTATION_NAMES, label))
    return protobuf.delimited(_ANNOTATIONS, name + value)
