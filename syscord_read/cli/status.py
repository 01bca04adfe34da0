"""The exit status of every subcommand: the man page and docs/reading.md have this table."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """If several hold, MISSING comes before the others."""

    WELL = 0
    MISSING = 1
    WRONG_USE = 2
    NOTHING = 3
    BEING_WRITTEN = 4


MEANINGS = {
    Status.WELL: "All is well: nothing is missing, and nothing is damaged. What a flight recorder overwrites, and what "
    "rotation removes, is not counted as missing.",
    Status.MISSING: "Something is missing: records were lost, something is damaged, cut off, not there, or cannot be "
    "read or written. What can be read is read all the same.",
    Status.WRONG_USE: "The command was called in a wrong way.",
    Status.NOTHING: "There is nothing to show: no record was selected, or there are none.",
    Status.BEING_WRITTEN: "Of syscord verify: nothing is missing so far, but the trace is still being written.",
}
