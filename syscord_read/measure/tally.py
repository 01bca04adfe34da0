"""Sums by key, of the busiest keys: there may be more keys in a recording than memory can hold.

tally = Tally()
tally.add(keys, which, calls=ones, time=durations)      # which: for each row the place of its key
for key, sums in tally.busiest("time", 10):
    print(key, sums.calls, sums.time)
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Generic, TypeVar

import numpy as np

from syscord_read.model.batch import Ints

Key = TypeVar("Key", bound=Hashable)

#: Keys that are kept; when there are twice as many, those that are busy by no measure are let go.
KEEP = 20_000


@dataclass(frozen=True)
class Sums:
    """What is summed up: syscalls, those that failed, those whose duration is known, their time in ns, and bytes.

    ``waited`` is the part of the time that was spent waiting (measure/waiting.py).
    """

    calls: int = 0
    errors: int = 0
    timed: int = 0
    time: int = 0
    read: int = 0
    written: int = 0
    waited: int = 0

    @property
    def worked(self) -> int:
        """The part of the time that was not spent waiting."""
        return self.time - self.waited

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(ours + theirs for ours, theirs in zip(astuple(self), astuple(other), strict=True)))


MEASURES = tuple(each.name for each in fields(Sums))


class Tally(Generic[Key]):
    """Sums by key.

    ``dropped`` counts how often a key was let go, and ``rest`` has the sums of these.  A key that comes again begins
    anew, so its sums may lack what it had before, which was little.
    """

    def __init__(self, keep: int = KEEP) -> None:
        """``keep`` must not be less than there are measures."""
        self.keep = keep
        self.places: dict[Key, int] = {}
        self.sums = np.zeros((0, len(MEASURES)), np.int64)
        self.dropped = 0
        self.rest = Sums()

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, key: Key) -> Sums:
        """The sums of a key; zeros if it is not there."""
        return Sums(*self.sums[self.places[key]].tolist()) if key in self.places else Sums()

    def add(self, keys: Sequence[Key], which: Ints, **measures: Ints) -> None:
        """Add rows: ``which`` has, for each, the place of its key in ``keys``."""
        found = np.zeros((len(keys), len(MEASURES)), np.int64)
        for name, values in measures.items():
            np.add.at(found[:, MEASURES.index(name)], which, values)
        places = np.array([self.places.setdefault(key, len(self.places)) for key in keys], np.intp)
        missing = len(self.places) - len(self.sums)
        if missing > 0:
            # More than needed, so that it is copied now and then only.
            room = np.zeros((missing + len(self.sums), len(MEASURES)), np.int64)
            self.sums = np.concatenate([self.sums, room])
        np.add.at(self.sums, places, found)
        if len(self.places) > 2 * self.keep:
            self._evict()

    def _evict(self) -> None:
        """Forget keys that are busy by no measure."""
        used = self.sums[: len(self.places)]
        share = self.keep // len(MEASURES)
        wanted = np.zeros(len(used), np.bool_)
        for column in used.T:
            wanted[np.argpartition(column, -share)[-share:]] = True
        self.dropped += int((~wanted).sum())
        self.rest += Sums(*used[~wanted].sum(axis=0).tolist())
        kept = [key for key, place in self.places.items() if wanted[place]]
        self.places = {key: place for place, key in enumerate(kept)}
        self.sums = used[wanted]

    def busiest(self, measure: str, count: int | None = None) -> list[tuple[Key, Sums]]:
        """The keys that have most of a measure, with their sums; among equals, those with more calls are first.

        ``measure`` may also be "worked".
        """
        used = self.sums[: len(self.places)]
        if measure == "worked":
            values = used[:, MEASURES.index("time")] - used[:, MEASURES.index("waited")]
        else:
            values = used[:, MEASURES.index(measure)]
        order = np.lexsort((-used[:, MEASURES.index("calls")], -values))
        keys = list(self.places)
        return [(keys[place], Sums(*used[place].tolist())) for place in order[:count]]
