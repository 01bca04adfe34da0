"""Parquet files, partitioned as Hive does it: OUT/host=HOST/hour=HOUR/part-N.parquet.

The columns are in ``schema``, those of ends in ``exits_schema``; docs/reading.md explains them.  The fields of a
syscall are a map of strings: all syscalls are in one table that way, a query for one of them reads as fields['path'],
and a column that some recording does not have is no error.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from syscord_read.model.batch import Batch, Bools, Ints, as_type
from syscord_read.model.columns import distinct
from syscord_read.model.errno_names import ERRNOS
from syscord_read.model.layout import FAULT, MAX_ERROR, NULL, Kind, Shape
from syscord_read.model.processes import Process, Processes
from syscord_read.source import Source
from syscord_read.write.exits import Exit, Exits, Status, every_exit
from syscord_read.write.fields import mark_texts, plain, texts
from syscord_read.write.json import loss_line
from syscord_read.write.names import argument_names
from syscord_read.write.record import is_empty
from syscord_read.write.strace.view import Names, names_of

_HOUR = 3_600_000_000_000

#: What Hive writes for a partition whose value is not known.
UNKNOWN = "__HIVE_DEFAULT_PARTITION__"

#: Rows of a row group, and bytes of memory that its rows take; what comes first ends it.
GROUP_ROWS, GROUP_BYTES = 131_072, 64 << 20

#: Files that are written at a time.
OPEN_MAX = 8

_MAP = pa.map_(pa.string(), pa.string())

#: Columns that say for which user and group a thread acted.
_IDS = ("uid", "euid", "gid", "egid")

#: Columns that say who a thread is, beside its numbers; all may be null.
_WHO = (
    pa.field("ppid", pa.int32()),
    pa.field("comm", pa.string()),
    pa.field("start", pa.int64()),
    pa.field("own_pid", pa.int32()),
    pa.field("own_tid", pa.int32()),
    pa.field("pid_ns", pa.uint32()),
    *(pa.field(name, pa.uint32()) for name in _IDS),
)


def schema(unit: str = "us") -> pa.Schema:
    """The columns of a file; ``unit`` is that of ts.  The partitions' columns, host and hour, are not among them."""
    return pa.schema(
        [
            pa.field("ts", pa.timestamp(unit, "UTC")),
            pa.field("time", pa.int64()),
            pa.field("duration", pa.int64()),
            pa.field("cpu", pa.int32()),
            pa.field("pid", pa.int32(), nullable=False),
            pa.field("tid", pa.int32(), nullable=False),
            *_WHO,
            pa.field("syscall", pa.string(), nullable=False),
            pa.field("compat", pa.bool_(), nullable=False),
            pa.field("ret", pa.int64()),
            pa.field("errno", pa.string()),
            pa.field("argv", pa.list_(pa.string())),
            pa.field("fields", _MAP, nullable=False),
            pa.field("names", _MAP, nullable=False),
            pa.field("marks", _MAP, nullable=False),
        ]
    )


def exits_schema(unit: str = "us") -> pa.Schema:
    """The columns of the file of ends."""
    ends = [
        pa.field(f"{of}{name}", kind)
        for of in ("", "process_")
        for name, kind in zip(Status._fields, (pa.int32(), pa.string(), pa.bool_()), strict=True)
    ]
    when_and_where = (schema(unit).field(name) for name in ("ts", "time", "cpu", "pid", "tid"))
    return pa.schema([pa.field("host", pa.string()), *when_and_where, *_WHO, *ends])


#: What is missing, as JSON Lines, and how threads and processes have ended, as Parquet.  Their names are none of the
#: table's: readers of Hive's folders pass over them.
LOST, EXITS = "_lost.jsonl", "_exits.parq"


def is_ours(folder: Path) -> bool:
    """Whether a folder has nothing but what was made here."""
    return folder.is_dir() and all(
        each.name.startswith("host=") or each.name in (LOST, EXITS) for each in folder.iterdir()
    )


def write(
    batches: Iterable[Batch],
    source: Source,
    folder: Path,
    unit: str = "us",
    wants_exit: Callable[[Process], bool] = every_exit,
) -> None:
    """Write all syscalls of the batches, and how threads ended, and what is missing.

    What has a file of its own has that also if there is nothing.
    """
    hosts = [str(trace.layout.env.get("hostname", "")) or UNKNOWN for trace in source.traces]
    rows = Rows(unit, names_of(source))
    ends = Exits(wants_exit)
    with (
        _Files(folder, schema(unit)) as files,
        (folder / LOST).open("wb") as lost,
        _File(pq.ParquetWriter(folder / EXITS, exits_schema(unit), compression="zstd")) as exits,
    ):
        for batch in batches:
            lost.writelines(map(loss_line, batch.losses))
            calls = batch.select(batch.is_call)
            table = rows.table(batch, calls)
            for partition, chosen in _partitions(calls, hosts):
                files.write(partition, table.filter(pa.array(chosen)) if not chosen.all() else table)
            if found := ends.of(batch, rows.processes):
                exits.write(exits_table(found, hosts, unit))


