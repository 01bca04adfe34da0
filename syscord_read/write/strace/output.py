"""Lines: calls in the order in which they began and ended, as strace, which sees both, writes them.

A trace has a call when it has ended.  So lines wait in a heap: a call that ends later may have begun earlier.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from syscord_read.errors import UsageError
from syscord_read.model.batch import MaskedBatch
from syscord_read.model.call import Call
from syscord_read.model.descriptors import Descriptors
from syscord_read.model.history import History, Unselected
from syscord_read.model.layout import EventClass, Kind
from syscord_read.model.losses import Loss
from syscord_read.model.processes import Life, Process
from syscord_read.write.strace.arguments import Plan, plan
from syscord_read.write.strace.format import hexadecimal, signal
from syscord_read.write.strace.kernel import CORE_DUMPED
from syscord_read.write.strace.options import Options, Time
from syscord_read.write.strace.view import Names, View

#: Where the equals sign stands (strace's -a).
COLUMN = 40
NS = 1_000_000_000
FROM_TEXT = -1  # the id of classes of text records (EventClass)
EXITS = frozenset({"exit", "exit_group"})
EXECS = frozenset({"execve", "execveat"})

Thread = tuple[int, int]  # trace, tid
Files = Mapping[tuple[int, int], Mapping[int, bytes]]


@dataclass(frozen=True)
class Begin:
    """A call has begun: its name and the arguments that are known then."""

    thread: Thread
    time: int | None
    text: str


@dataclass
class End:
    """A call has ended: its other arguments, with the parenthesis, its result, and how many ns it took, if known.

    What comes later may say more of it, until it is written.
    """

    thread: Thread
    time: int | None
    name: str
    text: str
    result: str
    duration: int | None


@dataclass(frozen=True)
class ThreadExit:
    """A thread has ended: what strace says of it between ``+++``."""

    thread: Thread
    time: int | None
    text: str


@dataclass(frozen=True)
class Missing:
    """Calls are missing here: what is said of them between ``---``, as of signals, so strace's readers skip it."""

    time: int | None
    text: str


Event = Begin | End | ThreadExit | Missing


def _only_end_is_known(call: Call) -> bool:
    """The entry was not seen, and its arguments could not be found at the exit."""
    return call.unseen and not call.event_class.answered and not call.entry


def lines(
    calls: Iterable[Call | Process | Unselected | Loss],
    options: Options = Options(),  # noqa: B008
    files: Files | None = None,
    names: Names = Names(),  # noqa: B008
) -> Iterator[str]:
    """The lines that strace would have written, without their newlines.  UsageError: a call is from a text record.

    ``calls`` come in the order of their ends, as ``calls_of`` gives them.  There may be processes among them, which
    say whose child a process is, calls that are not selected, and what is missing.  ``files`` is what descriptors stood
    for at the beginning (``Processes.files``), for ``-y``.
    """
    writing = _Writing(options, names, Descriptors(files) if options.paths else None)
    printer = _Printer(options)
    for event in _in_order(writing.events(calls), options.window):
        yield from printer.put(event)
    yield from printer.finish()


def text(masked: Iterable[MaskedBatch], options: Options, names: Names) -> Iterator[bytes]:
    """The same of batches, of each of which only some rows are wanted, as bytes, each line with its newline."""
    history = History()
    calls = history.events_of_masked(masked)
    for line in lines(calls, options, history.processes.files, names):
        yield f"{line}\n".encode("utf-8", "surrogateescape")


def whole(call: Call, names: Names, options: Options = Options()) -> str:  # noqa: B008
    """One call with its arguments and its result, on a line of its own; UsageError if it is from a text record."""
    begin, end = _Writing(options, names, None)._texts(call)
    return f"{begin.text}{end.text} = {end.result}"


