"""Whose each record is: processes and threads by their lives, as numbers are used again.

    lives = Lives()
    for batch in source.batches():
        which = lives.update(batch)
        for row in batch.is_call.nonzero()[0]:
            thread = lives.threads[which[row]]
            print(thread.process.pid, thread.process.start, thread.tid)

Where a trace does not say who made a call, that is a thread of its own, without a name.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from syscord_read.model.batch import Batch, Ints
from syscord_read.model.columns import distinct, threads_of
from syscord_read.model.processes import Identities, Process, Processes, apply_changes

Pid = tuple[int, int]  # trace, process
Key = tuple[int, int, int]  # trace, process, thread


@dataclass(eq=False)
class ProcessLife:
    """One process.

    ``number`` is unique, and higher than that of its ``parent``, if that is known.  ``start`` is when it began, in ns
    since boot, or -1.  ``leader`` is what was last said of its first thread.  ``exe`` is empty if it has none, or that
    is not known.  ``ended``: its end was told.  ``threads`` are those that are there now, by number.
    """

    number: int
    trace: int
    pid: int
    start: int = -1
    parent: ProcessLife | None = None
    leader: Process | None = None
    exe: bytes = b""
    is_described: bool = False
    ended: bool = False
    threads: dict[int, ThreadLife] = field(default_factory=dict, repr=False)

    def is_other(self, process: Process) -> bool:
        """Whether what is said is of another process, which has this one's number."""
        if process.life and self.start >= 0:
            return process.life.start != self.start
        if process.tid != process.pid:
            return False
        if process.reason == "fork":
            # A state may describe a child before its parent's fork() is told.
            return self.ended or not (self.leader and self.leader.reason == "state")
        return self.ended and process.reason == "seen"

    def learn(self, process: Process) -> None:
        """Take in what is said."""
        self.is_described = True
        self.start = process.life.start if process.life else self.start
        self.exe = process.exe or self.exe
        self.ended = self.ended or process.has_ended
        if process.tid == process.pid:
            self.leader = process


@dataclass(eq=False)
class ThreadLife:
    """One thread.

    ``said`` is what was last said of it; None: nothing.  ``ended``: its end was told.  ``moved``: it has called
    execve(), and has its process's number since; the record of that call, which comes later, has the old one.
    """

    number: int
    process: ProcessLife
    tid: int
    said: Process | None = None
    ended: bool = False
    moved: bool = False

    def is_other(self, process: Process) -> bool:
        """Whether what is said is of another thread of the same process."""
        if self.tid == self.process.pid:
            return False
        return process.reason == "fork" or (self.ended and process.reason in ("seen", "state"))

    def learn(self, process: Process) -> None:
        """Take in what is said."""
        self.said = process
        if process.reason == "exec":
            # The first thread has ended if another one called; then that one has its number.
            self.ended = False
        elif process.reason == "exit":
            self.ended = True


