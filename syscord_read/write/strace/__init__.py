"""The way of writing of strace 6.1: ``strace(1)`` says what the options mean, ``docs/strace-style.md`` what differs.

for line in lines(calls_of(batch), Options(follow=True, time=Time.MICROSECONDS)):
    print(line)
"""

from __future__ import annotations

from syscord_read.write.strace.options import Options, Time
from syscord_read.write.strace.output import lines

__all__ = ["Options", "Time", "lines"]
