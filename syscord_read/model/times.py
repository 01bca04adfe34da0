"""Times as people read and write them, by one rule everywhere: ISO 8601, in the local zone, with the offset from UTC.

What is printed can be given to ``--since`` as it is.  Local is the zone of who reads (``TZ``, or the system's).
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from syscord_read.errors import UsageError

_SECOND = 1_000_000_000
_UNITS = {"ns": 1, "us": 1000, "µs": 1000, "ms": 1_000_000, "s": _SECOND, "": _SECOND, "m": 60 * _SECOND}
_UNITS |= {"min": 60 * _SECOND, "h": 3600 * _SECOND}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([a-zµ]*)")

#: Since 1970, as -ttt and date +%s.%N write it: seconds; of so many digits that it can be no day such as 20261123.
_EPOCH = re.compile(r"@(\d{1,10})(?:\.(\d{1,9}))?|(\d{9,10})(?:\.(\d{1,9}))?")
#: Nanoseconds since 1970, as JSON has them.
_EPOCH_NS = re.compile(r"\d{18,19}")
_OF_DAY = re.compile(r"\d{1,2}:\d\d")
_BARE = re.compile(r"\d+(\.\d*)?")


def use_utc() -> None:
    """From now on, local times are those of UTC: of all that is printed, and all that is given."""
    os.environ["TZ"] = "UTC"
    time.tzset()


def timestamp(nanoseconds: int, timespec: str = "microseconds") -> str:
    """A time in ns since the epoch: 2026-11-23T14:05:00.068534+01:00.  ``timespec`` is as of ``isoformat``."""
    seconds, rest = divmod(nanoseconds, _SECOND)
    try:
        # The offset is the one that held then, not the one that holds now.
        moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000).astimezone()
        return moment.isoformat(timespec=timespec)
    except (OverflowError, ValueError, OSError):
        return f"{nanoseconds} ns after 1970"


class Origin(Enum):
    """What a time is counted from."""

    EPOCH = "the Unix epoch"
    BEGIN = "the first event"
    END = "the end of what is recorded"
    DAY = "midnight of the day of the first event, by the clock on the wall"


@dataclass(frozen=True)
class When:
    """A time: so many ns after its origin."""

    ns: int
    origin: Origin = Origin.EPOCH

    def resolve(self, begin: int, end: int) -> int:
        """In ns since the Unix epoch, in a recording that begins and ends then."""
        match self.origin:
            case Origin.BEGIN:
                return begin + self.ns
            case Origin.END:
                return end + self.ns
            case Origin.DAY:
                midnight = datetime.fromtimestamp(begin // _SECOND).replace(hour=0, minute=0, second=0)
                # A day on which the clocks change has not 24 hours.  So this counts on the wall, not since midnight.
                on_wall = midnight + timedelta(seconds=self.ns // _SECOND)
                return round(on_wall.timestamp()) * _SECOND + self.ns % _SECOND
        return self.ns


def parse_duration(text: str) -> int:
    """A duration such as 10ms, in ns; without a unit it is seconds.  UsageError if it is none."""
    found = _DURATION.fullmatch(text.strip())
    if not found or found.group(2) not in _UNITS:
        raise UsageError(f"{text!r} is no duration: write 250us, 10ms or 1.5s")
    return round(float(found.group(1)) * _UNITS[found.group(2)])


def parse_when(text: str) -> When:
    """A time.  UsageError if it is none.

    +10s: since the beginning; -5s: before the end; 14:05:00: of the first day; 2026-11-23T14:05:00: in the local zone,
    or, as in 2026-11-23T14:05:00+01:00 and 2026-11-23T14:05:00Z, in another; 1795442700.5 and @1795442700.5: seconds
    since 1970; 1795442700500000000: nanoseconds since 1970.
    """
    text = text.strip()
    if text[:1] in ("+", "-"):
        ns = parse_duration(text[1:])
        return When(ns, Origin.BEGIN) if text.startswith("+") else When(-ns, Origin.END)
    if found := _EPOCH.fullmatch(text):
        seconds, part = found.group(1) or found.group(3), found.group(2) or found.group(4) or ""
        return When(int(seconds) * _SECOND + int(part.ljust(9, "0")))
    if _EPOCH_NS.fullmatch(text):
        return When(int(text))
    if _BARE.fullmatch(text):
        raise UsageError(f"{text!r} may be a day, or seconds: write 2026-11-23, or @{text} for seconds since 1970")
    try:
        if _OF_DAY.match(text):
            day = datetime.fromisoformat(f"1970-01-01T{text.zfill(5) if len(text) < 5 else text}")
            if day.tzinfo is None:
                midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
                return When((day - midnight) // timedelta(microseconds=1) * 1000, Origin.DAY)
        else:
            moment = datetime.fromisoformat(text)
            whole = moment.replace(microsecond=0)
            return When(round(whole.timestamp()) * _SECOND + moment.microsecond * 1000)
    except (ValueError, OverflowError):
        pass
    raise UsageError(f"{text!r} is no time: write +10s, -5s, 14:05:00 or 2026-11-23T14:05:00")
