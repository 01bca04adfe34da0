"""What is not there: records that were dropped, overwritten, removed, cut off, damaged, or that cannot be read.

A ``Loss`` flows with the batches, in order with the records, whatever its cause is.  ``Losses`` adds them up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from syscord_read.model.times import timestamp


@dataclass(frozen=True)
class Cause:
    """Why records are missing: in two words, and in a sentence.  ``wished``: as the user asked for it."""

    short: str
    why: str
    wished: bool = False


#: The first four are what the recorder dropped, as docs/using.md explains; the others are what befell the files.
CAUSES = {
    "ring": Cause("ring full", "the ring was full (give more ring_kb=)"),
    "sink": Cause("files took nothing", "the files took nothing (is the disk full, or too slow?)"),
    "threads": Cause("table of threads full", "the table of threads was full (give more threads=)"),
    "cpu": Cause("no ring", "the CPU had no memory for a ring"),
    "overwritten": Cause("overwritten", "mode=overwrite overwrote them", wished=True),
    "gap": Cause("packets missing", "their packets are not there: removed, by rotation or by somebody"),
    "cut": Cause("cut off", "the file ends before they do"),
    "damaged": Cause("damaged", "their bytes are damaged"),
    "unreadable": Cause("unreadable", "their file cannot be read"),
    "absent": Cause("file missing", "the CPU's file is not there"),
}
DROPPED = ("ring", "sink", "threads", "cpu")

#: How many there are is not known.
UNKNOWN = -1


@dataclass(frozen=True)
class Loss:
    """Records of a CPU that are missing, for one of the ``CAUSES``, somewhere before row ``row`` of the batch.

    ``count`` is how many records, ``UNKNOWN`` if nobody knows.  ``time`` is in ns since the epoch: when the next record
    came, -1 in text.  They were lost from ``since`` to ``until``, -1 if that is not known.  ``packets`` is how many
    whole packets are missing, from number ``seq`` on.  ``cpu`` is -1 if it is not known.
    """

    row: int
    time: int
    count: int
    cause: str
    cpu: int
    trace: int = 0
    since: int = -1
    until: int = -1
    packets: int = 0
    seq: int = -1

    @property
    def reason(self) -> Cause:
        """Why, in words."""
        return CAUSES.get(self.cause, Cause(self.cause, self.cause))


@dataclass
class Lost:
    """All records of one CPU that are missing for one cause; between which times, in ns since the epoch; 0: not known.

    ``more``: there are more than ``count``, and nobody knows how many.  ``ranges`` are the numbers of packets.
    """

    cpu: int
    cause: str
    count: int = 0
    first: int = 0
    last: int = 0
    more: bool = False
    ranges: list[tuple[int, int]] = field(default_factory=list)

    def add(self, loss: Loss) -> None:
        """More of them."""
        self.count += max(loss.count, 0)
        self.more |= loss.count < 0
        times = [time for time in (loss.since, loss.until, loss.time) if time >= 0]
        if times:
            self.first = min(self.first or times[0], times[0])
            self.last = max(self.last, *times)
        if loss.packets:
            self.ranges.append((loss.seq, loss.seq + loss.packets - 1))

    def __str__(self) -> str:
        place = f"CPU {self.cpu}: " if self.cpu >= 0 else ""
        between = f", between {timestamp(self.first)} and {timestamp(self.last)}" if self.last else ""
        why = CAUSES[self.cause].why if self.cause in CAUSES else self.cause
        return f"{place}{self._many()}{self._packets()}, as {why}{between}"

    def _many(self) -> str:
        if not self.more:
            return f"{self.count} records"
        return f"{self.count} records or more" if self.count else "an unknown number of records"

    def _packets(self) -> str:
        if not self.ranges:
            return ""
        shown = [str(first) if first == last else f"{first} to {last}" for first, last in self.ranges[:RANGES_SHOWN]]
        more = len(self.ranges) - RANGES_SHOWN
        packets = "packet" if len(self.ranges) == 1 and self.ranges[0][0] == self.ranges[0][1] else "packets"
        return f" in {packets} {', '.join(shown)}" + (f" and {more} more places" if more > 0 else "")


#: Runs of missing packets that are named.
RANGES_SHOWN = 5


class Losses:
    """Sums of losses, by trace, CPU and cause."""

    def __init__(self) -> None:
        self._sums: dict[tuple[int, int, str], Lost] = {}

    def add(self, losses: Iterable[Loss]) -> None:
        """More of them."""
        for loss in losses:
            key = loss.trace, loss.cpu, loss.cause
            self._sums.setdefault(key, Lost(loss.cpu, loss.cause)).add(loss)

    def __bool__(self) -> bool:
        return bool(self._sums)

    @property
    def is_as_wished(self) -> bool:
        """Whether nothing is missing but what the user asked to be left out."""
        return all(lost.cause in CAUSES and CAUSES[lost.cause].wished for lost in self._sums.values())

    def each(self) -> Iterator[tuple[int, Lost]]:
        """The sums with the number of their trace, in the order of traces, CPUs and causes."""
        for (trace, _, _), lost in sorted(self._sums.items(), key=lambda item: item[0]):
            yield trace, lost
