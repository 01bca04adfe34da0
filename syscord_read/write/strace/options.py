"""What may be chosen, as in strace(1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Time(Enum):
    """What time stands before a line: none, ``-t``, ``-tt``, ``-ttt``."""

    NONE = ""
    SECONDS = "t"
    MICROSECONDS = "tt"
    EPOCH = "ttt"


@dataclass(frozen=True)
class Options:
    """strace's options.

    ``time``      -t, -tt, -ttt: when a call began
    ``relative``  -r: how long after the line before
    ``duration``  -T: how long a call took
    ``paths``     -y: what file descriptors stand for
    ``strings``   -s: so many characters of a string are written, and elements of a list
    ``to_file``   what -f -o does to the beginning of the lines: each has its thread's number

    There is no -f: which processes are there was decided when the trace was recorded, and by what was selected of it.

    ``window`` is no option of strace's: so many calls wait for others that began before them.  A call that took longer
    than that stands whole where it ended, as all do with 0, which is for reading what is still being written.
    """

    time: Time = Time.NONE
    relative: bool = False
    duration: bool = False
    paths: bool = False
    strings: int = 32
    to_file: bool = False
    window: int = 16384
