"""The module's own text, byte for byte what ``sink=text`` writes (docs/record-format.md).

The module's side is kmod_templates/write/text/: print.c, quote.c.  Records that were lost have a line, too (``lost``).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from syscord_read.model.addresses import parse_address
from syscord_read.model.batch import Batch, Bools, Column, Group, Ints, typed_ret
from syscord_read.model.layout import (
    FAULT,
    LATE,
    MARK_NAMES,
    MAX_ERROR,
    NULL,
    PART,
    Base,
    EventClass,
    Field,
    Integer,
    Kind,
    Shape,
)
from syscord_read.write.columns import (
    Escapes,
    Numbers,
    Piece,
    by_value,
    data_of,
    decimal,
    escape,
    hexadecimal,
    in_order,
    is_null,
    join,
    lengths_of,
    numbers_of,
    octal,
    offsets_of,
    one_of,
    where,
)

# What a byte means in a value, as in quote.c: it is quoted if it has the first; in a list, also the second; and also
# if it begins with the third.
NEVER_PLAIN, LIST_SYNTAX, FIRST_SYNTAX = 1, 2, 4


def _meaning() -> bytes:
    table = [0 if 32 <= byte <= 126 else NEVER_PLAIN for byte in range(256)]
    for byte in b'",\\':
        table[byte] |= NEVER_PLAIN
    for byte in b" []{}":
        table[byte] |= LIST_SYNTAX
    for byte in b"<[{":
        table[byte] |= FIRST_SYNTAX
    return bytes(table)


_MEANING = _meaning()
_LETTERS = {"\n": b"\\n", "\t": b"\\t", "\r": b"\\r", '"': b'\\"', "\\": b"\\\\"}


def escape_byte(byte: int) -> bytes:
    """One byte between quotes, as in C."""
    if text := _LETTERS.get(chr(byte)):
        return text
    return bytes([byte]) if 32 <= byte <= 126 else b"\\%03o" % byte


ESCAPES = Escapes(tuple(escape_byte(byte) for byte in range(256)))


def lines(batch: Batch) -> pa.Buffer:
    """All syscalls of a batch as lines, and what was lost between them."""
    if batch.lines is not None:
        return in_order([batch.lines], [np.arange(len(batch))], lost(batch))
    groups = [group for group in batch.group_list if group.event_class.kind.is_call]
    columns = [_lines_of_group(batch, group) for group in groups]
    return in_order(columns, [group.rows for group in groups], lost(batch))


def lost(batch: Batch) -> list[tuple[int, bytes]]:
    """What is missing, as lines, with the rows that they stand before; ``?`` stands for what is not known."""
    return [
        (loss.row, f"lost={_known(loss.count)}, cause={loss.cause}, cpu={_known(loss.cpu)}\n".encode())
        for loss in batch.losses
    ]


def _known(number: int) -> str:
    return str(number) if number >= 0 else "?"


def _lines_of_group(batch: Batch, group: Group) -> pa.Array:
    event_class, rows = group.event_class, group.rows
    pieces = [b"pid=", decimal(batch.pid[rows]), _thread(batch, rows), b", ", event_class.name.encode()]
    if event_class.kind is not Kind.SYSCALL and event_class.name == "unknown":
        pieces += [b", nr=", decimal(batch.nr[rows])]
    if event_class.kind is Kind.COMPAT:
        pieces.append(b", abi=32")
    if event_class.unseen:
        pieces.append(b", entry=answered" if event_class.answered else b", entry=unseen")
    for field in event_class.entry:
        pieces += _field(group.column(field))
    pieces += [b", res=", result(event_class, batch.ret[rows])]
    for field in event_class.exit:
        pieces += _field(group.column(field))
    return join([*pieces, b"\n"], len(rows))


def _thread(batch: Batch, rows: Ints) -> Piece:
    """The thread, where it is not the process's first."""
    tids = batch.tid[rows]
    other = tids != batch.pid[rows]
    return where(other, join([b", tid=", decimal(tids)], len(rows)), b"") if other.any() else b""


