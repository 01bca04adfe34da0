"""strace, attached to a process: it stops it twice a syscall."""

from __future__ import annotations

from dataclasses import dataclass

from bench.peers import background, debian
from bench.peers.whom import Whom
from bench.tracer import Traced
from vm.kernels import Kernel
from vm.machine import Machine

# A call is in two lines where another thread came in between. Signals and ends of processes have lines of their own.
_NO_CALL = r"<unfinished \.\.\.>$|^[0-9]+ +(---|\+\+\+) "


@dataclass
class Strace:
    """`strace -f -o FILE -p PID`: what it shows of each call is what it does by default."""

    kernel: Kernel
    name: str = "strace"
    variant: str = Whom.PID.value
    shorten_by: int = 20

    @property
    def version(self) -> str:
        """The version of Debian's package."""
        return debian.version(self.kernel.arch, "strace")

    def install(self, machine: Machine) -> None:
        """It is in the machine. Raises BenchError if not."""
        with debian.required(self.name):
            machine.run("command -v strace")

    def start(self, machine: Machine, pid: int) -> None:
        """Attach to process PID and its threads. strace says so when all are."""
        background.begin(machine, self.name, f"strace -f -o out -p {pid}", "grep -q '^strace: Process .* attached' log")

    def stop(self, machine: Machine) -> Traced:
        """Detach. strace loses nothing, since it makes the process wait."""
        background.end(machine, self.name)
        file = f"{background.folder(self.name)}/out"
        written = background.size(machine, file)
        calls = int(machine.run(f"grep -vcE '{_NO_CALL}' {file}", check=False).stdout)
        background.remove(machine, self.name)
        return Traced(written, calls)