@dataclass
class _Writing:
    """Makes texts of calls."""

    options: Options
    names: Names
    descriptors: Descriptors | None
    plans: dict[tuple[int, int, str], Plan] = field(default_factory=dict)
    threads: dict[tuple[int, int], set[int]] = field(default_factory=dict)  # those shown, by trace and process
    gone: set[Thread] = field(default_factory=set)
    last: dict[Thread, End] = field(default_factory=dict)  # of each thread, its last call
    with_lives: set[int] = field(default_factory=set)  # traces in which the kernel says who has ended, and how

    def events(self, calls: Iterable[Call | Process | Unselected | Loss]) -> Iterator[Event]:
        """Beginnings and ends, those of a call together."""
        for call in calls:
            if isinstance(call, Process):
                yield from self._process(call)
            elif isinstance(call, Loss):
                yield Missing(call.time if call.time >= 0 else None, missing(call))
            elif isinstance(call, Unselected):
                yield from self._call(call.call, wanted=False)
            else:
                yield from self._call(call, wanted=True)

    def _process(self, process: Process) -> Iterator[Event]:
        if process.reason == "fork" and self.descriptors and process.tid == process.pid:
            self._fork(self.descriptors, process)
        if process.life:
            self.with_lives.add(process.trace)
            if process.reason == "exit":
                yield from self._ended(process, process.life)

    def _fork(self, descriptors: Descriptors, process: Process) -> None:
        if not process.life:
            descriptors.inherit(process.trace, process.ppid, process.pid)
            return
        shares = process.life.files == process.life.files_from
        descriptors.fork(process.trace, process.ppid, process.pid, shares=shares)

    def _ended(self, process: Process, life: Life) -> Iterator[Event]:
        """A thread has ended.  Of the first one strace learns when all of its process have."""
        thread, leader = (process.trace, process.tid), (process.trace, process.pid)
        threads = self.threads.get(leader, set())
        if process.tid in threads:
            self._let_die(thread)
            if thread != leader:
                yield ThreadExit(thread, process.since, _exit_text(life.status))
        if life.ended:
            if process.pid in threads:
                yield ThreadExit(leader, process.since, _exit_text(life.process_status))
            self.threads.pop(leader, None)
        elif thread != leader:
            threads.discard(process.tid)

    def _let_die(self, thread: Thread) -> None:
        """A call from which a signal took its thread has no result: it is not begun again (strace does not see it)."""
        last = self.last.pop(thread, None)
        if last and last.result.startswith("? ERESTART"):
            last.result = "?"

    def _call(self, call: Call, *, wanted: bool) -> Iterator[Event]:
        trace = call.event_class.trace
        thread = trace, call.tid
        self.gone.discard(thread)
        if self.descriptors:
            self.descriptors.note(call.event_class)
        if wanted:
            self.threads.setdefault((trace, call.pid), set()).add(call.tid)
            begin, end = self._texts(call)
            yield from () if _only_end_is_known(call) else (begin,)
            if trace not in self.with_lives:
                yield from self._waited_for(call)
            yield from self._superseded(call, end)
            yield end
            self.last[end.thread] = end
        elif self.descriptors:
            self.descriptors.apply(call)
        if call.name in EXITS and not call.compat and trace not in self.with_lives:
            yield from self._gone(call, wanted)

    def _superseded(self, call: Call, end: End) -> Iterator[Event]:
        """After an execve() the thread that called has its process's number, and all others are gone."""
        if call.name not in EXECS or call.tid == call.pid or call.ret != 0:
            return
        leader = call.event_class.trace, call.pid
        threads = self.threads.setdefault(leader, set())
        if call.pid in threads:
            self._let_die(leader)
            yield ThreadExit(leader, call.time, f"+++ superseded by execve in pid {call.tid} +++")
        threads.clear()
        threads.add(call.pid)
        end.thread = leader

    def _texts(self, call: Call) -> tuple[Begin, End]:
        plan = self._plan(call.event_class)
        view = View(call, self.names, self.options.strings, self.descriptors)
        thread = call.event_class.trace, call.tid
        entry = plan.entry(view)
        if self.descriptors:
            self.descriptors.apply(call)
        name = _name(call)
        began = None if call.time is None else call.time - (call.duration or 0)
        begin = Begin(thread, began, f"{name}({entry}")
        end = End(thread, call.time, name, plan.exit(view) + ")", plan.result(view), call.duration)
        return begin, end

    def _plan(self, event_class: EventClass) -> Plan:
        key = event_class.trace, event_class.id, event_class.name
        known = self.plans.get(key)
        if not known:
            if event_class.id == FROM_TEXT:
                advice = "write it in another style, or record with sink=ctf"
                raise UsageError(f"a text record does not know what its values are, as strace does: {advice}")
            known = self.plans[key] = plan(event_class)
        return known

    def _gone(self, call: Call, shown: bool) -> Iterator[Event]:
        """The thread, or all of the process, its first one last."""
        trace = call.event_class.trace
        status = call.entry.get("status")
        code = status & 0xFF if isinstance(status, int) else "?"
        of_process = self.threads.get((trace, call.pid), set())
        tids = [call.tid] if call.name == "exit" else [*sorted(of_process - {call.pid}), call.pid]
        of_process.difference_update(tids)
        for tid in tids:
            self.gone.add((trace, tid))
            if shown:
                yield ThreadExit((trace, tid), call.time, f"+++ exited with {code} +++")

    def _waited_for(self, call: Call) -> Iterator[Event]:
        """A process that a signal has killed says nothing itself; its parent learns of it."""
        child, status = (call.event_class.trace, call.ret or 0), call.exit.get("status")
        if call.name != "wait4" or not isinstance(status, int) or child in self.gone or child not in self.threads:
            return
        if 0 < status & 0x7F < 0x7F:
            self.gone.add(child)
            yield ThreadExit(child, call.time, _exit_text(status))


