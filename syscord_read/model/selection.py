"""Which records are wanted, as the user said it: by process, syscall, result, duration, path and time.

It loads nothing that takes long, as every subcommand's options are made of it.  select.py applies it to batches.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from syscord_read.errors import UsageError
from syscord_read.model.errno_names import ERRNOS

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
