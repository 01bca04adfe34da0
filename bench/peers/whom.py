"""Whom a tracer records: the process that is measured, all processes, or another one."""

from __future__ import annotations

from enum import Enum

NEVER_BUSY = 1  # init: it sleeps while something is measured


class Whom(Enum):
    """What a variant is called in the table, where nothing else sets it apart."""

    PID = "pid"
    ALL = "all"
    NO_MATCH = "no match"

    def pid(self, measured: int) -> int | None:
        """The process to record, where MEASURED is the one that is measured; None for all."""
        return {Whom.PID: measured, Whom.ALL: None, Whom.NO_MATCH: NEVER_BUSY}[self]
