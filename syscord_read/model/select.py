"""Applies a ``Selection`` to batches, as masks: which of their rows are wanted.

It goes in two passes.  The first looks at the columns that every event has, and needs no field.  The second looks at
the names of processes and at paths, and so decodes fields only of rows that are left.  With paths, all rows are needed:
whoever asks for a file wants calls on its descriptors, too.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable

import numpy as np
import pyarrow.compute as pc

from syscord_read.model.batch import Batch, Bools, Group
from syscord_read.model.layout import EventClass, Field, Kind, Shape
from syscord_read.model.processes import Process, Processes
from syscord_read.model.resources import Resources
from syscord_read.model.selection import Selection


class Selector:
    """Applies a selection to batches, one after the other; it knows who the processes are.

    Events that are no syscalls are always wanted, as others may ask who the processes are.
    """

    def __init__(self, selection: Selection, since: int | None = None, until: int | None = None) -> None:
        """``since`` and ``until``: the selection's, in ns since the epoch."""
        self.selection = selection
        self.since, self.until = since, until
        self.processes = Processes()
        self.resources = Resources()

    def mask_by_columns(self, batch: Batch) -> Bools:
        """The first pass: which rows are wanted by the columns that every event has."""
        wanted = selected = np.ones(len(batch), np.bool_)
        selection = self.selection
        if selection.names or selection.not_names:
            wanted = wanted & batch.of_class(self._wants_class)
        for values, column in ((selection.pids, batch.pid), (selection.tids, batch.tid)):
            if values:
                wanted = wanted & np.isin(column, list(values))
        if selection.outcome:
            wanted = wanted & (batch.failed == (selection.outcome == "failed"))
        if selection.errnos:
            wanted = wanted & batch.failed & np.isin(-batch.ret, list(selection.errnos))
        if selection.least is not None:
            wanted = wanted & (batch.duration >= selection.least)
        if selection.most is not None:
            wanted = wanted & (batch.duration >= 0) & (batch.duration <= selection.most)
        if self.since is not None:
            wanted = wanted & (batch.time >= self.since)
        if self.until is not None:
            wanted = wanted & (batch.time <= self.until)
        return selected if wanted is selected else wanted | ~batch.is_call

    def select_by_content(self, batch: Batch) -> Batch:
        """The second pass: the rows that are wanted by the process's name and by paths; to be called once a batch."""
        return batch.select(self._mask_by_content(batch) | ~batch.is_call)

    def mask(self, batch: Batch) -> Bools:
        """Both passes: which rows are wanted, and are syscalls; to be called once a batch, and then not the others."""
        return self.mask_by_columns(batch) & self._mask_by_content(batch) & batch.is_call

    def wants_exit(self, process: Process) -> bool:
        """Whether the end of a thread is wanted: if its process and time are, and nothing is asked of calls."""
        selection = self.selection
        if selection.asks_of_calls:
            return False
        return (
            (not selection.pids or process.pid in selection.pids)
            and (not selection.tids or process.tid in selection.tids)
            and (not selection.comms or bool(_compile_patterns(selection.comms)(process.comm)))
            and (self.since is None or process.since >= self.since)
            and (self.until is None or process.since <= self.until)
        )

    def _mask_by_content(self, batch: Batch) -> Bools:
        wanted = np.ones(len(batch), np.bool_)
        if self.selection.comms:
            wanted &= self._of_processes(batch)
        if self.selection.paths:
            wanted &= self._of_paths(batch)
        return wanted

    def _wants_class(self, event_class: EventClass) -> bool:
        selection = self.selection
        return event_class.name not in selection.not_names and (
            not selection.names or event_class.name in selection.names
        )

    def _of_paths(self, batch: Batch) -> Bools:
        """Rows with a path that matches: as it was given, made absolute, or that of a descriptor."""
        found = paths_match(batch, self.selection.paths)
        matches = _compile_patterns(self.selection.paths)
        uses = self.resources.uses(batch)
        good = np.array([name.startswith(b"/") and bool(matches(name)) for name in uses.names], np.bool_)
        if len(good):
            found[uses.rows[good[uses.which]]] = True
        return found

    def _of_processes(self, batch: Batch) -> Bools:
        identities = self.processes.update(batch)
        matches = _compile_patterns(self.selection.comms)
        known = [bool(matches(process.comm)) for process in self.processes.known]
        # The last element is for -1: nobody knows who it is.
        return np.array([*known, False], np.bool_)[identities]


def is_path(field: Field) -> bool:
    """Whether a field names a file: by its type; in a text record, which has no types, by its label."""
    if field.type:
        return field.type == "path"
    return field.shape is Shape.BYTES and field.label.endswith("path")


def paths_match(batch: Batch, patterns: tuple[str, ...]) -> Bools:
    """Which rows have a path that matches one of these shell patterns."""
    found = np.zeros(len(batch), np.bool_)
    matches = _compile_patterns(patterns)
    for group in batch.group_list:
        if group.event_class.kind in (Kind.SYSCALL, Kind.COMPAT):
            found[group.rows] = _group_matches(group, matches)
    return found


def _group_matches(group: Group, matches: Callable[[bytes], object]) -> Bools:
    found = np.zeros(len(group.rows), np.bool_)
    for field in filter(is_path, group.event_class.fields):
        encoded = pc.dictionary_encode(group.column(field).values)
        known = np.array([bool(matches(path)) for path in encoded.dictionary.to_pylist()], np.bool_)
        if len(known):
            found |= known[encoded.indices.to_numpy()]
    return found


def _compile_patterns(patterns: Iterable[str]) -> Callable[[bytes], object]:
    """Whether bytes match one of these shell patterns."""
    either = "|".join(fnmatch.translate(pattern) for pattern in patterns)
    return re.compile(either.encode("utf-8", "surrogateescape")).match