def _partitions(calls: Batch, hosts: list[str]) -> Iterator[tuple[str, Bools]]:
    """The partitions that rows are in, with which rows those are."""
    traces = np.array([event_class.trace if event_class.id >= 0 else -1 for event_class in calls.classes], np.int64)
    host = traces[calls.class_index] if len(calls) else calls.time
    hours = np.where(calls.time >= 0, calls.time // _HOUR, -1)
    keys = (host + 1) << 32 | (hours + 1)
    for key in np.unique(keys).tolist():
        trace, hour = (key >> 32) - 1, (key & 0xFFFFFFFF) - 1
        name = hosts[trace] if trace >= 0 else UNKNOWN
        yield f"host={quote(name, safe='')}/hour={hour_name(hour)}", keys == key


def hour_name(hour: int) -> str:
    """An hour since the epoch, such as 2026-11-23T14, in UTC; -1: not known."""
    return UNKNOWN if hour < 0 else str(np.datetime64(hour, "h"))


class Rows:
    """Makes tables of batches, in order; it knows what processes are called."""

    def __init__(self, unit: str, names: Names = Names()) -> None:  # noqa: B008
        self.schema = schema(unit)
        self.names = names
        self.processes = Processes()

    def table(self, batch: Batch, calls: Batch) -> pa.Table:
        """The rows of ``calls``, which are the syscalls of a batch."""
        identities = self.processes.update(batch)[batch.is_call].astype(np.int64)
        fields, names, marks = _maps(calls, self.names)
        failed = calls.failed
        columns = {
            "ts": _nanoseconds(calls.time).cast(self.schema.field("ts").type, safe=False),
            "time": _known(calls.time),
            "duration": _known(calls.duration),
            "cpu": _known(calls.cpu).cast(pa.int32()),
            "pid": pa.array(calls.pid.astype(np.int32)),
            "tid": pa.array(calls.tid.astype(np.int32)),
            **self._identities(identities),
            "syscall": pa.array([each.name for each in calls.classes], pa.string()).take(pa.array(calls.class_index)),
            "compat": pa.array(calls.of_class(lambda event_class: event_class.kind is Kind.COMPAT)),
            "ret": pa.array(_results(calls), mask=~calls.has_ret),
            "errno": pa.array(_ERRNO_NAMES).take(pa.array(np.where(failed, -calls.ret, 0), mask=~failed)),
            "argv": _argv(calls),
            "fields": fields,
            "names": names,
            "marks": marks,
        }
        return pa.table([columns[name] for name in self.schema.names], schema=self.schema)

    def _identities(self, identities: Ints) -> dict[str, pa.Array]:
        """Who the threads were then; null where nobody knows."""
        numbers, which = distinct(identities)
        columns = _who([self.processes.known[number] if number >= 0 else None for number in numbers])
        return {name: column.take(pa.array(which)) for name, column in columns.items()}


def _who(processes: Sequence[Process | None]) -> dict[str, pa.Array]:
    """The columns that say who they are; null where nobody knows."""
    names = plain(pa.array([each.comm if each else None for each in processes], pa.binary()))
    numbers = [_numbers(each) if each else {} for each in processes]
    return {
        each.name: names if each.name == "comm" else pa.array([known.get(each.name) for known in numbers], each.type)
        for each in _WHO
    }


def _numbers(process: Process) -> dict[str, int]:
    """What is known of a process, by column."""
    start = {"start": process.life.start} if process.life else {}
    return {"ppid": process.ppid, **start, **process.own_numbers, **process.users}


def exits_table(exits: Sequence[Exit], hosts: Sequence[str], unit: str) -> pa.Table:
    """Rows of the file of ends; ``hosts`` are those of the traces."""
    columns = exits_schema(unit)
    processes = [each.process for each in exits]
    times = np.array([each.since for each in processes], np.int64)
    named = [hosts[each.trace] for each in processes]
    found = {
        "host": pa.array([None if host == UNKNOWN else host for host in named], pa.string()),
        "ts": _nanoseconds(times).cast(columns.field("ts").type, safe=False),
        "time": pa.array(times),
        "cpu": _known(np.array([each.cpu for each in exits], np.int64)).cast(pa.int32()),
        "pid": pa.array([each.pid for each in processes], pa.int32()),
        "tid": pa.array([each.tid for each in processes], pa.int32()),
        **_who(processes),
    }
    for of, ends in (("", [each.of_thread for each in exits]), ("process_", [each.of_process for each in exits])):
        for name in Status._fields:
            column = f"{of}{name}"
            found[column] = pa.array([getattr(end, name, None) for end in ends], columns.field(column).type)
    return pa.table([found[name] for name in columns.names], schema=columns)


_ERRNO_NAMES = [ERRNOS.get(number, f"E{number}") for number in range(MAX_ERROR + 1)]


def _known(values: Ints) -> pa.Array:
    return pa.array(values, mask=values < 0)


def _nanoseconds(times: Ints) -> pa.Array:
    return _known(times).cast(pa.timestamp("ns", "UTC"))


def _results(calls: Batch) -> Ints:
    """Results as their types mean them; those that need all 64 bits without a sign keep their bits."""
    results = calls.ret.copy()
    for group in calls.group_list:
        if group.event_class.ret.bits == 32:
            plain_results = calls.ret[group.rows]
            results[group.rows] = np.where(
                calls.failed[group.rows], plain_results, as_type(plain_results, group.event_class.ret).astype(np.int64)
            )
    return results


def _maps(calls: Batch, symbols: Names) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Fields as texts, names of arguments, what is to be known of fields: by label; where it needs it, with _out."""
    rows = [group.rows for group in calls.group_list]
    order = pa.array(np.argsort(np.concatenate([*rows, np.empty(0, np.int64)]), kind="stable"))
    values, named, marks = ([_map([], [], 0)] for _ in range(3))
    for group in calls.group_list:
        fields = group.event_class.fields
        columns = [group.column(each) for each in fields]
        names, entries = [each.key for each in fields], [texts(column) for column in columns]
        if group.event_class.kind is not Kind.SYSCALL:
            names, entries = [*names, "nr"], [*entries, pc.cast(pa.array(calls.nr[group.rows]), pa.string())]
        values.append(_map(names, entries, len(group.rows)))
        found = argument_names(group, symbols)
        named.append(_map([label for label, _ in found], [each for _, each in found], len(group.rows), sparse=True))
        marked = [column for column in columns if column.marks.any()]
        names_marked = [column.field.key for column in marked]
        marks.append(_map(names_marked, list(map(mark_texts, marked)), len(group.rows), sparse=True))
    in_order = [pa.concat_arrays(each).take(order) for each in (values, named, marks)]
    return in_order[0], in_order[1], in_order[2]


def _argv(calls: Batch) -> pa.Array:
    """The arguments of programs, where a call has some: null elsewhere, and where they could not be read."""
    lists: list[list[str] | None] = [None] * len(calls)
    for group in calls.group_list:
        column = group.labelled("argv") if group.event_class.kind is Kind.SYSCALL else None
        if column is not None and column.field.shape is Shape.STRINGS:
            missing = (column.marks & (NULL | FAULT) > 0) & is_empty(column)
            offsets, texts = column.values.offsets.to_pylist(), plain(column.values.flatten()).to_pylist()
            for place, row in enumerate(group.rows.tolist()):
                first, last = offsets[place] - offsets[0], offsets[place + 1] - offsets[0]
                lists[row] = None if missing[place] else texts[first:last]
    return pa.array(lists, pa.list_(pa.string()))


def _map(names: Sequence[str], columns: Sequence[pa.Array], rows: int, *, sparse: bool = False) -> pa.Array:
    """A map for each row, from the names to the values of the columns; ``sparse``: without those that are null."""
    places = np.arange(rows)[:, np.newaxis] + np.arange(len(names)) * rows
    items = pa.concat_arrays([pa.array([], pa.string()), *columns]).take(pa.array(places.reshape(-1)))
    keys = pa.array(names, pa.string()).take(pa.array(np.tile(np.arange(len(names)), rows)))
    lengths = np.full(rows, len(names))
    if sparse:
        there = items.is_valid()
        lengths = np.asarray(there).reshape(places.shape).sum(axis=1)
        keys, items = keys.filter(there), items.filter(there)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.MapArray.from_arrays(pa.array(offsets), keys, items)


@dataclass
class _File:
    """A file that is being written; ``rows`` wait for their row group."""

    writer: pq.ParquetWriter
    rows: list[pa.Table] = field(default_factory=list)

    def write(self, table: pa.Table) -> None:
        self.rows.append(table)
        if sum(map(len, self.rows)) >= GROUP_ROWS or sum(rows.nbytes for rows in self.rows) >= GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        if self.rows:
            self.writer.write_table(pa.concat_tables(self.rows), row_group_size=GROUP_ROWS)
            self.rows = []

    def close(self) -> None:
        self.flush()
        self.writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # What was written is thrown away if something went wrong, so that it need not be whole.
        if kind is None:
            self.close()
        else:
            self.writer.close()


class _Files:
    """The files of all partitions.  The one that was not written to for longest is closed, and goes on in another."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.folder, self.schema = folder, schema
        self._open: OrderedDict[str, _File] = OrderedDict()
        self._parts: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for file in self._open.values():
            file.__exit__(kind)

    def write(self, partition: str, table: pa.Table) -> None:
        """Rows of a partition, such as host=board/hour=2026-11-23T14."""
        if partition not in self._open:
            self._open[partition] = self._begin(partition)
            if len(self._open) > OPEN_MAX:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(partition)
        self._open[partition].write(table)

    def _begin(self, partition: str) -> _File:
        folder = self.folder / partition
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"part-{self._parts[partition]}.parquet"
        self._parts[partition] += 1
        return _File(pq.ParquetWriter(path, self.schema, compression="zstd"))
