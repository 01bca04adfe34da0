"""Debian's sysdig for a machine: its driver, built for the machine's kernel, and the program with its libraries.

Nothing is installed in the machine's root file system, which has no room for 50 packages that nothing else needs: they
are unpacked here, and what sysdig itself takes of them is brought into one folder of the running machine.
"""

from __future__ import annotations

import shlex
import tarfile
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from syscord_build import kernel_tree
from syscord_build.module import make_command
from vm import cache, host, packages
from vm.architectures import Architecture
from vm.kernels import Kernel
from vm.machine import Machine
from vm.progress import step

DRIVER = "falcosecurity-scap-dkms"
THERE = "/root/sysdig"  # the folder in the machine
READY_S, END_S = 30, 30
# sysdig writes the processes that there are when it has begun to record: the file is no longer empty then.
BEGIN = f"""
cd {THERE}
LD_LIBRARY_PATH=lib ./sysdig -s {{content}} -w {{capture}} {{filter}} >log 2>&1 &
echo $! >pid
left={READY_S}0
until [ -s {{capture}} ]; do
	kill -0 "$(cat pid)" && [ $((left -= 1)) -gt 0 ] || {{{{ cat log >&2; exit 1; }}}}
	sleep 0.1
done
"""
END = f"""
cd {THERE}
kill -INT "$(cat pid)"
left={END_S}0
while kill -0 "$(cat pid)" 2>/dev/null; do
	[ $((left -= 1)) -gt 0 ] || {{ cat log >&2; exit 1; }}
	sleep 0.1
done
"""


@dataclass(frozen=True)
class Sysdig:
    """What is brought into a machine: the driver's file, and an archive of the program and its libraries."""

    driver: Path
    archive: Path


def get(kernel: Kernel, suite: str = "bookworm") -> Sysdig:
    """Debian's sysdig for machines of a kernel, downloaded and built where it is not here yet.

    Raises VmError if it cannot be had, or does not build for that kernel.
    """
    apt = packages.apt(suite, kernel.arch.debian)
    driver = packages.resolve(apt, [DRIVER], dependencies=False)
    program = packages.resolve(apt, ["sysdig"], dependencies=True)
    recipe = cache.key(Path(__file__), *(package.file for package in (*driver, *program)))

    def make(making: Path) -> None:
        with step(f"Building sysdig's driver for Linux {kernel.version}"):
            _build_driver(kernel, packages.fetch(apt, driver), making)
        with step(f"Packing sysdig ({kernel.arch.name})"):
            _pack(kernel.arch, packages.fetch(apt, program), making)

    folder = cache.made("sysdig", f"{kernel.version}-{recipe}", make)
    return Sysdig(folder / "scap.ko", folder / "sysdig.tar.gz")


def install(machine: Machine, sysdig: Sysdig) -> None:
    """Bring sysdig into a machine, and load its driver."""
    machine.run(f"mkdir -p {THERE} && tar xz -C {THERE}", stdin=sysdig.archive.read_bytes(), timeout=300)
    machine.put(sysdig.driver, f"{THERE}/scap.ko")
    machine.run(f"insmod {THERE}/scap.ko")


def begin(machine: Machine, capture: str, condition: str, *, content: int) -> None:
    """Let sysdig record to a file in the machine what fits the condition, so many bytes of content of each call."""
    machine.run(
        BEGIN.format(content=content, capture=shlex.quote(capture), filter=shlex.quote(condition)),
        timeout=READY_S * 2,
    )


def end(machine: Machine) -> None:
    """Let sysdig finish its file."""
    machine.run(END, timeout=END_S * 2)


def _build_driver(kernel: Kernel, debs: list[Path], making: Path) -> None:
    unpacked = making / "driver"
    packages.extract(debs, unpacked)
    sources = list(unpacked.glob("usr/src/scap-*"))
    if not sources:
        raise BenchError(f"{DRIVER} has no /usr/src/scap-*: it is packed in another way now")
    tree = kernel_tree.KernelTree(kernel.arch, kernel.build_tree, kernel.version)
    host.run(make_command(tree, sources[0]))
    (sources[0] / "scap.ko").rename(making / "scap.ko")
    host.run(["rm", "-r", unpacked])


def _pack(arch: Architecture, debs: list[Path], making: Path) -> None:
    """The program and all shared libraries of what it depends on, in one flat folder, `lib`."""
    unpacked = making / "program"
    packages.extract(debs, unpacked)
    with tarfile.open(making / "sysdig.tar.gz", "w:gz", compresslevel=6) as archive:
        archive.add(unpacked / "usr/bin/sysdig", "sysdig")
        for library in sorted((unpacked / "usr/lib" / arch.gnu).glob("*.so*")):
            archive.add(library, f"lib/{library.name}", recursive=False)
    host.run(["rm", "-r", unpacked])
