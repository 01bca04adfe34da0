"""The demonstration: nginx, recorded while it serves requests."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from devtools.build import DEBIAN, build
from devtools.paths import BUILD
from syscord_read.record.text import Record, parse_lines
from vm import kernels
from vm.boot import boot
from vm.machine import Machine
from vm.progress import step
from vm.spec import MachineSpec

REQUESTS = 500
FIRST = 12
RECORD = "/etc/syscall-record/record"


def run(arch: str) -> None:
    """Boot a machine of ``arch``, record nginx under `ab` there, and print what came of it."""
    kernel = kernels.get(DEBIAN, arch)
    with step(f"Building syscord.ko for Linux {kernel.version}"):
        module = build(arch)
    with boot(MachineSpec(kernel)) as machine:
        log = _record(machine, module.ko, arch)
    show(log)


def _record(machine: Machine, ko: Path, arch: str) -> Path:
    """Returns the record file's copy on this host."""
    with step(f"Starting nginx in a machine ({arch}, Linux {machine.spec.kernel.version})"):
        machine.put(ko, "/root/syscord.ko")
        machine.run("nginx")
    with step(f"insmod syscord.ko proc_name=nginx; {REQUESTS} requests with ab; rmmod syscord"):
        machine.run("insmod /root/syscord.ko proc_name=nginx")
        machine.run(f"ab -q -n {REQUESTS} -c 10 http://127.0.0.1/", timeout=120)
        machine.run("rmmod syscord")
    host = BUILD / "demo" / f"record-{arch}"
    host.parent.mkdir(parents=True, exist_ok=True)
    host.write_bytes(machine.get(RECORD))
    return host


def show(log: Path) -> None:
    """Print the first records of a file, its syscalls by count, and where it lies."""
    console = Console()
    with log.open(encoding="utf-8") as lines:
        console.print("\n[bold]The first records[/bold]")
        for line in islice(lines, FIRST):
            console.print(line, end="", markup=False, highlight=False, soft_wrap=True)
    with log.open(encoding="utf-8") as lines:
        counts = Counter(record.name for record in parse_lines(lines) if isinstance(record, Record))
    console.print(_table(counts))
    console.print(f"{sum(counts.values())} records in {log}", highlight=False, soft_wrap=True)


def _table(counts: Counter[str]) -> Table:
    table = Table(title="Syscalls of nginx", title_justify="left")
    table.add_column("syscall")
    table.add_column("count", justify="right")
    for name, count in counts.most_common():
        table.add_row(name, str(count))
    return table
