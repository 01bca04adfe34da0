"""Parquet that DuckDB and pyarrow read: columns, partitions, row groups."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from syscord_read.cli.command import cli
from syscord_read.errors import UsageError
from syscord_read.model.processes import NAMESPACES, Ids, Number
from syscord_read.model.value import Missing
from syscord_read.source import open_source
from syscord_read.write import parquet
from syscord_read.write.parquet import hour_name
from tests.unit.traces import OFFSET, Maker, life

HOUR = 3_600_000_000_000
PARTITION = "host=guest/hour=2023-11-14T22"


def run(*arguments: str | Path) -> Result:
    """The last one is the output."""
    command = ["convert", "--to", "parquet", "-o", str(arguments[-1]), *map(str, arguments[:-1])]
    return CliRunner().invoke(cli, command, standalone_mode=False)


def convert(*arguments: str | Path, status: int = 0) -> Path:
    result = run(*arguments)
    assert (result.exception, result.return_value) == (None, status), result.output
    return Path(arguments[-1])


def query(sql: str) -> list[Any]:
    """What DuckDB answers."""
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def rows(folder: Path, columns: str = "time") -> list[Any]:
    """All rows, in the order of time."""
    return query(f"SELECT {columns} FROM '{folder}/**/*.parquet' ORDER BY time")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.parquet"))


@pytest.fixture
def maker() -> Maker:
    found = Maker()
    found.process(-1, 1, 7, 7, comm=b"tool", reason="state", uid=1000, ids=Ids(0, 1000, 50, 0, 1))
    entry = {"dir": -100, "path": b"/etc/hosts", "flags": 0, "mode": 0o644}
    found.call(0, 1000, 7, "openat", entry, ret=-2, duration=40)
    found.call(
        1, 2000, 8, "read", {"fd": 3, "size": 9}, pid=7, exit={"data": b"\xff\0x"}, ret=3, marks={"data": ["part"]}
    )
    found.call(0, 3000, 9, "close", {"fd": 3}, unseen=True)
    found.call(0, 4000, 9, "exit", {"status": 1})
    return found


@pytest.fixture
def trace(maker: Maker, tmp_path: Path) -> Path:
    return maker.write(tmp_path / "trace")


def test_the_columns_are_typed_as_promised(trace: Path, tmp_path: Path) -> None:
    folder = convert(trace, tmp_path / "out")
    schema = pq.read_schema(folder / PARTITION / "part-0.parquet")
    text, fields = pa.string(), pa.map_(pa.string(), pa.string())
    assert {each.name: each.type for each in schema} == {
        "ts": pa.timestamp("us", "UTC"),
        "time": pa.int64(),
        "duration": pa.int64(),
        "cpu": pa.int32(),
        "pid": pa.int32(),
        "tid": pa.int32(),
        "ppid": pa.int32(),
        "comm": text,
        "start": pa.int64(),
        "own_pid": pa.int32(),
        "own_tid": pa.int32(),
        "pid_ns": pa.uint32(),
        **dict.fromkeys(("uid", "euid", "gid", "egid"), pa.uint32()),
        "syscall": text,
        "compat": pa.bool_(),
        "ret": pa.int64(),
        "errno": text,
        "argv": pa.list_(text),
        "fields": fields,
        "names": fields,
        "marks": fields,
    }


def test_duckdb_reads_every_call(trace: Path, tmp_path: Path) -> None:
    folder = convert(trace, tmp_path / "out")
    users = "uid, euid, gid, egid"
    assert rows(folder, users)[:2] == [(1000, 0, 1000, 50), (None, None, None, None)]
    columns = "time, duration, cpu, pid, tid, comm, syscall, compat, ret, errno, host, hour"
    where = (False, "guest", "2023-11-14T22")
    opened, read, closed, left = rows(folder, columns)
    assert opened == (OFFSET + 1000, 40, 0, 7, 7, "tool", "openat", False, -2, "ENOENT", *where[1:])
    assert read == (OFFSET + 2000, 0, 1, 7, 8, None, "read", False, 3, None, *where[1:])
    assert closed == (OFFSET + 3000, None, 0, 9, 9, None, "close", False, 0, None, *where[1:])
    assert left[-4:] == (None, None, *where[1:]), "what never returns has no result"


def test_names_parents_and_arguments_have_columns(tmp_path: Path) -> None:
    maker = Maker()
    maker.process(-1, 1, 7, 7, ppid=4, comm=b"sh")
    entry = {"dir": 5, "path": b"/a", "flags": 0o2000000 | 1, "mode": 0}
    maker.call(0, 10, 7, "openat", entry, ret=3)
    maker.call(0, 20, 7, "openat", {**entry, "dir": -100, "flags": 1 << 30}, ret=3)
    maker.call(0, 30, 7, "execve", {"path": b"/bin/ls", "argv": (b"ls", b"-l", b"\xff")})
    maker.call(0, 40, 7, "execve", {"path": b"/bin/ls", "argv": ()})
    maker.call(0, 50, 7, "execve", {"path": b"/bin/ls", "argv": Missing.NULL}, ret=-14)
    folder = convert(maker.write(tmp_path / "trace"), tmp_path / "out")
    found = rows(folder, "ppid, names, argv")
    assert [ppid for ppid, *_ in found] == [4] * 5
    assert [names for _, names, _ in found] == [
        {"flags": "O_WRONLY|O_CLOEXEC"},
        {"dir": "AT_FDCWD", "flags": "O_RDONLY|0x40000000"},
        {},
        {},
        {},
    ]
    assert [argv for *_, argv in found] == [None, None, ["ls", "-l", '{"base64":"/w=="}'], [], None]


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """In a pid namespace, 8 with a thread; both are killed.  Then the number is another process's."""
    namespaces = dict.fromkeys(NAMESPACES, 0) | {"pid_ns": 40}
    inside = life(start=5, namespaces=namespaces, numbers=(Number(30, 2, 3), Number(40, 1, 1)))
    maker = Maker()
    maker.process(0, 10, 8, 8, ppid=7, comm=b"job", reason="fork", life=inside)
    maker.call(0, 20, 8, "close", {"fd": 1})
    ends = {"namespaces": namespaces, "start": 5, "status": 9 | 0x80}
    numbers = (Number(40, 1, 2),)
    maker.process(1, 30, 9, 8, ppid=7, comm=b"worker", reason="exit", life=life(**ends, numbers=numbers))
    last = life(**ends, numbers=(Number(40, 1, 1),), ended=True, process_status=9 | 0x80)
    maker.process(0, 31, 8, 8, ppid=7, comm=b"job", reason="exit", life=last)
    maker.process(0, 40, 8, 8, ppid=7, comm=b"next", reason="fork", life=life(start=35))
    maker.call(0, 41, 8, "close", {"fd": 1})
    maker.process(0, 50, 8, 8, comm=b"next", reason="exit", life=life(start=35, status=3 << 8, ended=True))
    return maker.write(tmp_path / "killed")


