"""Where the tests get their machines."""

from __future__ import annotations

from contextlib import ExitStack

from vm.boot import BOOTED, boot
from vm.errors import MachineLost
from vm.machine import Machine
from vm.spec import MachineSpec

WITH_FILES = "with files"


class Machines:
    """Keeps one machine at work, and gets a new one when it is lost."""

    def __init__(self, spec: MachineSpec) -> None:
        self._spec = spec
        self._open = ExitStack()
        self._machine: Machine | None = None
        self._files: bytes | None = None

    def fresh(self) -> Machine:
        """A machine as it is right after booting."""
        machine = self._restored(BOOTED)
        if not machine:
            machine = self._machine = self._open.enter_context(boot(self._spec))
        return machine

    def with_files(self, archive: bytes) -> Machine:
        """A machine as it is right after it booted and the files of a tar archive were put into its /tmp.

        To unpack them takes longer than most tests do, so that state is kept, too.
        """
        if self._files is archive and (machine := self._restored(WITH_FILES)):
            return machine
        machine = self.fresh()
        machine.run("tar xzf - -C /tmp && sync", stdin=archive)
        machine.snapshot(WITH_FILES)
        self._files = archive
        return machine

    def close(self) -> None:
        """End the machine."""
        self._machine = self._files = None
        self._open.close()

    def _restored(self, snapshot: str) -> Machine | None:
        """The machine in that state; None if there is none, or none any more, as it was lost."""
        if self._machine:
            try:
                self._machine.restore(snapshot)
            except MachineLost:
                self.close()
        return self._machine
