"""The traces that the tests make up are such that Babeltrace reads them, and reads the same in them as we do."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from syscord_read.model.layout import Kind
from syscord_read.model.processes import Ids
from syscord_read.model.value import Missing
from syscord_read.source import open_source
from tests.unit.traces import MMAP, Maker

ADDRESS = b"\x02\0\0\x50\x7f\0\0\x01" + bytes(8)


def everything() -> Maker:
    """A trace with calls of all shapes and forms, on two CPUs, and of processes."""
    maker = Maker()
    maker.process(-1, 1, 7, 7, comm=b"tool", exe=b"/bin/tool")
    maker.open_file(2, 7, 3, b"/etc/hosts")
    maker.process(-1, 2, 8, 8, uid=1000, ids=Ids(0, 1, 2, 1 << 40, 5), exe=None)
    maker.same_file(2, 8, 3, 7, 3)
    maker.open_files(2, 9, 8)
    maker.description(2, 3, 3)
    entry = {"dir": -100, "path": b"/etc/hosts", "flags": 0o2000000, "mode": 0o644, "sockfd": 1}
    entry |= {"fds": ({"fd": 1, "events": 2, "revents": 3},), "mask": Missing.NULL, "more": (1, -2)}
    entry |= {"request": {"sec": 1, "nsec": 2}, "status": 0, "argv": (b"x", b""), "data": b"\0\xff", "fd": 1}
    exit = {"data": b"data", "addr": ADDRESS, "stat": {"dev": 1, "mode": 2, "size": 3}, "remain": Missing.FAULT}
    time = 3
    for declared in maker.declared:
        for size, pid, duration in ((1, 7, 5), (1, 8, 5), (1 << 40, 7, 5), (1, 7, 1 << 40)):
            time += 3
            call = entry | {"size": size, "addr": 0 if declared is MMAP else ADDRESS}
            written = exit if any(field.exit for field in declared.fields) else None
            maker.call(time % 2, time, 7, declared.name, call, exit=written, pid=pid, duration=duration)
        maker.call(time % 2, time + 1, 7, declared.name, None, unseen=True)
        maker.packet(time % 2)
    maker.other(0, time + 10, 7, 999, -38)
    maker.other(1, time + 10, 7, 5, 1 << 40, compat=True, bits=2)
    return maker


def test_babeltrace_finds_the_same_events_at_the_same_times(tmp_path: Path) -> None:
    trace = everything().write(tmp_path / "trace")
    done = subprocess.run(
        ["babeltrace2", "--clock-seconds", "--no-delta", trace], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    found = re.findall(r"^\[(\d+)\.(\d+)\] guest (\w+):", done.stdout, re.MULTILINE)
    ours = [
        (int(time), "compat" if event_class.kind is Kind.COMPAT else event_class.name)
        for batch in open_source([trace]).batches()
        for time, event_class in zip(batch.time, map(batch.classes.__getitem__, batch.class_index), strict=True)
    ]
    assert [(int(seconds) * 10**9 + int(ns), name) for seconds, ns, name in found] == ours
    assert len(ours) == 6 + 5 * 14 + 2
