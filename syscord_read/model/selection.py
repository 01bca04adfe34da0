"""Which records are wanted: by process, syscall, result, duration, path and time.

A ``Selection`` is what the user said; all of it must hold.  ``Selector`` applies it to batches as masks: what is wanted
by what every event has is left out before anything else is decoded.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow.compute as pc

from syscord_read.errors import UsageError
from syscord_read.model.batch import Batch, Bools, Group
from syscord_read.model.errno_names import ERRNOS
from syscord_read.model.layout import EventClass, Field, Kind, Shape
from syscord_read.model.processes import Processes

_SECOND = 1_000_000_000
_UNITS = {"ns": 1, "us": 1000, "µs": 1000, "ms": 1_000_000, "s": _SECOND, "": _SECOND, "m": 60 * _SECOND}
_UNITS |= {"min": 60 * _SECOND, "h": 3600 * _SECOND}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([a-zµ]*)")


@dataclass(frozen=True)
class When:
    """A time: in ns since the Unix epoch, or, if ``relative``, since the first event.

    ``of_day``: only the time of the day was said, and ``ns`` are those since midnight; the day is that of the first
    event.
    """

    ns: int
    relative: bool = False
    of_day: bool = False

    def resolve(self, begin: int) -> int:
        """In ns since the Unix epoch, in a recording that begins at ``begin``."""
        if self.of_day:
            midnight = datetime.fromtimestamp(begin // _SECOND).replace(hour=0, minute=0, second=0)
            return int(midnight.timestamp()) * _SECOND + self.ns
        return begin + self.ns if self.relative else self.ns


@dataclass(frozen=True)
class Selection:
    """What is wanted.  Empty, or None: no matter what.

    ``comms`` and ``paths`` are shell patterns; ``names`` are syscalls, ``not_names`` those not wanted.  ``outcome`` is
    "ok" or "failed"; ``errnos`` are numbers.  ``least`` and ``most`` are durations in ns.
    """

    pids: frozenset[int] = frozenset()
    tids: frozenset[int] = frozenset()
    comms: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    not_names: frozenset[str] = frozenset()
    outcome: str = ""
    errnos: frozenset[int] = frozenset()
    least: int | None = None
    most: int | None = None
    paths: tuple[str, ...] = ()
    since: When | None = None
    until: When | None = None

    def check_text(self, where: object) -> None:
        """UsageError if something is asked for that a text record does not say."""
        unknown = {
            "times": self.since or self.until,
            "durations": self.least is not None or self.most is not None,
            "names of processes": self.comms,
        }
        for what, asked in unknown.items():
            if asked:
                raise UsageError(f"{where}: a text record has no {what}: record with sink=ctf to select by them")

    def check_names(self, known: Iterable[str]) -> None:
        """UsageError if a syscall is asked for that is none of these."""
        names = set(known)
        for name in sorted((self.names | self.not_names) - names):
            similar = difflib.get_close_matches(name, names, 1)
            raise UsageError(f"there is no syscall {name!r}" + (f": did you mean {similar[0]}?" if similar else ""))


def parse_duration(text: str) -> int:
    """A duration such as 10ms, in ns; without a unit it is seconds.  UsageError if it is none."""
    found = _DURATION.fullmatch(text.strip())
    if not found or found.group(2) not in _UNITS:
        raise UsageError(f"{text!r} is no duration: write 250us, 10ms or 1.5s")
    return round(float(found.group(1)) * _UNITS[found.group(2)])


def parse_when(text: str) -> When:
    """A time: +10s, since the beginning; 14:05:00, of the first day; 2026-11-23T14:05:00, in the local zone.

    A zone may stand behind it, as in 2026-11-23T14:05:00Z.  UsageError if it is none.
    """
    text = text.strip()
    if text.startswith("+"):
        return When(parse_duration(text[1:]), relative=True)
    try:
        if re.match(r"\d{1,2}:\d\d", text):
            day = datetime.fromisoformat(f"1970-01-01T{text.zfill(5) if len(text) < 5 else text}")
            midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
            return When((day - midnight) // timedelta(microseconds=1) * 1000, of_day=True)
        moment = datetime.fromisoformat(text)
        whole = moment.replace(microsecond=0)
        return When(round(whole.timestamp()) * _SECOND + moment.microsecond * 1000)
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} is no time: write +10s, 14:05:00 or 2026-11-23T14:05:00") from None


def parse_errnos(names: Iterable[str]) -> frozenset[int]:
    """The numbers of errors such as ENOENT.  UsageError if one is none."""
    numbers = {name: number for number, name in ERRNOS.items()}
    found = set()
    for name in names:
        if name not in numbers:
            similar = difflib.get_close_matches(name.upper(), numbers, 1)
            raise UsageError(f"there is no error {name!r}" + (f": did you mean {similar[0]}?" if similar else ""))
        found.add(numbers[name])
    return frozenset(found)


class Selector:
    """Applies a selection to batches, one after the other; it knows who the processes are.

    Events that are no syscalls are always wanted, as others may ask who the processes are.
    """

    def __init__(self, selection: Selection, since: int | None = None, until: int | None = None) -> None:
        """``since`` and ``until``: the selection's, in ns since the epoch."""
        self.selection = selection
        self.since, self.until = since, until
        self.processes = Processes()

    def early(self, batch: Batch) -> Bools:
        """What is wanted by what every event has."""
        wanted = selected = np.ones(len(batch), np.bool_)
        selection = self.selection
        if selection.names or selection.not_names or selection.paths:
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

    def late(self, batch: Batch) -> Batch:
        """Of what was wanted so far, what is wanted by the process's name and by paths."""
        wanted = np.ones(len(batch), np.bool_)
        if self.selection.comms:
            wanted &= self._of_processes(batch)
        if self.selection.paths:
            wanted &= paths_match(batch, self.selection.paths)
        return batch.select(wanted | ~batch.is_call)

    def _wants_class(self, event_class: EventClass) -> bool:
        selection = self.selection
        if selection.paths and not any(map(is_path, event_class.fields)):
            return False
        return event_class.name not in selection.not_names and (
            not selection.names or event_class.name in selection.names
        )

    def _of_processes(self, batch: Batch) -> Bools:
        identities = self.processes.follow(batch)
        matches = _matcher(self.selection.comms)
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
    matches = _matcher(patterns)
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


def _matcher(patterns: Iterable[str]) -> Callable[[bytes], object]:
    """Whether bytes match one of these shell patterns."""
    either = "|".join(fnmatch.translate(pattern) for pattern in patterns)
    return re.compile(either.encode("utf-8", "surrogateescape")).match
