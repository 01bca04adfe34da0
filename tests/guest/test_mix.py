"""Programs that nobody here wrote: there are as many records of each syscall as strace and perf count.

They count the very run that is recorded, so it does not matter how a program's threads happen to meet.  Where a program
always does the same, two runs of it must also have the same records, with strace and without.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest

from syscord_read.record.text import Record
from tests.guest.recorder import Recorder

ENDS = ("exit", "exit_group")  # never return: strace -c and sys_exit do not count them
BIRTHS = ("clone", "clone3", "fork", "vfork")
PERF = "perf stat -x, -e raw_syscalls:sys_enter,raw_syscalls:sys_exit -o counts"
STRACE = "strace -f -c -U name,calls -o counts"

SQL = """
create table t(id integer primary key, name text, size integer);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
    insert into t select i, hex(i * 7919), i * i from n;
create index t_name on t(name);
delete from t where id % 3 = 0;
select count(*), sum(size) from t where name like '3%';
"""
FILE_WORK = """
import os, shutil
os.mkdir("work")
for i in range(60):
    with open(f"work/{i}", "w") as file:
        file.write(str(i) * 1000)
    os.rename(f"work/{i}", f"work/{i}.txt")
print(sum(os.stat(entry.path).st_size for entry in os.scandir("work")))
shutil.rmtree("work")
"""
THREADS = """
import threading, queue, subprocess
todo, done = queue.Queue(), queue.Queue()
def work():
    while (i := todo.get()) is not None:
        done.put(i * i)
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for i in range(100): todo.put(i)
for _ in threads: todo.put(None)
for thread in threads: thread.join()
print(sum(done.get() for _ in range(100)), subprocess.run(["true"]).returncode)
"""
PIPELINE = "find /etc -type f | sort | xargs -n 200 ls -l | awk '{ print $5 }' | tee sizes | gzip -9 | wc -c"


@dataclass(frozen=True)
class Mix:
    """A program, by its path as perf changes PATH, and whether it always makes the same calls."""

    name: str
    command: str
    same: bool
    files: tuple[tuple[str, str], ...] = ()


MIXES = [
    Mix("ls", "/usr/bin/ls -lR /usr/share", True),
    Mix("sqlite3", "/usr/bin/sqlite3 test.db '.read script.sql'", True, (("script.sql", SQL),)),
    Mix("python3", "/usr/bin/python3 -I -S -B work.py", True, (("work.py", FILE_WORK),)),
    Mix("threads", "/usr/bin/python3 -I -S -B threads.py", False, (("threads.py", THREADS),)),
    Mix("pipeline", "/bin/sh pipeline.sh", False, (("pipeline.sh", PIPELINE),)),
]


def family(records: list[Record], first: int) -> list[Record]:
    """The records of a process, from its first exec on, and of all that come from it."""
    begin = next(i for i, record in enumerate(records) if record.pid == first and begins(record))
    births = {
        (record.pid, record.res): record.res for record in records if record.name in BIRTHS and (record.res or 0) > 0
    }
    pids, new = {first}, {first}
    while new:
        new = {child for (parent, _), child in births.items() if parent in new and child} - pids
        pids |= new
    return [record for i, record in enumerate(records) if record.pid in pids and (record.pid != first or i >= begin)]


def begins(record: Record) -> bool:
    """Whether it is an exec that replaced the program."""
    return record.name == "execve" and record.res == 0


def of_run(recorder: Recorder, mix: Mix, counter: str) -> tuple[list[Record], str]:
    """Run the program under another counter, with the module loaded: its records, and what the other has counted."""
    for name, text in mix.files:
        recorder.machine.put(text.encode(), f"/tmp/{name}")
    recorder.run("rm -f pid test.db /etc/syscall-record/record")
    recorder.during(f"{counter} sh -c 'echo $$ > pid; exec {mix.command.replace(chr(39), chr(34))}' > out", timeout=120)
    records = family(recorder.records(), int(recorder.run("cat pid")))
    return records, recorder.run("cat counts")


def strace_counts(table: str) -> Counter[str]:
    """What strace -c counted, by name."""
    rows = [line.split() for line in table.splitlines()]
    return Counter({row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit() and row[0] != "total"})


def perf_counts(table: str) -> dict[str, int]:
    """What perf stat counted, by event."""
    rows = [line.split(",") for line in table.splitlines() if "raw_syscalls" in line]
    return {row[2].removeprefix("raw_syscalls:"): int(row[0]) for row in rows}


def counts(records: list[Record]) -> Counter[str]:
    """How many records there are of each syscall that returns."""
    return Counter(record.name for record in records if record.name not in ENDS)


def but_memory(records: list[Record]) -> Counter[str]:
    """The same, without what depends on where the kernel has put the heap."""
    return Counter({name: count for name, count in counts(records).items() if name not in ("brk", "mmap", "munmap")})


@pytest.mark.parametrize("mix", MIXES, ids=lambda mix: mix.name)
def test_there_are_as_many_records_as_strace_and_perf_count(recorder: Recorder, mix: Mix, arch: str) -> None:
    straced, table = of_run(recorder, mix, STRACE)
    assert counts(straced) == strace_counts(table)

    records, table = of_run(recorder, mix, PERF)
    ends = sum(record.name in ENDS for record in records)
    children = sum(record.name in BIRTHS and (record.res or 0) > 0 for record in records)
    assert perf_counts(table) == {
        # It begins to count in the first exec, whose entry it did not see.
        "sys_enter": len(records) - 1,
        # What never returns is no exit. A child that comes out of a clone() is one on x86_64, and no record.
        "sys_exit": len(records) - ends + (children if arch == "x86_64" else 0),
    }
    if mix.same:
        assert but_memory(records) == but_memory(straced)
    assert not [record for record in records if record.unseen]


REQUESTS = 300
SERVE = f"""
sed -i 's/^worker_processes.*/worker_processes 1;/' /etc/nginx/nginx.conf && nginx
worker=$(pgrep -u www-data nginx)
insmod syscord.ko pid=$worker
{PERF} -p $worker sh -c "ab -q -n {REQUESTS} -c 4 http://127.0.0.1/ > ab; ./programs await_poll $worker"
rmmod syscord
"""


def test_nginx_serves_as_many_requests_as_were_recorded(recorder: Recorder) -> None:
    recorder.run(SERVE)
    assert f"Complete requests:      {REQUESTS}\n" in recorder.run("cat ab")
    records = recorder.records()
    assert len({record.pid for record in records}) == 1
    # It waited when all began, and waits again: as many exits as records, one entry for each.
    assert perf_counts(recorder.run("cat counts")) == {"sys_enter": len(records), "sys_exit": len(records)}
    assert [record.unseen for record in records].index(False) == 1
    accepted = [record for record in records if record.name == "accept4" and (record.res or -1) >= 0]
    assert len(accepted) >= REQUESTS  # ab may open a connection that it does not need
    assert all(str(record.after["addr"]).startswith("b'127.0.0.1:") for record in accepted)
    opened = [record for record in records if record.fields.get("path") == b"/var/www/html/index.html"]
    assert Counter(record.name for record in opened)["openat"] == REQUESTS
    requests = [record for record in records if record.name == "recvfrom" and b"GET / HTTP" in _data(record)]
    assert len(requests) == REQUESTS


def _data(record: Record) -> bytes:
    data = record.after.get("data", b"")
    assert isinstance(data, bytes)
    return data
