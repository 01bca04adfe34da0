"""Where batches come from: traces and text records, one or several.

    source = open_source(["/var/tmp/trace", "other/record"])
    processes = Processes()
    for batch in source.batches():
        who = processes.update(batch)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from syscord_read.ctf.ledger import CUT_OFF, Ledger
from syscord_read.ctf.merge import Merger, TimeRange
from syscord_read.ctf.trace import TIME_MAX, Trace, find_traces, open_trace
from syscord_read.errors import Problem, ReadError, UsageError
from syscord_read.model.batch import Batch, MaskedBatch
from syscord_read.model.losses import Losses
from syscord_read.model.select import Selector
from syscord_read.model.selection import Selection
from syscord_read.model.times import Origin, When
from syscord_read.record.text_trace import STANDARD_INPUT, TextTrace, open_text

Progress = Callable[[int], None]


class Source:
    """What is read, whatever it is: ``traces`` are the binary ones, ``texts`` the others.  It can be read once.

    ``EventClass.trace`` counts the traces; the numbers of the texts follow theirs.  While reading, these grow: ``lost``
    is what is missing, ``selected`` is how many syscalls were wanted.
    """

    def __init__(self, traces: Sequence[Trace], texts: Sequence[TextTrace], problems: Sequence[Problem] = ()) -> None:
        """``problems``: what could not be looked at."""
        self.traces = traces
        self.texts = texts
        self.lost = Losses()
        self.selected = 0
        self._problems = tuple(problems)
        self._ledgers: Mapping[int, Ledger] = {}
        for number, text in enumerate(texts, len(traces)):
            text.index = number

    @cached_property
    def size(self) -> int:
        """Bytes in all, for a progress bar, as they were when this was first asked."""
        return sum(trace.size for trace in self.traces) + sum(text.size for text in self.texts)

    @property
    def paths(self) -> list[Path]:
        """Where the traces are, and then the texts."""
        return [*(trace.path for trace in self.traces), *(text.path for text in self.texts)]

    @property
    def problems(self) -> list[Problem]:
        """What is damaged, or missing; it grows while reading."""
        of_traces = [problem for trace in self.traces for problem in trace.problems]
        of_texts = [problem for text in self.texts for problem in text.problems]
        return [*self._problems, *of_traces, *of_texts]

    @property
    def records(self) -> int:
        """How many syscalls were met, selected or not; it grows while reading."""
        return sum(ledger.records for ledger in self._ledgers.values()) + sum(text.records for text in self.texts)

    @property
    def cut_off(self) -> list[Problem]:
        """Traces that have no end, and that nobody seems to be writing; known when all is read."""
        cut = (ledger.trace for ledger in self._ledgers.values() if ledger.is_cut_off)
        return [Problem(str(trace.path), -1, CUT_OFF) for trace in cut]

    @property
    def begin(self) -> int:
        """When the first event was, in ns since the epoch; 0 if there is none."""
        begins = [(trace, trace.begin_time()) for trace in self.traces]
        return min((trace.clock.real(begin) for trace, begin in begins if begin is not None), default=0)

    @cached_property
    def end(self) -> int:
        """When the last packet ended that there was when this was first asked, in ns since the epoch; 0: none."""
        ends = [(trace, trace.end_time) for trace in self.traces]
        return max((trace.clock.real(end) for trace, end in ends if end is not None), default=0)

    def batches(
        self, selection: Selection | None = None, progress: Progress | None = None, *, follow: bool = False
    ) -> Iterator[Batch]:
        """All events in the order of time, or those selected; ``progress`` is told how many bytes were read more.

        Binary traces are merged by time; text records, which have no times, come one behind the other, after them.
        ``follow``: waits for what is written next, until the recording ends.  Then there can be one text record, or
        traces.  Events that are no syscalls are there whatever is selected.
        """
        if selection and selection.paths:
            # A descriptor stands for a path: the call that opened it may not be selected.
            for batch, wanted in self.masked_batches(selection, progress, follow=follow):
                yield batch.select(wanted | ~batch.is_call)
            return
        for batch in self._batches(self.selector(selection or Selection()), progress, follow=follow):
            self.selected += int(batch.is_call.sum())
            yield batch

    def _batches(
        self, selector: Selector, progress: Progress | None, *, follow: bool, since: int = 0
    ) -> Iterator[Batch]:
        """Batches, of which losses from before ``since`` are left out."""
        if follow and (len(self.texts) > 1 or (self.texts and self.traces)):
            raise UsageError("--follow takes one text record, or traces: they cannot be followed together")
        for batch in self._of_traces(selector, progress, follow=follow):
            losses = tuple(loss for loss in batch.losses if max(loss.time, loss.until) >= since)
            self.lost.add(losses)
            yield batch if losses == batch.losses else replace(batch, losses=losses)
        for text in self.texts:
            for batch in text.follow() if follow else text.batches(progress):
                self.lost.add(batch.losses)
                yield selector.select_by_content(batch.select(selector.mask_by_columns(batch)))

    def masked_batches(
        self,
        selection: Selection,
        progress: Progress | None = None,
        *,
        everything: bool = True,
        follow: bool = False,
    ) -> Iterator[MaskedBatch]:
        """Batches, each with a mask of the rows that are selected and are syscalls.

        ``everything``: rows that are not selected are there too, up to the end of the selection's time.  Whoever wants
        to know what a file descriptor stands for needs them: the call that opened it may not be selected.
        """
        if not everything:
            for batch in self.batches(selection, progress, follow=follow):
                yield batch, batch.is_call
            return
        selector = self.selector(selection)
        wide = self.selector(Selection(until=selection.until))
        for batch in self._batches(wide, progress, follow=follow, since=selector.since or 0):
            wanted = selector.mask(batch)
            self.selected += int(wanted.sum())
            yield batch, wanted

    def selector(self, selection: Selection) -> Selector:
        """Makes masks for this source.  UsageError if the selection makes no sense for it."""
        if self.texts:
            selection.check_text(self.texts[0].path)
        elif selection.names or selection.not_names:
            selection.check_names(name for trace in self.traces for name in trace.layout.names)
        since, until = map(self._resolve, (selection.since, selection.until))
        if since is not None and until is not None and since > until:
            raise UsageError("the time range ends before it begins")
        return Selector(selection, since, until)

    def _resolve(self, when: When | None) -> int | None:
        """A time in ns since the epoch.  The end is looked for only if it is asked for."""
        return when.resolve(self.begin, self.end if when.origin is Origin.END else 0) if when else None

    def _of_traces(self, selector: Selector, progress: Progress | None, *, follow: bool) -> Iterator[Batch]:
        if not self.traces:
            return
        time_range = TimeRange(selector.since or 0, 3 * TIME_MAX if selector.until is None else selector.until)
        merger = Merger(self.traces, selector.mask_by_columns, time_range, progress)
        self._ledgers = merger.ledgers
        for batch in merger.follow() if follow else merger.batches():
            yield selector.select_by_content(batch)


def open_source(paths: Sequence[str | Path], *, live: bool = False) -> Source:
    """A source of all these: trace directories, directories with such below, and text records.

    ``live``: they are still being written.  ReadError, which says what to do next, if one of them is none of these.
    """
    # What is freed goes back to the system at once, so that memory is what is in use.
    pa.set_memory_pool(pa.system_memory_pool())
    traces: list[Trace] = []
    texts: list[TextTrace] = []
    problems: list[Problem] = []
    for path in map(Path, paths):
        if path != STANDARD_INPUT and path.is_dir():
            found = _traces(path, problems)
            traces += [open_trace(each, len(traces) + number, live=live) for number, each in enumerate(found)]
        else:
            texts.append(open_text(path))
    if sum(text.path == STANDARD_INPUT for text in texts) > 1:
        raise UsageError("- is given twice: standard input can be read once")
    return Source(traces, texts, problems)


def _traces(path: Path, problems: list[Problem]) -> Sequence[Path]:
    before = len(problems)
    found = find_traces(path, problems)
    if found:
        return found
    if len(problems) > before:
        raise ReadError(problems[before].file, problems[before].what)
    raise ReadError(path, "there is no trace in it", "a trace is a directory with a file called metadata")
