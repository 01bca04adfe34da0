"""What is laid beside the workloads: a way of recording syscalls, started and ended in a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vm.machine import Machine


@dataclass(frozen=True)
class Traced:
    """What a tracer wrote of a workload: bytes, and the syscalls it says it recorded; None where it does not say."""

    bytes: int
    syscalls: int | None


class Tracer(Protocol):
    """A tracer in one setting. `install` comes once a machine, `start` and `stop` around each measured run."""

    @property
    def name(self) -> str:
        """Of the program: syscord, floor, or a peer's."""
        ...

    @property
    def variant(self) -> str:
        """Its setting, such as "ctf pid"."""
        ...

    @property
    def version(self) -> str:
        """The version of the program or package, as its maker counts."""
        ...

    @property
    def shorten_by(self) -> int:
        """How many times fewer operations of a loop are enough: 1, or more for a tracer that takes minutes for all."""
        ...

    def install(self, machine: Machine) -> None:
        """Bring into a running machine whatever it takes. Raises BenchError if that can't be."""
        ...

    def start(self, machine: Machine, pid: int) -> None:
        """Begin to record process PID (all, if the variant is one that records all), and return once it does so."""
        ...

    def stop(self, machine: Machine) -> Traced:
        """End recording, all of it written, and remove what was written. Raises BenchError if records were lost."""
        ...
