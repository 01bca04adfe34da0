"""How threads and processes have ended, for formats that have records of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from syscord_read.model.batch import Batch
from syscord_read.model.processes import Process, Processes
from syscord_read.write.strace.format import signal
from syscord_read.write.strace.kernel import CORE_DUMPED


class Status(NamedTuple):
    """A status as of wait(2): the code that was given to exit(), or else the signal, and whether that left a core."""

    code: int | None
    signal: str | None
    core: bool


@dataclass(frozen=True)
class Exit:
    """A thread has ended: the row of its event, and how; ``of_process`` is there if its process ended with it."""

    row: int
    cpu: int
    process: Process
    of_thread: Status
    of_process: Status | None


def status(value: int) -> Status:
    """What a number of wait(2) means."""
    number = value & 0x7F
    if number:
        return Status(None, signal(number), bool(value & CORE_DUMPED))
    return Status(value >> 8 & 0xFF, None, core=False)


def every_exit(_: Process) -> bool:
    """All ends are wanted."""
    return True


class Exits:
    """Finds the ends, batch by batch.  Traces of older modules do not say how anybody ended, so they have none."""

    def __init__(self, wanted: Callable[[Process], bool] = every_exit) -> None:
        self.wanted = wanted
        self._ended: dict[tuple[int, int], int] = {}  # of each number of a process, the one that ended last

    def of(self, batch: Batch, processes: Processes) -> list[Exit]:
        """Those that are wanted of a batch, with which ``processes`` were updated."""
        return [
            Exit(row, int(batch.cpu[row]), process, status(process.life.status), self._of_process(process))
            for row, process in processes.changes
            if process.life and process.reason == "exit" and self.wanted(process)
        ]

    def _of_process(self, process: Process) -> Status | None:
        """How the process ended, once: threads that end at the same time may all be its last."""
        key = process.trace, process.pid
        if not process.life or not process.life.ended or self._ended.get(key) == process.life.start:
            return None
        self._ended[key] = process.life.start
        return status(process.life.process_status)
