"""ftrace: the kernel's own events of entry and exit of all syscalls, in its ring.

Nothing reads the ring here: it is what ftrace costs at least, and what came first is overwritten when it is full.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bench.errors import BenchError
from bench.peers import debian
from bench.peers.whom import Whom
from bench.tracer import Traced
from vm.kernels import Kernel
from vm.machine import Machine

INSTANCE = "/sys/kernel/tracing/instances/syscord-peer"
_EVENTS = "events/raw_syscalls"


@dataclass
class Ftrace:
    """Both raw_syscalls events in an instance of their own, whose ring has the kernel's usual size."""

    kernel: Kernel
    whom: Whom
    name: str = "ftrace"
    shorten_by: int = 1

    @property
    def variant(self) -> str:
        """Whom it records."""
        return self.whom.value

    @property
    def version(self) -> str:
        """The kernel's own."""
        return self.kernel.version

    def install(self, machine: Machine) -> None:
        """It is in the kernel. Raises BenchError if not."""
        with debian.required(self.name):
            machine.run(f"test -d /sys/kernel/tracing/{_EVENTS} && test -d /sys/kernel/tracing/instances")

    def start(self, machine: Machine, pid: int) -> None:
        """Turn the events on; they are when that is written."""
        chosen = self.whom.pid(pid)
        of = (
            "true" if chosen is None else f"echo 1 >options/event-fork && echo $(ls /proc/{chosen}/task) >set_event_pid"
        )
        machine.run(f"mkdir {INSTANCE} && cd {INSTANCE} && {of} && echo 1 >{_EVENTS}/enable")

    def stop(self, machine: Machine) -> Traced:
        """Turn them off. What was overwritten counts as recorded; raises BenchError if an event did not get in."""
        script = f"cd {INSTANCE} && echo 0 >{_EVENTS}/enable && cat per_cpu/cpu*/stats && cd / && rmdir {INSTANCE}"
        said = machine.run(script).stdout
        missed = _sum("commit overrun", said) + _sum("dropped events", said)
        if missed:
            raise BenchError(
                f"{missed} events did not get into ftrace's ring: give it a larger buffer_size_kb in {__file__}"
            )
        kept, events = _sum("entries", said), _sum("entries", said) + _sum("overrun", said)
        # An entry and an exit are a call. The ring counts the bytes of those that it still has.
        return Traced(_sum("bytes", said) * events // kept if kept else 0, events // 2)


def _sum(what: str, said: str) -> int:
    """The sum over the CPUs of a number in their rings' statistics."""
    return sum(int(each) for each in re.findall(rf"^{what}: (\d+)$", said, re.MULTILINE))
