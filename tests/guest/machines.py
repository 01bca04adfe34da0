"""Where the tests get their machines."""

from __future__ import annotations

from contextlib import ExitStack

from vm.boot import BOOTED, boot
from vm.errors import MachineLost
from vm.machine import Machine
from vm.spec import MachineSpec


class Machines:
    """Keeps one machine at work, and gets a new one when it is lost."""

    def __init__(self, spec: MachineSpec) -> None:
        self._spec = spec
        self._open = ExitStack()
        self._machine: Machine | None = None

    def fresh(self) -> Machine:
        """A machine as it is right after booting."""
        if self._machine:
            try:
                self._machine.restore(BOOTED)
            except MachineLost:
                self.close()
        if not self._machine:
            self._machine = self._open.enter_context(boot(self._spec))
        return self._machine

    def close(self) -> None:
        """End the machine."""
        self._machine = None
        self._open.close()
