"""JSON Lines: an object for each syscall, and for each thread that ends, as docs/record.schema.json says."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from syscord_read.model.addresses import parse_address
from syscord_read.model.batch import Batch, Bools, Column, Group, Ints, typed_ret
from syscord_read.model.errno_names import ERRNOS
from syscord_read.model.layout import FAULT, LATE, MARK_NAMES, MAX_ERROR, NULL, PART, EventClass, Field, Kind, Shape
from syscord_read.model.losses import Loss
from syscord_read.model.processes import Process, Processes
from syscord_read.write.columns import (
    Escapes,
    Piece,
    by_value,
    data_of,
    decimal,
    escape,
    in_order,
    is_null,
    join,
    lengths_of,
    numbers_of,
    one_of,
    where,
)
from syscord_read.write.exits import Exit, Exits, every_exit
from syscord_read.write.names import argument_names
from syscord_read.write.record import is_empty
from syscord_read.write.strace.view import Names


def _escape_byte(byte: int) -> bytes:
    if byte == 0x7F:
        return b"\\u007f"
    text = json.dumps(chr(byte), ensure_ascii=False)[1:-1]
    return text.encode("ascii") if byte < 128 else bytes([byte])


_ESCAPES = Escapes([_escape_byte(byte) for byte in range(256)])

#: In UTF-8, the control characters of C1, the ends of lines that are no newline, and what turns the direction of
#: writing.  They are written as escapes of JSON: it may go to a terminal, and means the same.
_DANGEROUS = re.compile(rb"\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]")


def _neutralise(text: bytes) -> bytes:
    return _DANGEROUS.sub(lambda found: b"\\u%04x" % ord(found.group().decode()), text)


_NULL = b"null"


class Writer:
    """Writes batches, in order; it knows what the processes are called."""

    def __init__(
        self,
        names: Names = Names(),  # noqa: B008
        wants_exit: Callable[[Process], bool] = every_exit,
    ) -> None:
        """``names``: the sets of symbols of the traces, by which arguments have names.

        ``wants_exit``: whether the end of a thread is to be told.
        """
        self.processes = Processes()
        self.names = names
        self.exits = Exits(wants_exit)

    def lines(self, batch: Batch) -> pa.Buffer:
        """All syscalls of a batch as lines, and what was lost between them, and who ended."""
        identities = self.processes.update(batch)
        names = [_identity(process) for process in self.processes.known]
        # The last is for -1: nobody knows who it is.
        comms = one_of([*names, b""], np.where(identities < 0, len(names), identities))
        groups = [group for group in batch.group_list if group.event_class.kind.is_call]
        columns = [_lines_of_group(batch, group, comms, self.names) for group in groups]
        exits = [(each.row, _exit_line(each)) for each in self.exits.of(batch, self.processes)]
        return in_order(columns, [group.rows for group in groups], _lost(batch) + exits)


def _identity(process: Process) -> bytes:
    """Who it is; numbers that are not known are left out."""
    numbers = {"ppid": process.ppid} | ({"start": process.life.start} if process.life else {})
    numbers |= process.own_numbers | process.users
    said = "".join(f'"{name}":{number},' for name, number in numbers.items())
    return b'"comm":' + _text(process.comm) + b"," + said.encode()


def _exit_line(ended: Exit) -> bytes:
    """How a thread has ended, and with the last one its process, as an object in a line."""
    process = ended.process
    cpu = b'"cpu":%d,' % ended.cpu if ended.cpu >= 0 else b""
    who = b'{"time":%d,%b"pid":%d,"tid":%d,' % (process.since, cpu, process.pid, process.tid)
    ends = {"exit": ended.of_thread._asdict(), "process_exit": ended.of_process and ended.of_process._asdict()}
    return who + _identity(process) + json.dumps(ends, separators=(",", ":"))[1:].encode() + b"\n"


def _lost(batch: Batch) -> list[tuple[int, bytes]]:
    return [(loss.row, loss_line(loss)) for loss in batch.losses]


def loss_line(loss: Loss) -> bytes:
    """What is missing, as an object in a line.  What is not known is null, or left out."""
    found: dict[str, int | str | None] = {"time": loss.time} if loss.time >= 0 else {}
    found |= {"lost": loss.count if loss.count >= 0 else None, "cause": loss.cause}
    found |= {"cpu": loss.cpu} if loss.cpu >= 0 else {}
    found |= {"packets": loss.packets, "packet": loss.seq} if loss.packets else {}
    return json.dumps(found, separators=(",", ":")).encode() + b"\n"


def _lines_of_group(batch: Batch, group: Group, comms: pa.Array, names: Names) -> pa.Array:
    event_class, rows = group.event_class, group.rows
    pieces: list[Piece] = [b"{"]
    for label, values in (("time", batch.time), ("duration", batch.duration), ("cpu", batch.cpu)):
        pieces += _known(label, values[rows])
    pieces += [b'"pid":', decimal(batch.pid[rows]), b',"tid":', decimal(batch.tid[rows]), b","]
    pieces += [comms.take(pa.array(rows)), b'"syscall":' + _text(event_class.name.encode())]
    if event_class.name == "unknown":
        pieces += [b',"nr":', decimal(batch.nr[rows])]
    pieces.append(b',"compat":true' if event_class.kind is Kind.COMPAT else b"")
    pieces.append(b',"unseen":true' if event_class.unseen else b"")
    pieces.append(b',"answered":true' if event_class.answered else b"")
    pieces += [*_part(group, "args", event_class.entry), _names(group, names)]
    pieces += _result(event_class, batch.ret[rows])
    pieces += _part(group, "out", event_class.exit)
    pieces += [_marks(group), b"}\n"]
    return join(pieces, len(rows))


def _known(label: str, values: Ints) -> list[Piece]:
    """A number that may not be known, in which case nothing is said of it."""
    name = f'"{label}":'.encode()
    known = values >= 0
    if known.all():
        return [name, decimal(values), b","]
    return [where(known, join([name, decimal(values), b","], len(values)), b"")]


def _result(event_class: EventClass, ret: Ints) -> list[Piece]:
    if event_class.no_result:
        return [b',"ret":null']
    failed = (ret < 0) & (ret >= -MAX_ERROR)
    meaning = decimal(typed_ret(event_class, ret))
    if not failed.any():
        return [b',"ret":', meaning]
    errors = by_value(decimal(np.where(failed, -ret, 0)), _error)
    return [b',"ret":', where(failed, decimal(ret), meaning), errors]


def _error(number: bytes) -> bytes:
    name = ERRNOS.get(int(number))
    return f',"error":"{name}"'.encode() if name else b""


def _part(group: Group, label: str, fields: Sequence[Field]) -> list[Piece]:
    """The fields of the entry, or of the exit, as an object."""
    pieces: list[Piece] = []
    before = f',"{label}":{{'.encode()
    for field in fields:
        pieces += [before + _text(field.label.encode()) + b":", _value(group.column(field))]
        before = b","
    return [*pieces, b"}"] if fields else []


def _names(group: Group, names: Names) -> Piece:
    """The names of arguments that are numbers, where there are some."""
    named = argument_names(group, names)
    if not named:
        return b""
    encoded = [pc.dictionary_encode(texts) for _, texts in named]
    indices = np.stack([each.indices.fill_null(-1).to_numpy() for each in encoded], axis=1)
    codes, which = np.unique(indices, axis=0, return_inverse=True)
    labels, texts = [label for label, _ in named], [each.dictionary.to_pylist() for each in encoded]
    objects = [_names_object(labels, texts, code) for code in codes.tolist()]
    return one_of(objects, which.reshape(-1))


def _names_object(labels: Sequence[str], texts: Sequence[Sequence[str]], code: Sequence[int]) -> bytes:
    """One object; ``code`` has for each label the index of its text, -1 if there is none."""
    found = {label: known[number] for label, known, number in zip(labels, texts, code, strict=True) if number >= 0}
    return b',"names":' + json.dumps(found, separators=(",", ":")).encode() if found else b""


def _value(column: Column) -> Piece:
    texts = present(column)
    missing = (column.marks & NULL) > 0
    faulted = (column.marks & FAULT) > 0
    if faulted.any():
        missing |= faulted & is_empty(column)
    return where(missing, _NULL, texts) if missing.any() else texts


def present(column: Column) -> Piece:
    """The values of a field, as if all were there."""
    values, field = column.values, column.field
    match field.shape:
        case Shape.INTEGER:
            return _numbers(values)
        case Shape.TEXT | Shape.BYTES:
            return texts_of(values)
        case Shape.ADDRESS:
            return by_value(values, _address)
        case Shape.STRINGS:
            return _list(values, _strings(values.flatten(), column.item_marks))
        case Shape.STRUCTS | Shape.NUMBERS:
            return _list(values, _elements(values.flatten(), field))
        case _:
            present = _elements(values, field)
            return where(is_null(values), _NULL, present) if values.null_count else present


def _numbers(values: pa.Array) -> pa.Array:
    if pa.types.is_decimal(values.type):
        return pc.cast(values, pa.string()).cast(pa.binary())
    return decimal(numbers_of(values))


def _elements(values: pa.Array, field: Field) -> Piece:
    if field.shape in (Shape.NUMBER, Shape.NUMBERS):
        return _numbers(values)
    pieces: list[Piece] = []
    before = b"{"
    for place, member in enumerate(field.members):
        pieces += [before + _text(member.label.encode()) + b":", _numbers(values.field(place))]
        before = b","
    made = join([*pieces, b"}"], len(values))
    # One of a list that could not be read.
    return where(is_null(values), _NULL, made) if values.null_count else made


def _list(lists: pa.Array, texts: Piece) -> pa.Array:
    column = join([texts], len(lists.flatten()))
    offsets = lists.offsets.to_numpy() - lists.offsets[0].as_py()
    of_texts = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), column)
    return join([b"[", pc.binary_join(of_texts, pa.scalar(b",", pa.binary())), b"]"], len(lists))


def _strings(values: pa.Array, marks: Any) -> Piece:
    """Strings in a list; one of which only the beginning was kept is an object."""
    texts = texts_of(values)
    if not marks.any():
        return texts
    empty = lengths_of(values) == 0
    cut = ((marks & (PART | FAULT)) > 0) & ~empty
    faulted = ((marks & FAULT) > 0) & empty
    begun = join([b'{"begins":', texts, b"}"], len(values))
    return where(faulted, _NULL, where(cut, begun, texts))


def texts_of(values: pa.Array) -> pa.Array:
    """Bytes as strings; those that are no UTF-8 as {"base64": ...}."""
    foreign = _not_utf8(values)
    escaped = escape(values, _ESCAPES)
    if _DANGEROUS.search(bytes(data_of(escaped))):
        escaped = pa.array(map(_neutralise, escaped.to_pylist()), pa.binary())
    strings = join([b'"', escaped, b'"'], len(values))
    if not foreign.any():
        return strings
    encoded = [_base64(value) if wrong else None for value, wrong in zip(values.to_pylist(), foreign, strict=True)]
    return pc.coalesce(pa.array(encoded, pa.binary()), strings)


def _not_utf8(values: pa.Array) -> Bools:
    """Which values are no UTF-8."""
    wrong: Bools = np.zeros(len(values), np.bool_)
    try:
        values.cast(pa.string())
    except pa.ArrowInvalid:
        for place, value in enumerate(values.to_pylist()):
            wrong[place] = not value.isascii() and not _is_utf8(value)
    return wrong


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _base64(value: bytes) -> bytes:
    return b'{"base64":"%s"}' % base64.b64encode(value)


def _text(value: bytes) -> bytes:
    """One value as ``texts_of`` writes it."""
    if not _is_utf8(value):
        return _base64(value)
    return _neutralise(json.dumps(value.decode(), ensure_ascii=False).encode().replace(b"\x7f", b"\\u007f"))


def _address(value: bytes) -> bytes:
    """A socket address as an object."""
    address = parse_address(value)
    if address is None:
        return _base64(value)
    parts = (f'"{label}":'.encode() + _json(part) for label, part in address.items())
    return b"{" + b",".join(parts) + b"}"


def _json(value: Any) -> bytes:
    return _text(value) if isinstance(value, bytes) else json.dumps(value).encode()


_BITS = 4


def _marks(group: Group) -> Piece:
    """What is to be known of fields, where there is something."""
    marked = [
        (field, marks)
        for field in group.event_class.fields
        if field.shape is not Shape.INTEGER and (marks := group.column(field).marks & (PART | FAULT | LATE)).any()
    ]
    if not marked:
        return b""
    code = np.zeros(len(group.rows), np.int64)
    for place, (_, marks) in enumerate(marked):
        code |= marks.astype(np.int64) << (_BITS * place)
    codes, which = np.unique(code, return_inverse=True)
    fields = tuple(field for field, _ in marked)
    return one_of([_marks_object(fields, int(each)) for each in codes], which)


@lru_cache(maxsize=1024)
def _marks_object(fields: tuple[Field, ...], code: int) -> bytes:
    """The marks of one event, of which the code has those of each field."""
    parts: dict[str, dict[str, list[str]]] = {}
    for place, field in enumerate(fields):
        marks = code >> (_BITS * place) & ((1 << _BITS) - 1)
        names = [name for mark, name in MARK_NAMES if marks & mark]
        if names:
            parts.setdefault("out" if field.exit else "args", {})[field.label] = names
    return b',"marks":' + json.dumps(parts, separators=(",", ":")).encode() if parts else b""
