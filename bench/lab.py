"""A machine in which workloads run under tracers, each run from the same state of the machine, its snapshot.

So a run differs from the next by nothing but the tracer: not by the memory that others left behind, nor by the page
cache, nor by what happens in a kernel every few seconds, since all runs begin at the same time of the guest's clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from bench import nginx, programs, workload
from bench.errors import BenchError
from bench.syscord import Bare
from bench.tracer import Traced, Tracer
from bench.workload import FOLDER, Workload
from vm.boot import boot
from vm.errors import VmError
from vm.kernels import Kernel
from vm.machine import Machine
from vm.progress import console, step
from vm.spec import MachineSpec

READY = "ready"
MEMORY_MIB = 2048
MEASURE = "/root/measure"
# Of wall clock and of the machine's clock alike.
RUN_S = 300
# The disk answers when the host likes, so nothing may be left to write to it, or wait for it. Where a program lies in
# memory is otherwise chosen at random.
PREPARE = f"""
mkdir {FOLDER} && cd {FOLDER} && mkfifo pid go done &&
mount -o remount,noatime / && mount -t tmpfs log /var/log/nginx &&
sysctl -q -w kernel.randomize_va_space=0 vm.dirty_writeback_centisecs=0
"""
# What the rehearsals left is gone then: connections are remembered for a minute.
SETTLE = "sync && sleep 70"
HOLD = f"cd {FOLDER} && ({MEASURE} . {{arguments}} </dev/null >log 2>&1 &) && timeout {RUN_S} cat pid"
GO = f"cd {FOLDER} && : >go && timeout {RUN_S} cat done || {{ cat log >&2; exit 1; }}"


@dataclass(frozen=True)
class Sample:
    """What one run took: instructions for one operation, all that ran being counted; and what was recorded."""

    instructions: float
    traced: Traced


class Lab:
    """A machine that is ready to measure."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def run(self, what: Workload, tracer: Tracer) -> Sample:
        """Do the workload once under a tracer.

        Raises BenchError if it fails, or the tracer lost records; VmError if the machine is lost or a command fails.
        """
        self.machine.restore(READY)
        return self._run_as_it_is(what.shortened(tracer.shorten_by), tracer)

    def rehearse(self, what: Workload) -> None:
        """Do it once, from whatever state: the programs and files that it uses are in memory then."""
        self._run_as_it_is(what, Bare())

    def _run_as_it_is(self, what: Workload, tracer: Tracer) -> Sample:
        worker = int(self.machine.run(HOLD.format(arguments=what.arguments), timeout=RUN_S).stdout)
        tracer.start(self.machine, self._server(what) or worker)
        if what.warm_up:
            self.machine.run(what.warm_up, timeout=RUN_S)
        status, busy = map(int, self.machine.run(GO, timeout=RUN_S).stdout.split())
        self._prove(what, status)
        traced = tracer.stop(self.machine)
        return Sample(busy / what.operations, traced)

    def _server(self, what: Workload) -> int:
        """The number of the process to trace; 0 if that is the one that does the workload."""
        if not what.server:
            return 0
        numbers = self.machine.run(what.server).stdout.split()
        if len(numbers) != 1:
            raise BenchError(f"{what.name}: `{what.server}` says {numbers} in the machine, not one process")
        return int(numbers[0])

    def _prove(self, what: Workload, status: int) -> None:
        proved = self.machine.run(f"cd {FOLDER} && {{ {what.proof or ':'}\n}}", check=False)
        if status or proved.status:
            log = self.machine.get(f"{FOLDER}/log").decode(errors="replace")[-2000:]
            raise BenchError(f"{what.name} did not do what it should, status {status}; it says:\n{log}")


@contextmanager
def opened(
    kernel: Kernel, folder: Path, tracers: Sequence[Tracer], workloads: Sequence[Workload], *, cpus: int = 1
) -> Iterator[tuple[Lab, list[Tracer]]]:
    """A machine with the tracers and workloads in it, and those of the tracers that could be brought there.

    What is built for it goes to FOLDER. Raises VmError or BenchError if the machine cannot be had or prepared.
    """
    measure = programs.build_measure(kernel, folder)
    # Where the kernel lies in memory is chosen at random each time it boots.
    spec = MachineSpec(kernel, cpus=cpus, icount=True, memory_mib=MEMORY_MIB, append="nokaslr")
    with boot(spec) as machine:
        with step(f"Preparing a machine ({kernel.arch.name}, Linux {kernel.version}, {cpus} CPU)"):
            machine.put(measure, MEASURE, mode=0o755)
            machine.run(PREPARE)
            machine.put(workload.inserts(), workload.SQL)
            machine.put(nginx.page(), nginx.PAGE)
            installed = [tracer for tracer in tracers if _install(machine, tracer)]
            made = Lab(machine)
            for each in workloads:
                machine.run(each.prepare or ":", timeout=RUN_S)
                made.rehearse(each)
            machine.run(SETTLE, timeout=RUN_S)
            machine.snapshot(READY)
        yield made, installed


def _install(machine: Machine, tracer: Tracer) -> bool:
    try:
        tracer.install(machine)
    except (BenchError, VmError) as error:
        console.print(f"[yellow]warning[/yellow] going on without {tracer.name}: {escape(str(error))}")
        return False
    return True
