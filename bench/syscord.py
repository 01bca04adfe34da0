"""syscord as one of the tracers, in each of its settings; the floor below all of them; and no tracer at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import programs
from bench.errors import BenchError
from bench.tracer import Traced, Tracer
from vm import host
from vm.kernels import Kernel
from vm.machine import Machine

KO, FLOOR_KO = "/root/syscord.ko", "/root/floor.ko"
TRACE, RECORD = "/tmp/trace", "/tmp/record/record"
STATS = "/sys/module/syscord/parameters/stats"
#: The settings of the module, by what they are called. {pid} is the process that works.
# Loops without a pause outrun the text: its rings hold what is left to write.
VARIANTS = {
    "ctf pid": f"sink=ctf record={TRACE} pid={{pid}}",
    "text pid": f"sink=text ring_kb=32768 record={RECORD} pid={{pid}}",
    "ctf all": f"sink=ctf record={TRACE}",
    "no match shared": f"sink=ctf record={TRACE} pid=1 untrace=0",
    "no match cleared": f"sink=ctf record={TRACE} pid=1",
}
# What the module wrote, without what says how to read it: that is as long for a short trace as for a long one.
BYTES = f"find {TRACE} /tmp/record -type f ! -name metadata -printf '%s\\n' 2>/dev/null"

# The writer describes the processes without a pause: when it sleeps, it has done so.
DESCRIBED = f"until [ -s {TRACE}/state ] && grep -q '^State:.S' /proc/$(pgrep -x syscord)/status; do :; done"


@dataclass(frozen=True)
class Bare:
    """No tracer."""

    name: str = "bare"
    variant: str = ""
    version: str = ""
    shorten_by: int = 1

    def install(self, machine: Machine) -> None:
        """Nothing to do."""

    def start(self, machine: Machine, pid: int) -> None:
        """Nothing to do."""

    def stop(self, machine: Machine) -> Traced:  # noqa: ARG002
        """Nothing was written."""
        return Traced(0, None)


@dataclass(frozen=True)
class Syscord:
    """The module in one setting."""

    ko: Path
    variant: str
    parameters: str
    version: str
    name: str = "syscord"
    shorten_by: int = 1

    def install(self, machine: Machine) -> None:
        """Bring the module into a machine."""
        machine.put(self.ko, KO)

    def start(self, machine: Machine, pid: int) -> None:
        """Load it. A trace begins with a description of all processes: that is no cost of an operation."""
        machine.run(f"insmod {KO} {self.parameters.format(pid=pid)}")
        if "sink=ctf" in self.parameters:
            machine.run(DESCRIBED)

    def stop(self, machine: Machine) -> Traced:
        """Unload it: then all is written. Raises BenchError if a record was lost."""
        stats = machine.run(f"cat {STATS} && rmmod syscord").stdout
        lost = re.findall(r"^((?:dropped|overwritten).*=[1-9].*)$", stats, re.MULTILINE)
        if lost:
            raise BenchError(f"{self.variant}: records were lost, so this measures nothing: {', '.join(lost)}")
        recorded = re.search(r"^recorded=(\d+)$", stats, re.MULTILINE)
        if not recorded:
            raise BenchError(f"{STATS} does not say how many syscalls were recorded:\n{stats}")
        sizes = machine.run(BYTES, check=False).stdout.split()
        machine.run(f"rm -rf {TRACE} {Path(RECORD).parent}")
        # The few of the process that is none of the workload's say nothing.
        return Traced(sum(map(int, sizes)), None if self.variant.startswith("no match") else int(recorded[1]))


@dataclass(frozen=True)
class Floor:
    """Probes that count and do nothing else."""

    kernel: Kernel
    folder: Path  # where its module is built
    name: str = "floor"
    variant: str = "count"
    shorten_by: int = 1

    @property
    def version(self) -> str:
        """The kernel's: it is hardly more than the kernel's own tracepoints."""
        return self.kernel.version

    def install(self, machine: Machine) -> None:
        """Build the module, and bring it into a machine."""
        machine.put(programs.build_floor(self.kernel, self.folder), FLOOR_KO)

    def start(self, machine: Machine, pid: int) -> None:  # noqa: ARG002
        """Load it: it counts the syscalls of all processes."""
        machine.run(f"insmod {FLOOR_KO}")

    def stop(self, machine: Machine) -> Traced:
        """Unload it."""
        machine.run("rmmod floor")
        return Traced(0, None)


def all_settings(ko: Path) -> list[Tracer]:
    """The module in all its settings."""
    version = host.run(["modinfo", "-F", "version", ko]).strip()
    return [Syscord(ko, variant, parameters, version) for variant, parameters in VARIANTS.items()]


def in_variant(tracers: Sequence[Tracer], variant: str) -> Syscord:
    """syscord in that setting."""
    return next(each for each in tracers if isinstance(each, Syscord) and each.variant == variant)
