"""Whose each call is, though numbers of processes and threads are used again."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syscord_read.ctf.merge import Merger
from syscord_read.ctf.trace import open_trace
from syscord_read.model.lives import Lives, ThreadLife
from syscord_read.source import open_source
from tests.unit.traces import CLOSE, Maker, life


def close(maker: Maker, time: int, tid: int, pid: int | None = None, fd: int = 1) -> None:
    maker.call(0, time, tid, "close", {"fd": fd}, pid=pid)


def threads(maker: Maker, folder: Path, budget: int = 1 << 20) -> list[ThreadLife]:
    """Whose the calls are, in their order."""
    lives, found = Lives(), []
    for batch in Merger([open_trace(maker.write(folder / "trace"))], budget=budget).batches():
        which = lives.update(batch)
        for row in batch.is_call.nonzero()[0]:
            thread = lives.threads[which[row]]
            assert thread and (thread.tid, thread.process.pid) == (batch.tid[row], batch.pid[row])
            found.append(thread)
    return found


def test_a_number_that_is_used_again_is_another_thread_of_another_process(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.process(0, 10, 8, 8, reason="fork", life=life(start=5))
    close(maker, 20, 8)
    maker.process(0, 30, 8, 8, reason="exit", life=life(start=5, ended=True))
    maker.process(0, 40, 8, 8, reason="fork", life=life(start=35))
    close(maker, 50, 8)
    first, second = threads(maker, tmp_path)
    assert first is not second and (first.process.start, second.process.start) == (5, 35)


def test_a_thread_s_number_can_be_used_again_in_its_process(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    for time in (10, 20):
        maker.process(0, time, 9, 8, reason="fork", life=life(start=5))
        close(maker, time + 1, 9, pid=8)
        maker.process(0, time + 2, 9, 8, reason="exit", life=life(start=5))
    first, second = threads(maker, tmp_path)
    assert first is not second and first.process is second.process


def test_after_an_exec_the_record_of_the_call_is_of_the_thread_that_called(tmp_path: Path) -> None:
    """Its number is another process's by then."""
    maker = Maker([CLOSE])
    for tid in (8, 9):
        maker.process(0, tid, tid, 8, reason="seen", life=life(start=5))
        close(maker, tid, tid, pid=8)
    maker.process(0, 20, 8, 8, reason="exit", life=life(start=5))
    maker.process(0, 21, 8, 8, reason="exec", life=life(start=5, old_tid=9))
    maker.process(0, 22, 9, 9, reason="fork", life=life(start=22))
    close(maker, 23, 9)
    close(maker, 24, 9, pid=8)
    close(maker, 25, 8)
    leader, caller, other, execve, after = threads(maker, tmp_path)
    assert execve is caller and after is leader
    assert other.process is not leader.process and len({caller.process, after.process, execve.process}) == 1


def test_nobody_has_the_calls_of_a_process_that_began_later(tmp_path: Path) -> None:
    """What was said of the first one was lost."""
    maker = Maker([CLOSE])
    close(maker, 10, 8)
    maker.process(0, 20, 8, 8, reason="fork", life=life(start=15))
    close(maker, 30, 8)
    first, second = threads(maker, tmp_path)
    assert (first.said, first.process.start, second.process.start) == (None, -1, 15)