def test_a_process_is_known_by_its_number_and_when_it_began(killed: Path, tmp_path: Path) -> None:
    folder = convert(killed, tmp_path / "out")
    assert [row[:-1] for row in rows(folder, "pid, start, own_pid, own_tid, pid_ns, comm, time")] == [
        (8, 5, 1, 1, 40, "job"),
        (8, 35, None, None, None, "next"),
    ]


def exits(folder: Path, columns: str) -> list[Any]:
    return query(f"SELECT {columns} FROM read_parquet('{folder / parquet.EXITS}') ORDER BY time")


def test_ends_have_a_table(killed: Path, tmp_path: Path) -> None:
    folder = convert(killed, tmp_path / "out")
    columns = "host, time, cpu, pid, tid, start, own_tid, comm, code, signal, core, process_code, process_signal"
    assert exits(folder, columns) == [
        ("guest", OFFSET + 30, 1, 8, 9, 5, 2, "worker", None, "SIGKILL", True, None, None),
        ("guest", OFFSET + 31, 0, 8, 8, 5, 1, "job", None, "SIGKILL", True, None, "SIGKILL"),
        ("guest", OFFSET + 50, 0, 8, 8, 35, None, "next", 3, None, False, 0, None),
    ]
    calls = f"'{folder}/**/*.parquet'"
    join = f"{calls} AS calls JOIN read_parquet('{folder / parquet.EXITS}') AS ends USING (host, pid, start)"
    assert query(f"SELECT calls.comm, process_signal FROM {join} WHERE process_core") == [("job", "SIGKILL")]
    assert len(ds.dataset(folder, partitioning="hive").to_table()) == 2, "readers of the folder pass over it"


def test_ends_are_selected_by_process_and_time_and_are_no_calls(killed: Path, tmp_path: Path) -> None:
    def chosen(*options: str, status: int = 0) -> list[int]:
        folder = convert("--force", *options, killed, tmp_path / "out", status=status)
        return [time - OFFSET for (time,) in exits(folder, "time")]

    assert chosen("--comm", "job") == [31]
    assert chosen("--tid", "9", status=3) == [30]
    assert chosen("-p", "8", "--since", str(OFFSET + 31)) == [31, 50]
    assert chosen("--until", str(OFFSET + 31)) == [30, 31]
    assert chosen("-e", "close") == chosen("-z") == chosen("--min-duration", "0") == []