def result(event_class: EventClass, ret: Ints) -> Piece:
    """What the call returned: an error, or what the type of its result makes of it."""
    if event_class.no_result:
        return b"?"
    integer = event_class.ret
    if integer.base is Base.DEC and (integer.signed or (len(ret) and ret.min() >= -MAX_ERROR and integer.bits == 64)):
        return decimal(ret.astype(np.int32).astype(np.int64) if integer.bits == 32 else ret)
    failed = (ret < 0) & (ret >= -MAX_ERROR)
    if not failed.any():
        return number(typed_ret(event_class, ret), integer)
    return where(failed, decimal(ret), number(typed_ret(event_class, ret), integer))


def _column(piece: Piece, rows: int) -> pa.Array:
    return join([piece], rows)


def number(values: Numbers, integer: Integer) -> pa.Array:
    """Integers as their type is written."""
    wide = values.astype(np.int64) if integer.signed else values.astype(np.uint64)
    match integer.base:
        case Base.HEX:
            return join([b"0x", hexadecimal(wide)], len(wide))
        case Base.OCT:
            return join([where(wide != 0, b"0", b""), octal(wide)], len(wide))
        case _:
            return decimal(wide)


def _field(column: Column) -> list[Piece]:
    """A field with its label."""
    field, marks = column.field, column.marks
    label = b", " + field.label.encode()
    if field.shape is Shape.INTEGER:
        return [label + b"=", _integers(column.values, field.integer)]
    value = _value(column)
    shown = marks & (PART | FAULT | NULL | LATE)
    if not shown.any():
        return [label + b"=", value]
    missing = (shown & NULL) > 0
    faulted = ~missing & ((shown & FAULT) > 0) & is_empty(column)
    value = where(missing, b"<null>", where(faulted, b"<fault>", _column(value, len(marks))))
    plain = np.where(missing | faulted, 0, shown)
    first = plain[0]
    if (plain == first).all():
        return [_labels(label)[first], value]
    return [one_of(_labels(label), plain), value]


def _labels(label: bytes) -> list[bytes]:
    """The label with every combination of marks."""
    texts = []
    for marks in range(16):
        names = [name for mark, name in MARK_NAMES if marks & mark]
        texts.append(label + (f"({'+'.join(names)})=" if names else "=").encode())
    return texts


def is_empty(column: Column) -> Bools:
    """Which values have no elements."""
    values = column.values
    if column.field.shape in (Shape.STRUCT, Shape.NUMBER):
        return is_null(values)
    empty: Bools = lengths_of(values) == 0
    return empty


def _value(column: Column) -> Piece:
    """The values of a field behind a pointer, as if all were there."""
    values = column.values
    match column.field.shape:
        case Shape.TEXT | Shape.BYTES:
            return quoted(values)
        case Shape.ADDRESS:
            return by_value(values, address)
        case Shape.STRINGS:
            return _list(values, _strings(values.flatten(), column.item_marks))
        case Shape.STRUCTS | Shape.NUMBERS:
            return _list(values, _elements(values.flatten(), column.field))
        case _:
            texts = _column(_elements(values, column.field), len(values))
            return where(is_null(values), b"", texts) if values.null_count else texts


def _integers(values: pa.Array, integer: Integer | None) -> pa.Array:
    assert integer, "integers know what they are"
    return number(numbers_of(values), integer)


def _elements(values: pa.Array, field: Field) -> pa.Array:
    """Structs, or integers."""
    if field.shape in (Shape.NUMBER, Shape.NUMBERS):
        return _integers(values, field.integer)
    pieces: list[Piece] = []
    before = b"{"
    for place, member in enumerate(field.members):
        pieces += [before + member.label.encode() + b"=", _integers(values.field(place), member.integer)]
        before = b" "
    return join([*pieces, b"}"], len(values))