def test_nobody_has_the_calls_after_an_end(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    maker.process(0, 10, 8, 8, reason="seen", life=life(start=5))
    maker.process(0, 20, 8, 8, reason="exit", life=life(start=5, ended=True))
    close(maker, 30, 8)
    maker.packet(0)
    close(maker, 40, 8)
    first, second = threads(maker, tmp_path, budget=1)
    assert first is second and first.process.start == -1


def test_threads_that_end_at_once_are_all_the_last_one(tmp_path: Path) -> None:
    """The kernel counts them down before it tells of them."""
    maker = Maker([CLOSE])
    for tid in (8, 9):
        maker.process(0, 10, tid, 8, reason="seen", life=life(start=5))
    for tid in (8, 9):
        maker.process(0, 20 + tid, tid, 8, reason="exit", life=life(start=5, ended=True))
        maker.packet(0)
    lives, seen = Lives(), set()
    for batch in Merger([open_trace(maker.write(tmp_path))], budget=1).batches():
        lives.update(batch)
        seen |= {thread.process for _, thread in lives.changes}
    assert len(seen) == 1


def test_an_older_trace_s_process_goes_on_without_its_first_thread(tmp_path: Path) -> None:
    maker = Maker([CLOSE])
    for tid in (8, 9):
        maker.process(0, tid, tid, 8)
        close(maker, 10 + tid, tid, pid=8)
    maker.process(0, 20, 8, 8, reason="exit")
    maker.packet(0)
    close(maker, 30, 9, pid=8)
    maker.packet(0)
    maker.process(0, 40, 9, 8, reason="exit")
    maker.process(0, 50, 8, 8, reason="fork")
    close(maker, 60, 8)
    first, worker, later, other = threads(maker, tmp_path, budget=1)
    assert worker is later and later.process is first.process is not other.process


def test_threads_of_a_text_record_are_of_their_processes(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.write_text("".join(f"pid=7, {thread}close, fd=3, res=0\n" for thread in ("", "tid=8, ", "tid=8, ")))
    lives = Lives()
    (batch,) = (batch for batch in open_source([record]).batches() if len(batch))
    first, *others = (lives.threads[place] for place in lives.update(batch))
    assert first and others[0] is others[1] is not first
    assert others[0] and others[0].process is first.process


@dataclass
class Kernel:
    """Processes that come, end and exec, in a world of few numbers; ``truth`` has whose each call is."""

    maker: Maker
    random: Random
    time: int = 0
    threads: dict[int, tuple[int, int]] = field(default_factory=dict)  # number: process, when it began
    starts: dict[int, int] = field(default_factory=dict)  # process: when it began
    execs: dict[int, tuple[int, int]] = field(default_factory=dict)  # processes in execve(): who called, since when
    truth: list[tuple[int, int]] = field(default_factory=list)  # of each call: when its process and its thread began

    def tell(self, reason: str, tid: int, pid: int, **changes: Any) -> None:
        said = life(start=self.starts[pid], **changes)
        self.maker.process(self.random.randrange(2), self.time, tid, pid, reason=reason, life=said)

    def call(self, tid: int, pid: int, began: int) -> None:
        close(self.maker, self.time, tid, pid)
        self.truth.append((self.starts[pid], began))

    def step(self) -> None:
        self.time += 1
        free = [number for number in range(1, 7) if number not in self.threads and number not in self.starts]
        running = [tid for tid, (pid, _) in self.threads.items() if pid not in self.execs]
        tid = self.random.choice(running) if running else 0
        match self.random.randrange(8):
            case 0 if free:
                self.starts[free[0]] = self.time
                self.begin(free[0], free[0])
            case 1 if free and tid:
                self.begin(free[-1], self.threads[tid][0])
            case 2 if tid:
                self.end(tid)
            case 3 if tid:
                self.exec(tid)
            case 4 if self.execs:
                pid, (caller, began) = self.execs.popitem()
                self.call(caller, pid, began)
            case 5:
                self.maker.packet(self.random.randrange(2))
            case _ if tid:
                self.call(tid, *self.threads[tid])

    def begin(self, tid: int, pid: int) -> None:
        self.threads[tid] = pid, self.time
        self.tell("fork", tid, pid)

    def end(self, tid: int) -> None:
        pid, _ = self.threads.pop(tid)
        ended = all(each != pid for each, _ in self.threads.values())
        self.tell("exit", tid, pid, ended=ended)
        if ended:
            del self.starts[pid]

    def exec(self, tid: int) -> None:
        pid, began = self.threads[tid]
        for other in [each for each, (of, _) in self.threads.items() if of == pid and each != tid]:
            self.end(other)
        del self.threads[tid]
        self.threads[pid] = pid, self.starts[pid]
        self.time += 1
        self.tell("exec", pid, pid, old_tid=tid)
        self.execs[pid] = tid, began


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=75, deadline=None)
@given(seed=st.integers(0, 1 << 32), budget=st.sampled_from([1, 500, 1 << 20]))
def test_lives_are_told_apart_however_numbers_are_used_again(tmp_path: Path, seed: int, budget: int) -> None:
    for old in tmp_path.glob("trace/*"):
        old.unlink()
    kernel = Kernel(Maker([CLOSE]), Random(seed))
    for _ in range(120):
        kernel.step()
    found = threads(kernel.maker, tmp_path, budget)
    assert [each.process.start for each in found] == [start for start, _ in kernel.truth]
    by_truth = dict(zip(kernel.truth, found, strict=True))
    assert [by_truth[truth] for truth in kernel.truth] == found, "each has one life"
    assert len(set(by_truth.values())) == len(by_truth), "and no two have the same"
