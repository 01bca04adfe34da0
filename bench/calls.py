"""`invoke bench --calls`: what calls of all kinds cost, each by itself.

The workloads make few kinds of calls. Here a handler shows that costs more than it should, such as one that reads what
is not there, and faults, each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import cost, syscord
from bench.rows import Figure
from bench.workload import Workload
from devtools.build import DEBIAN
from vm import architectures, kernels
from vm.kernels import Kernel

VARIANT = "ctf pid"
OPERATIONS = 20_000


@dataclass(frozen=True)
class Kind:
    """What is done: so many calls, by a name of bench/workloads/calls.c."""

    name: str
    calls: int
    what: str

    @property
    def workload(self) -> Workload:
        """The same, to be measured."""
        return Workload(self.name, OPERATIONS, self.what)


KINDS = (
    Kind("unknown", 1, "a number that no syscall has"),
    Kind("read4k", 1, "read of 4096 bytes"),
    Kind("pread256", 1, "pread64 of 256 bytes"),
    Kind("read-ebadf", 1, "read that fails"),
    Kind("write1", 1, "write of a byte"),
    Kind("write4k", 1, "write of 4096 bytes"),
    Kind("writev", 1, "writev of 4 parts of 64 bytes"),
    Kind("lseek", 1, "lseek"),
    Kind("pipe", 2, "64 bytes into a pipe, and out of it"),
    Kind("fstat", 1, "fstat"),
    Kind("stat", 1, "stat of a path"),
    Kind("statx", 1, "statx of a path"),
    Kind("access", 1, "access"),
    Kind("open-enoent", 1, "open of what is not there"),
    Kind("open-efault", 1, "openat of NULL"),
    Kind("readlink", 1, "readlink"),
    Kind("getdents", 2, "lseek and getdents64"),
    Kind("mkdir", 2, "mkdir and rmdir"),
    Kind("rename", 2, "rename, there and back"),
    Kind("mmap", 2, "mmap and munmap of a page"),
    Kind("mprotect", 2, "mprotect, there and back"),
    Kind("poll4", 1, "poll of 4"),
    Kind("poll64", 1, "poll of 64"),
    Kind("select", 1, "select of one"),
    Kind("epoll_wait", 1, "epoll_wait, one event"),
    Kind("epoll_ctl", 1, "epoll_ctl"),
    Kind("send", 2, "64 bytes sent and received, UNIX"),
    Kind("sendmsg", 2, "sendmsg, recvmsg of 2 x 32 bytes, UNIX"),
    Kind("sendto", 2, "64 bytes sent and received, UDP"),
    Kind("socket", 2, "socket and close"),
    Kind("setsockopt", 1, "setsockopt"),
    Kind("fcntl", 1, "fcntl"),
    Kind("ioctl", 1, "ioctl"),
    Kind("dup", 2, "dup and close"),
    Kind("clock_gettime", 1, "clock_gettime as a syscall"),
    Kind("nanosleep", 1, "clock_nanosleep of no time"),
    Kind("sched_yield", 1, "sched_yield"),
    Kind("sigprocmask", 1, "rt_sigprocmask"),
    Kind("sigaction", 1, "rt_sigaction"),
    Kind("signal", 4, "a signal to oneself, and the way back"),
    Kind("futex-wake", 1, "futex, nobody to wake"),
    Kind("getrandom", 1, "getrandom of 16 bytes"),
    Kind("getcwd", 1, "getcwd"),
    Kind("getrlimit", 1, "prlimit64"),
)


@dataclass(frozen=True)
class Cost:
    """Of one kind: instructions of what is done, without a tracer; and for one call, what is added, and bytes."""

    kind: Kind
    bare: float
    added_per_call: float
    bytes_per_call: float


def run(arch: str) -> None:
    """Measure on `arch`, or "both", and print a table. Raises BuildError, VmError or BenchError."""
    for name in architectures.chosen(arch):
        kernel = kernels.get(DEBIAN, name)
        Console().print(_table(kernel, measure(kernel, cost.FOLDER / name)))


def measure(kernel: Kernel, folder: Path, ko: Path | None = None) -> list[Cost]:
    """What each kind of call costs. Once, since a loop costs the same each time. Raises as `cost.measure` does.

    KO is the module; without it, it is built below FOLDER.
    """
    tracer = syscord.in_variant(cost.own_tracers(kernel, folder, ko), VARIANT)
    figures = cost.measure(kernel, folder, [(kind.workload, tracer) for kind in KINDS], rounds=1)
    kinds = {kind.name: kind for kind in KINDS}
    return [_cost(kinds[figure.row.workload], figure) for figure in figures]


def _cost(kind: Kind, figure: Figure) -> Cost:
    return Cost(kind, figure.bare[0], figure.row.added_per_op / kind.calls, figure.row.bytes_per_syscall or 0)


def _table(kernel: Kernel, costs: Sequence[Cost]) -> Table:
    title = f"syscord {VARIANT}, {kernel.arch.name}: instructions"
    made = Table(title=title, title_justify="left")
    made.add_column("done", no_wrap=True)
    for column in ("bare", "adds to a call", "bytes"):
        made.add_column(column, justify="right")
    for each in costs:
        made.add_row(each.kind.what, f"{each.bare:,.0f}", f"{each.added_per_call:,.0f}", f"{each.bytes_per_call:.0f}")
    return made