def _exit_text(status: int) -> str:
    """How a thread or a process has ended, by its status as of wait(2)."""
    killed_by = status & 0x7F
    if killed_by:
        return f"+++ killed by {signal(killed_by)} {'(core dumped) ' if status & CORE_DUMPED else ''}+++"
    return f"+++ exited with {status >> 8 & 0xFF} +++"


def missing(loss: Loss) -> str:
    """What is missing, in a line: how many calls, where, and why."""
    how_many = f"{loss.count} calls" if loss.count >= 0 else "calls may be"
    place = f" on CPU {loss.cpu}" if loss.cpu >= 0 else ""
    last = loss.seq + loss.packets - 1
    packets = f": packets {loss.seq} to {last}" if loss.packets > 1 else f": packet {last}" if loss.packets else ""
    return f"--- {how_many} lost{place} ({loss.reason.short}{packets}) ---"


def _name(call: Call) -> str:
    """A syscall without a name is written by its number."""
    return (
        f"syscall_{hexadecimal(call.nr or 0)}"
        if call.event_class.kind is Kind.UNKNOWN or call.name == "unknown"
        else call.name
    )


def _in_order(events: Iterable[Event], window: int) -> Iterator[Event]:
    """Events by time, each held back until ``2 * window`` others are there.

    What comes too late for its place stands where it is: its call is then written in whole.
    """
    heap: list[tuple[int, int, Event]] = []
    last = 0
    for count, event in enumerate(events):
        if event.time is None or window == 0:
            yield event
            continue
        heapq.heappush(heap, (max(event.time, last), count, event))
        if len(heap) > 2 * window:
            last, _, earliest = heapq.heappop(heap)
            yield earliest
    while heap:
        yield heapq.heappop(heap)[2]


@dataclass
class _Printer:
    """What is written, line by line; ``open`` is the line that has no end yet, and ``owner`` whose it is."""

    options: Options
    open: str = ""
    owner: Thread | None = None
    before: int | None = None  # when the last line began, for -r
    alive: set[Thread] = field(default_factory=set)

    def put(self, event: Event) -> Iterator[str]:
        """An event; gives the lines that are whole now."""
        if isinstance(event, Missing):
            yield from self._interrupt()
            yield self._time(event.time) + event.text
            return
        self.alive.add(event.thread)
        match event:
            case Begin():
                yield from self._interrupt()
                self.open, self.owner = self._leader(event) + event.text, event.thread
            case End():
                if self.owner != event.thread:
                    yield from self._interrupt()
                    self.open = f"{self._leader(event)}<... {event.name} resumed>"
                yield self._ended(event)
                self.open, self.owner = "", None
            case ThreadExit():
                yield from self._interrupt()
                yield self._leader(event) + event.text
                self.alive.discard(event.thread)

    def finish(self) -> Iterator[str]:
        """What has not ended when the trace does."""
        yield from self._interrupt()

    def _interrupt(self) -> Iterator[str]:
        if self.open:
            yield f"{self.open} <unfinished ...>"
            self.open, self.owner = "", None

    def _ended(self, end: End) -> str:
        """The line with the result, the equals sign in its column, and with -T how long it took."""
        line = f"{self.open}{end.text} ".ljust(COLUMN) + f"= {end.result}"
        if self.options.duration and end.duration is not None:
            line += f" <{end.duration // NS}.{end.duration % NS // 1000:06d}>"
        return line

    def _leader(self, event: Begin | End | ThreadExit) -> str:
        """What stands before a line (printleader)."""
        return self._thread(event.thread) + self._time(event.time)

    def _thread(self, thread: Thread) -> str:
        if self.options.to_file:
            return f"{thread[1]:<5} "
        return f"[pid {thread[1]:5}] " if len(self.alive) > 1 else ""

    def _time(self, now: int | None) -> str:
        if now is None:
            return ""
        absolute = _clock(now, self.options.time)
        if not self.options.relative:
            return f"{absolute} " if absolute else ""
        passed = max(now - (self.before if self.before is not None else now), 0)
        self.before = now
        relative = f"{passed // NS:6d}.{passed % NS // 1000:06d}"
        return f"{absolute} (+{relative}) " if absolute else f"{relative} "


def _clock(now: int, way: Time) -> str:
    """A time of day in the zone of who reads, or since the epoch."""
    seconds, part = now // NS, now % NS // 1000
    match way:
        case Time.NONE:
            return ""
        case Time.EPOCH:
            return f"{seconds}.{part:06d}"
    clock = time.strftime("%H:%M:%S", time.localtime(seconds))
    return clock if way is Time.SECONDS else f"{clock}.{part:06d}"