def _list(lists: pa.Array, texts: Piece) -> pa.Array:
    """Lists of texts that were made, as ``lists`` has its elements."""
    column = _column(texts, len(lists.flatten()))
    offsets = lists.offsets.to_numpy() - lists.offsets[0].as_py()
    of_texts = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), column)
    return join([b"[", pc.binary_join(of_texts, pa.scalar(b" ", pa.binary())), b"]"], len(lists))


def _strings(values: pa.Array, marks: NDArray[np.uint8]) -> Piece:
    """Strings in a list; dots behind one if there was more."""
    texts = quoted(values, in_list=True)
    if not marks.any():
        return texts
    empty = lengths_of(values) == 0
    cut = ((marks & (PART | FAULT)) > 0) & ~empty
    faulted = ((marks & FAULT) > 0) & empty
    return where(faulted, b"<fault>", join([texts, where(cut, b"...", b"")], len(values)))


def quoted(values: pa.Array, *, in_list: bool = False) -> pa.Array:
    """Bytes of a process, in quotes where they could be taken for the record's own syntax."""
    wrong = needs_quotes(values, in_list=in_list)
    if not wrong.any():
        return values
    if wrong.all():
        return _in_quotes(values)
    texts = _in_quotes(values.filter(pa.array(wrong)))
    order = np.arange(len(values))
    order[wrong] = len(values) + np.arange(len(texts))
    return pa.concat_arrays([values, texts]).take(pa.array(order))


def _in_quotes(values: pa.Array) -> pa.Array:
    return join([b'"', escape(values, ESCAPES), b'"'], len(values))


def needs_quotes(values: pa.Array, *, in_list: bool = False) -> Bools:
    """Which values are quoted."""
    offsets = offsets_of(values)
    data = bytes(data_of(values))
    wrong: Bools = np.diff(offsets) == 0
    if not data:
        return wrong
    meaning = np.frombuffer(data.translate(_MEANING), np.uint8)
    begins = (offsets[:-1] - offsets[0])[~wrong]
    kinds = NEVER_PLAIN | LIST_SYNTAX if in_list else NEVER_PLAIN
    found = (np.bitwise_or.reduceat(meaning, begins) & kinds) | (meaning[begins] & FIRST_SYNTAX)
    wrong[~wrong] = found > 0
    if in_list:
        # Dots say that there was more.
        wrong |= pc.ends_with(values, pattern=b"...").to_numpy(zero_copy_only=False)
    return wrong


def address(value: bytes) -> bytes:
    """A socket address as in memory, as text."""
    parsed = parse_address(value)
    if parsed is None:
        return _in_quotes_alone(value)
    match parsed["family"]:
        case "inet":
            return f"{parsed['address']}:{parsed['port']}".encode()
        case "inet6":
            zone = f"%{parsed['scope']}" if "scope" in parsed else ""
            return f"[{parsed['address']}{zone}]:{parsed['port']}".encode()
        case "unix":
            return _unix_address(parsed.get("path"), parsed.get("abstract"))
        case family:
            return f"af{family}:{parsed['data']}".encode()


def _unix_address(path: bytes | None, abstract: bytes | None) -> bytes:
    """An abstract name stands behind @; a path that begins with one is quoted, so that the two can be told apart."""
    if abstract is not None:
        return _quoted_alone(b"unix:@" + abstract)
    if path is None:
        return b"unix:"
    return _in_quotes_alone(b"unix:" + path) if path.startswith(b"@") else _quoted_alone(b"unix:" + path)


def _quoted_alone(value: bytes) -> bytes:
    """One value that does not begin with anything special, in quotes where it needs them."""
    return _in_quotes_alone(value) if any(_MEANING[byte] & NEVER_PLAIN for byte in value) else value


def _in_quotes_alone(value: bytes) -> bytes:
    return b'"' + b"".join(map(escape_byte, value)) + b'"'