class Lives:
    """Lives of processes and threads, fed by batches in order.

    About the last batch: ``threads`` are its threads, into which ``update`` gives indices, None for one of which there
    is no call.  ``changes`` are what was said, and of whom.  ``identities`` are what ``processes.update`` gave.
    """

    def __init__(self) -> None:
        self.processes = Processes()
        self.identities: Identities = np.empty(0, np.int32)
        self.threads: list[ThreadLife | None] = []
        self.changes: list[tuple[Process, ThreadLife]] = []
        self._now: dict[Pid, ProcessLife] = {}
        self._numbers = [0, 0]  # of processes and threads: how many there were

    def update(self, batch: Batch) -> Ints:
        """For each row the index in ``threads`` of its thread; to be called once a batch."""
        self._forget_ended()
        self.identities = self.processes.update(batch)
        keys, which = _keys(batch)
        walk = _Walk(keys, [self._known(key) for key in keys], [self._now.get(key[:2]) for key in keys])
        self.changes = []
        for row, process in self.processes.changes:
            is_first = (process.trace, process.pid) not in self._now
            thread = self._note(process)
            walk.change(row, int(which[row]), process, thread, is_first=is_first)
            self.changes.append((process, thread))
        found = walk.index(which)
        for place in np.unique(found[batch.is_call]).tolist():
            if walk.threads[place] is None:
                walk.threads[place] = self._add_nameless(walk, place)
        self.threads = walk.threads
        return found

    def _known(self, key: Key) -> ThreadLife | None:
        """Who has these numbers now."""
        process = self._now.get(key[:2])
        thread = process.threads.get(key[2]) if process else None
        return thread if thread and (thread.moved or not thread.ended) else None

    def _note(self, process: Process) -> ThreadLife:
        """Take in what is said.  Returns of whom it is."""
        owner = self._now.get((process.trace, process.pid))
        parent = self._now.get((process.trace, process.ppid))
        if owner is None or owner.is_other(process):
            owner = self._add_process((process.trace, process.pid))
        # The parent's number is always lower.  So no process is its own ancestor, whatever a damaged trace says.
        if owner.parent is None and parent is not None and parent.number < owner.number:
            owner.parent = parent
        thread = owner.threads.get(process.tid)
        if thread is None or thread.is_other(process):
            thread = self._add_thread(owner, process.tid)
        owner.learn(process)
        thread.learn(process)
        caller = owner.threads.get(process.life.old_tid) if process.life and process.reason == "exec" else None
        if caller and caller is not thread:
            caller.ended = caller.moved = True
        return thread

    def _add_process(self, pid: Pid) -> ProcessLife:
        process = self._now[pid] = ProcessLife(self._numbers[0], *pid)
        self._numbers[0] += 1
        return process

    def _add_thread(self, owner: ProcessLife, tid: int) -> ThreadLife:
        thread = owner.threads[tid] = ThreadLife(self._numbers[1], owner, tid)
        self._numbers[1] += 1
        return thread

    def _add_nameless(self, walk: _Walk, place: int) -> ThreadLife:
        """A thread of which nothing is said has made a call."""
        trace, pid, tid = walk.key(place)
        owner = walk.owner(place) or walk.nameless.get((trace, pid))
        if owner is None:
            now = self._now.get((trace, pid))
            owner = walk.nameless[trace, pid] = self._add_process((trace, pid))
            if now and not now.ended:
                self._now[trace, pid] = now  # it has begun since
        now_there = owner.threads.get(tid)
        thread = self._add_thread(owner, tid)
        if now_there and not now_there.ended:
            owner.threads[tid] = now_there
        return thread

    def _forget_ended(self) -> None:
        """Those that ended in the last batch: others may get their numbers."""
        for _, thread in self.changes:
            process, tid = thread.process, thread.tid
            if thread.ended and not thread.moved and tid != process.pid and process.threads.get(tid) is thread:
                del process.threads[tid]
            key = process.trace, process.pid
            if process.ended and self._now.get(key) is process and all(each.ended for each in process.threads.values()):
                del self._now[key]


class _Walk:
    """Who has the numbers of a batch, from its first row to its last.

    Each place in ``threads`` is for one thread: first those that there were before, by key, then one for each change.
    """

    def __init__(self, keys: list[Key], threads: list[ThreadLife | None], owners: list[ProcessLife | None]) -> None:
        self.keys, self.threads = keys, threads
        self.nameless: dict[Pid, ProcessLife] = {}
        self._owners = owners
        self._now = list(range(len(keys)))  # for each key its place
        self._changed: list[tuple[int, int]] = []  # rows and keys, one for each place behind those of keys
        self._from_the_beginning: dict[Pid, ProcessLife] = {}

    def change(self, row: int, key: int, process: Process, thread: ThreadLife, *, is_first: bool) -> None:
        """Something is said of a thread.  ``is_first``: nothing was known of its process."""
        at = self._now[key]
        began = process.reason == "fork"
        if is_first and not (began and process.tid == process.pid):
            self._from_the_beginning[process.trace, process.pid] = thread.process
        if at == key and self.threads[at] is None and not began:
            # It made the calls before this, too.
            self.threads[at] = thread
        now = None if thread.ended else thread
        if now is not self.threads[at]:
            self._now[key] = len(self.threads)
            self.threads.append(now)
            self._owners.append(None if thread.process.ended else thread.process)
            self._changed.append((row, key))

    def index(self, which: Ints) -> Ints:
        """For each row its place in ``threads``; ``which`` has its place in ``keys``."""
        found = which.copy()
        if self._changed:
            apply_changes(found, which, [row for row, _ in self._changed], len(self.keys))
        return found

    def key(self, place: int) -> Key:
        """The numbers of a place's thread."""
        return self.keys[place if place < len(self.keys) else self._changed[place - len(self.keys)][1]]

    def owner(self, place: int) -> ProcessLife | None:
        """The process of a place's thread, if that is known."""
        owner = self._owners[place]
        return self._from_the_beginning.get(self.key(place)[:2]) if owner is None and place < len(self.keys) else owner


def _keys(batch: Batch) -> tuple[list[Key], Ints]:
    """The distinct threads of a batch, and for each row the place of its own."""
    pids, of_pid = distinct(threads_of(batch, batch.pid))
    tids, of_tid = distinct(batch.tid)
    pairs, which = distinct(of_pid * max(len(tids), 1) + of_tid)
    found = ((pids[pair // len(tids)], tids[pair % len(tids)]) for pair in pairs)
    return [(pid >> 32, pid & 0xFFFFFFFF, tid) for pid, tid in found], which
