"""Traces of older modules stay readable.  ``old`` has a small one of each version of the format."""

from __future__ import annotations

import tarfile
from pathlib import Path

from syscord_read.check.verify import verify
from syscord_read.model.call import Call
from syscord_read.model.history import History
from syscord_read.model.processes import Process
from syscord_read.source import open_source

OLD = Path(__file__).parents[1] / "old"


def unpack(name: str, folder: Path) -> Path:
    with tarfile.open(OLD / f"{name}.tar.xz") as archive:
        archive.extractall(folder)
    return folder


def test_a_trace_in_which_processes_have_their_real_user_alone(tmp_path: Path) -> None:
    trace = unpack("trace-1", tmp_path)
    (found,) = verify(open_source([trace]))
    assert found.is_whole, found.problems
    history = History()
    source = open_source([trace])
    events = list(history.events(source.batches()))
    assert source.problems == []
    assert len([event for event in events if isinstance(event, Call)]) == found.records > 0
    processes = [event for event in events if isinstance(event, Process)]
    assert len({process.reason for process in processes}) == 7
    assert {process.users["uid"] for process in processes} == {0, 1000}
    assert {process.ids for process in processes} == {None}
    assert history.processes.files
