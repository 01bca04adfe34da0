"""Who a thread is at each moment is what the trace last said of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syscord_read.ctf.merge import Merger
from syscord_read.ctf.trace import open_trace
from syscord_read.model.call import Call, calls_of
from syscord_read.model.descriptors import Descriptors
from syscord_read.model.history import History
from syscord_read.model.losses import Loss
from syscord_read.model.processes import NAMESPACES, Ids, Number, Process, Processes
from syscord_read.model.value import Missing
from tests.unit.traces import CLOSE, OFFSET, Maker, life


def close(maker: Maker, time: int, tid: int, pid: int | None = None) -> None:
    maker.call(0, time, tid, "close", {"fd": 1}, pid=pid)


def names(maker: Maker, folder: Path, budget: int = 1 << 20) -> list[bytes]:
    """What each call's thread was called, "?" if nobody knows."""
    processes = Processes()
    found = []
    for batch in Merger([open_trace(maker.write(folder))], budget=budget).batches():
        known = processes.update(batch)
        found += [processes.known[number].comm if number >= 0 else b"?" for number in known[batch.is_call]]
    return found


def test_a_thread_is_who_it_was_last_said_to_be(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    close(maker, 1, 7)
    maker.process(0, 2, 7, 7, comm=b"first")
    close(maker, 3, 7)
    close(maker, 4, 8, pid=7)
    maker.process(0, 5, 7, 7, comm=b"second")
    maker.process(0, 5, 8, 7, comm=b"thread")
    close(maker, 6, 7)
    close(maker, 7, 8, pid=7)
    assert names(maker, tmp_path) == [b"?", b"first", b"?", b"second", b"thread"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    steps=st.lists(st.tuples(st.booleans(), st.integers(1, 4)), max_size=40),
    budget=st.sampled_from([1, 500, 1 << 20]),
)
def test_identities_hold_over_batches(tmp_path: Path, steps: list[tuple[bool, int]], budget: int) -> None:
    maker = Maker([CLOSE])
    now: dict[int, bytes] = {}
    expected = []
    for time, (is_call, tid) in enumerate(steps):
        if is_call:
            close(maker, time, tid)
            expected.append(now.get(tid, b"?"))
        else:
            now[tid] = b"%d" % time
            maker.process(0, time, tid, tid, comm=now[tid])
        if time % 5 == 4:
            maker.packet(0)
    (tmp_path / "cpu0").unlink(missing_ok=True)
    assert names(maker, tmp_path, budget) == expected


def test_an_identity_is_all_that_the_trace_says(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.process(-1, 5, 8, 7, 2, comm=b"sixteen letters!", exe=b"/bin/x y", reason="exec", uid=1000)
    (process,) = known(maker, tmp_path)
    assert process == Process(0, 8, 7, 2, 1000, b"sixteen letters!", b"/bin/x y", "exec", OFFSET + 5)


IDS = Ids(0, 1000, 50, 0x1FF_FFFF_FFFF, 0xEFFF_FFFD)


def test_a_thread_has_users_groups_capabilities_and_a_user_namespace(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.process(0, 1, 7, 7, uid=1000, ids=IDS)
    maker.process(0, 2, 7, 7, uid=1000)
    now, of_old = known(maker, tmp_path)
    assert (now.ids, of_old.ids) == (IDS, None)
    assert now.users == {"uid": 1000, "euid": 0, "gid": 1000, "egid": 50}
    assert of_old.users == {"uid": 1000}


def known(maker: Maker, folder: Path) -> list[Process]:
    processes = Processes()
    found = []
    for batch in Merger([open_trace(maker.write(folder))]).batches():
        processes.update(batch)
        found += processes.described
    return found


def test_an_executable_that_could_not_be_read_is_the_one_before(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.process(0, 1, 7, 7, exe=b"/bin/a")
    maker.process(0, 2, 7, 7, exe=None, reason="rename")  # its own
    maker.process(0, 3, 8, 7, exe=None, reason="fork")  # its process's
    maker.process(0, 4, 9, 9, 7, exe=None, reason="fork")  # its parent's
    maker.process(0, 5, 9, 9, 5, exe=None, reason="exec")  # nobody knows
    maker.process(0, 6, 10, 10, 2, exe=Missing.NULL, reason="state")  # none
    assert [process.exe for process in known(maker, tmp_path)] == [b"/bin/a"] * 4 + [b"", b""]


def test_a_thread_that_ended_is_forgotten(tmp_path: Path) -> None:
    """Else all that there ever were would take memory."""
    maker = Maker([CLOSE])
    maker.process(0, 1, 7, 7, comm=b"a")
    maker.process(0, 2, 7, 7, comm=b"a", reason="exit")
    maker.packet(0)
    close(maker, 3, 8)
    maker.packet(0)
    close(maker, 4, 7)
    processes = Processes()
    known = []
    for batch in Merger([open_trace(maker.write(tmp_path))], budget=1).batches():
        processes.update(batch)
        known.append(processes.now(0, 7) is not None)
    assert known == [True, False, False]


def test_open_files_are_known_by_process_and_number(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.open_file(1, 7, 3, b"/etc/hosts")
    maker.open_file(1, 7, 4, b"socket:[123]")
    maker.open_file(2, 7, 3, b"/etc/passwd")
    processes = Processes()
    for batch in Merger([open_trace(maker.write(tmp_path))]).batches():
        processes.update(batch)
    assert processes.files == {(0, 7): {3: b"/etc/passwd", 4: b"socket:[123]"}}


def test_a_file_may_be_that_of_another_descriptor_and_a_table_that_of_another_process(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.open_file(1, 7, 0, b"/dev/tty")
    maker.same_file(2, 7, 1, 7, 0)
    maker.same_file(3, 8, 2, 7, 1)
    maker.same_file(3, 8, 3, 9, 1)  # which nobody knows
    maker.open_files(4, 9, 8)
    maker.open_files(5, 7, 7, 2, 300)
    maker.description(6, 3, 3)
    processes = Processes()
    for batch in Merger([open_trace(maker.write(tmp_path))]).batches():
        processes.update(batch)
    assert processes.files == {
        (0, 7): {0: b"/dev/tty", 1: b"/dev/tty"},
        (0, 8): {2: b"/dev/tty"},
        (0, 9): {2: b"/dev/tty"},
    }
    descriptors = Descriptors(processes.files)
    assert descriptors.path(0, 9, 2) == b"/dev/tty"
    # What one of them closes is closed for both.
    close(maker, 7, 8)
    (call,) = calls_of(next(iter(Merger([open_trace(maker.write(tmp_path / "more"))]).batches())))
    descriptors.apply(replace(call, entry={"fd": 2}))
    assert descriptors.path(0, 9, 2) is None
    assert descriptors.path(0, 7, 1) == b"/dev/tty"


def test_traces_do_not_share_their_threads(tmp_path: Path) -> None:
    makers = Maker([CLOSE]), Maker([CLOSE])
    for number, maker in enumerate(makers):
        maker.process(0, 1, 7, 7, comm=b"of %d" % number)
        close(maker, 2, 7)
        maker.write(tmp_path / str(number))
    processes = Processes()
    traces = [open_trace(tmp_path / str(number), number) for number in range(2)]
    for batch in Merger(traces).batches():
        processes.update(batch)
    assert [processes.now(number, 7).comm for number in range(2)] == [b"of 0", b"of 1"]  # type: ignore[union-attr]
    assert processes.now(2, 7) is None


def test_a_history_has_calls_and_changes_in_order(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.process(0, 1, 7, 7, comm=b"a")
    close(maker, 2, 7)
    maker.process(0, 3, 7, 7, comm=b"b")
    maker.packet(0)
    close(maker, 4, 7)
    maker.process(0, 5, 8, 8, comm=b"c")
    history = History()
    events = history.events(Merger([open_trace(maker.write(tmp_path))], budget=1).batches())
    shown = [event.name if isinstance(event, Call) else event.comm for event in events if not isinstance(event, Loss)]
    assert shown == [b"a", "close", b"b", "close", b"c"]


def test_a_life_is_read_as_it_was_said(tmp_path: Path) -> None:
    said = life(
        start=1 << 40,
        files=2,
        fs=3,
        files_from=4,
        fs_from=5,
        cgroup=6,
        namespaces={name: 100 + place for place, name in enumerate(NAMESPACES)},
        old_tid=9,
        status=0x8B,
        ended=True,
        numbers=(Number(200, 1, 2), Number(300, 3, 4)),
    )
    maker = Maker([CLOSE])
    maker.process(0, 5, 8, 7, comm=b"x", reason="exit", life=said)
    maker.process(0, 6, 7, 7, comm=b"old", reason="exit", ids=IDS)
    processes = Processes()
    for batch in Merger([open_trace(maker.write(tmp_path))]).batches():
        processes.update(batch)
    first, second = processes.described
    assert (first.life, second.life) == (said, None)
    assert first.has_ended and second.has_ended
