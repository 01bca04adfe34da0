"""What is measured: nginx, recorded by syscord without content and with it, and captured by sysdig, in one machine.

The machine's clock counts instructions, so what happens in a millisecond, and with it the trace, is the same on any
host, busy or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from bench import nginx, programs
from bench.errors import BenchError
from bench.nginx import Nginx
from bench.peers import sysdig
from devtools.build import DEBIAN
from syscord_build.errors import BuildError
from vm import kernels
from vm.boot import boot
from vm.errors import VmError
from vm.kernels import Kernel
from vm.progress import console, step
from vm.spec import MachineSpec

CONTENT = 256  # bytes of each field, the module's default
MEMORY_MIB = 2048


@dataclass(frozen=True)
class Recordings:
    """Traces of nginx on one architecture, ``content`` if it was wanted. ``why_no_capture``: of sysdig's, if so.

    ``parameters`` and ``condition`` are what the module and sysdig were given.
    """

    arch: str
    kernel: str
    plain: Path
    content: Path | None
    capture: Path | None
    why_no_capture: str
    parameters: dict[str, str]
    condition: str


def make(
    arch: str, folder: Path, *, ko: Path | None = None, with_content: bool = True, with_sysdig: bool = True
) -> Recordings:
    """Record nginx in a machine of ``arch``; what was recorded is then in ``folder``, and so is the module without KO.

    Raises BuildError, VmError or BenchError where that fails; not if sysdig cannot be had.
    """
    kernel = kernels.get(DEBIAN, arch)
    folder.mkdir(parents=True, exist_ok=True)
    ko = ko or programs.build_syscord(kernel, folder).ko
    plain, full, capture = folder / "plain", folder / "content", folder / "nginx.scap"
    with boot(MachineSpec(kernel, icount=True, cpus=1, memory_mib=MEMORY_MIB)) as machine:
        with step(f"Starting nginx in a machine ({arch}, Linux {kernel.version})"):
            server = nginx.start(machine, ko)
        parameters = {"plain": _record(server, plain, 0)}
        condition, why = "", "it was not asked for"
        if with_content:
            parameters["content"] = _record(server, full, CONTENT)
        if with_sysdig:
            condition, why = _capture(server, kernel, capture)
    return Recordings(
        arch=arch,
        kernel=kernel.version,
        plain=plain,
        content=full if with_content else None,
        capture=None if why else capture,
        why_no_capture=why,
        parameters=parameters,
        condition=condition,
    )


def _record(server: Nginx, folder: Path, content: int) -> str:
    with step(f"Recording nginx for {nginx.REQUESTS} requests, {content} bytes of content"):
        return nginx.record(server, folder, content=content)


def _capture(server: Nginx, kernel: Kernel, capture: Path) -> tuple[str, str]:
    """Capture the same with sysdig. Returns the condition it was given, and why there is no capture, if so."""
    try:
        program = sysdig.get(kernel)
        with step(f"Capturing {nginx.REQUESTS} requests with sysdig ({kernel.arch.name})"):
            return nginx.capture(server, program, capture, content=CONTENT), ""
    except (BenchError, BuildError, VmError) as error:
        console.print(f"[yellow]warning[/yellow] going on without sysdig: {escape(str(error))}", highlight=False)
        return "", str(error)
