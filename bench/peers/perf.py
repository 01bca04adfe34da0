"""perf trace, attached to a process: it prints lines such as strace's, from the kernel's tracepoints."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bench.errors import BenchError
from bench.peers import background, debian
from bench.peers.whom import Whom
from bench.tracer import Traced
from vm.kernels import Kernel
from vm.machine import Machine

# Where one CPU is shared fairly, perf is slower than a process that only makes calls, and loses some of them. It comes
# first here, but in batches: it would otherwise interrupt the process at every call, and cost nearly twice as much.
_FIRST = "chrt --batch 0 nice -n -20"
# It does not say when it records. But it then has events, and waits for the first of them, in poll.
_READY = "ls -l /proc/$pid/fd | grep -q perf_event && grep -q poll /proc/$pid/wchan"


@dataclass
class PerfTrace:
    """`perf trace -p PID -o FILE`, with priority."""

    kernel: Kernel
    name: str = "perf-trace"
    variant: str = Whom.PID.value
    shorten_by: int = 5

    @property
    def version(self) -> str:
        """The version of Debian's package."""
        return debian.version(self.kernel.arch, "linux-perf")

    def install(self, machine: Machine) -> None:
        """It is in the machine. Raises BenchError if not."""
        with debian.required(self.name):
            machine.run("perf version")

    def start(self, machine: Machine, pid: int) -> None:
        """Attach to process PID and its threads."""
        background.begin(machine, "perf", f"{_FIRST} perf trace -p {pid} -o out", _READY)

    def stop(self, machine: Machine) -> Traced:
        """Let perf print what is left. Raises BenchError if it says that events were lost."""
        background.end(machine, "perf")
        file = f"{background.folder('perf')}/out"
        lost = machine.run(f"grep LOST {file}", check=False).stdout
        written = background.size(machine, file)
        calls = int(machine.run(rf"grep -cE '^ +[0-9.]+ \(.*\): .* = ' {file}", check=False).stdout)
        background.remove(machine, "perf")
        if lost:
            number = sum(int(each) for each in re.findall(r"LOST (\d+)", lost))
            raise BenchError(f"perf trace lost {number} events: give it more memory (-m) in {__file__}")
        return Traced(written, calls)