def test_duckdb_asks_for_fields_by_name(trace: Path, tmp_path: Path) -> None:
    table = f"'{convert(trace, tmp_path / 'out')}/**/*.parquet'"
    columns = "fields['path'], fields['mode']::INT, fields['no such']"
    assert query(f"SELECT {columns} FROM {table} WHERE errno = 'ENOENT'") == [("/etc/hosts", 0o644, None)]
    ((fields, marks),) = query(f"SELECT fields, marks FROM {table} WHERE syscall = 'read'")
    assert (fields, marks) == ({"fd": "3", "size": "9", "data": '{"base64":"/wB4"}'}, {"data": "part"})


def test_duckdb_knows_the_times_and_the_partitions(trace: Path, tmp_path: Path) -> None:
    count = f"SELECT count(*) FROM '{convert(trace, tmp_path / 'out')}/**/*.parquet' WHERE"
    assert query(f"{count} hour = '2023-11-14T22' AND ts < TIMESTAMPTZ '2023-11-14 22:13:20.000003+00'") == [(2,)]
    assert query(f"{count} host = 'other'") == [(0,)]


def test_pyarrow_reads_it_as_a_dataset(trace: Path, tmp_path: Path) -> None:
    dataset = ds.dataset(convert(trace, tmp_path / "out"), partitioning="hive")
    table = dataset.to_table(filter=(ds.field("host") == "guest") & (ds.field("syscall") == "openat"))
    (row,) = table.to_pylist()
    assert dict(row["fields"])["path"] == "/etc/hosts"
    assert row["ts"] == datetime.fromtimestamp(OFFSET // 10**9, UTC).replace(microsecond=1)


def test_times_can_have_all_their_digits(trace: Path, tmp_path: Path) -> None:
    folder = convert("--timestamps", "ns", trace, tmp_path / "out")
    column = pq.read_table(folder / PARTITION / "part-0.parquet").column("ts")
    assert column.type == pa.timestamp("ns", "UTC")
    assert column.cast(pa.int64()).to_pylist() == [OFFSET + 1000 * number for number in (1, 2, 3, 4)]


def test_hosts_and_hours_have_folders(maker: Maker, tmp_path: Path) -> None:
    maker.packet(0)
    maker.call(0, 2 * HOUR, 7, "close", {"fd": 1})
    first = maker.write(tmp_path / "first")
    maker.hostname = "board/../..=x"
    folder = convert(first, maker.write(tmp_path / "second"), tmp_path / "out")
    assert files(folder) == [
        f"host={host}/hour={hour}/part-0.parquet"
        for host in ("board%2F..%2F..%3Dx", "guest")
        for hour in ("2023-11-14T22", "2023-11-15T00")
    ]
    assert set(rows(folder, "host, hour, time")) >= {("guest", "2023-11-15T00", OFFSET + 2 * HOUR)}
    assert {host for host, *_ in rows(folder, "host, time")} == {"guest", "board/../..=x"}
    dataset = ds.dataset(folder, partitioning="hive")
    assert set(dataset.to_table().column("host").to_pylist()) == {"guest", "board/../..=x"}


def test_a_partition_that_comes_again_goes_on_in_another_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(parquet, "OPEN_MAX", 1)
    maker = Maker()
    for place in range(4):
        maker.call(0, place * HOUR // 2, 7, "close", {"fd": place})
    second = Maker(hostname="other", events=dict(maker.events))
    folder = convert(maker.write(tmp_path / "first"), second.write(tmp_path / "second"), tmp_path / "out")
    assert len(rows(folder)) == 8
    assert {row[0] for row in rows(folder, "fields['fd'], time")} == {"0", "1", "2", "3"}


def test_rows_are_written_in_groups(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(parquet, "GROUP_ROWS", 100)
    maker = Maker()
    for number in range(1000):
        maker.call(0, number, 7, "close", {"fd": number})
    folder = convert(maker.write(tmp_path / "trace"), tmp_path / "out")
    written = pq.ParquetFile(folder / PARTITION / "part-0.parquet")
    assert [written.metadata.row_group(place).num_rows for place in range(written.num_row_groups)] == [100] * 10
    assert [int(fd) for (fd, _) in rows(folder, "fields['fd'], time")] == list(range(1000))


def test_rows_with_much_content_end_their_group_early(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(parquet, "GROUP_BYTES", 1)
    maker = Maker()
    for number in range(3):
        maker.call(0, number, 7, "close", {"fd": number})
        maker.packet(0)
    source = open_source([maker.write(tmp_path / "trace")])
    batches = (batch.select(batch.time == OFFSET + number) for batch in source.batches() for number in range(3))
    (tmp_path / "out").mkdir()
    parquet.write(batches, source, tmp_path / "out")
    assert pq.ParquetFile(tmp_path / "out" / PARTITION / "part-0.parquet").num_row_groups == 3


def test_values_of_all_shapes_are_texts(tmp_path: Path) -> None:
    maker = Maker()
    time = {"sec": 1, "nsec": 2}
    maker.call(0, 10, 7, "nanosleep", {"request": time}, exit={"remain": Missing.NULL})
    polled = ({"fd": 3, "events": 1, "revents": 0},)
    maker.call(0, 20, 7, "ppoll", {"fds": polled, "mask": 5, "more": (1, -2)})
    maker.call(0, 30, 7, "execve", {"path": b"/bin/ls", "argv": (b"ls", b"\xff", Missing.FAULT)})
    maker.call(0, 40, 7, "accept4", {"sockfd": 3, "flags": 0}, exit={"addr": b"\2\0\0\x50\x0a\0\0\1" + bytes(8)}, ret=4)
    maker.call(0, 50, 7, "openat", {"dir": 1, "path": b"", "flags": 0, "mode": 0}, marks={"path": ["fault"]}, ret=-14)
    maker.other(0, 60, 7, 999, -38)
    maker.other(0, 70, 7, 3, 0, compat=True)
    slept, polled_row, executed, accepted, faulted, unknown, compat = (
        (fields, marks, compat)
        for fields, marks, compat, _ in rows(
            convert(maker.write(tmp_path / "trace"), tmp_path / "out"), "fields, marks, compat, time"
        )
    )
    assert slept[0] == {"request": '{"sec":1,"nsec":2}', "remain": None}
    assert polled_row[0] == {"fds": '[{"fd":3,"events":1,"revents":0}]', "mask": "5", "more": "[1,-2]"}
    assert executed[0] == {"path": "/bin/ls", "argv": '["ls",{"base64":"/w=="},null]'}
    assert accepted[0]["addr"] == "10.0.0.1:80"
    assert (faulted[0]["path"], faulted[1]) == (None, {"path": "fault"})
    assert unknown[0] == {"nr": "999"} and compat[0] == {"nr": "3"} and compat[2]


def test_results_are_what_their_types_make_of_them(tmp_path: Path) -> None:
    maker = Maker()
    maker.call(0, 10, 7, "getuid", {}, ret=-5000)
    maker.call(0, 20, 7, "close", {"fd": 0}, ret=-9)
    maker.call(0, 30, 7, "close", {"fd": 0}, ret=(1 << 32) + 1)
    found = rows(convert(maker.write(tmp_path / "trace"), tmp_path / "out"), "ret, errno, time")
    assert [row[:2] for row in found] == [((1 << 32) - 5000, None), (-9, "EBADF"), (1, None)]


def test_a_text_record_has_no_times_and_no_host(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.write_text("pid=7, openat, dir=-100, path=/a, flags=0, mode=0, res=-2\n")
    folder = convert(record, tmp_path / "out")
    (row,) = rows(folder, "epoch_ns(ts), time, duration, cpu, comm, errno, fields['path'], host, hour")
    assert row == (None, None, None, None, None, "ENOENT", "/a", None, None)


def test_filters_hold(trace: Path, tmp_path: Path) -> None:
    assert [name for name, _ in rows(convert("-e", "read,close", trace, tmp_path / "out"), "syscall, time")] == [
        "read",
        "close",
    ]


def test_an_earlier_conversion_is_replaced_only_if_forced(trace: Path, tmp_path: Path) -> None:
    folder = convert(trace, tmp_path / "out")
    assert isinstance(run(trace, folder).exception, UsageError)
    convert("--force", "-e", "close", trace, folder)
    assert len(rows(folder)) == 1
    (folder / "mine.txt").touch()
    assert "something else" in str(run("--force", trace, folder).exception)


def test_an_empty_trace_makes_an_empty_folder(tmp_path: Path) -> None:
    maker = Maker()
    maker.process(0, 1, 7, 7, comm=b"tool")
    assert files(convert(maker.write(tmp_path / "trace"), tmp_path / "out", status=3)) == []


def test_hours_are_named_in_utc() -> None:
    assert (hour_name(0), hour_name(472_222), hour_name(-1)) == (
        "1970-01-01T00",
        "2023-11-14T22",
        "__HIVE_DEFAULT_PARTITION__",
    )
