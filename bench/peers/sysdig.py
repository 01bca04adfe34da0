"""Debian's sysdig: its driver, built for the machine's kernel, and the program, which filters what the driver sees."""

from __future__ import annotations

import re
import shlex
import struct
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from bench.peers import background, debian
from bench.peers.whom import Whom
from bench.tracer import Traced
from vm import cache, packages
from vm.kernels import Kernel
from vm.machine import Machine
from vm.progress import step

NAME = "sysdig"
DRIVER = "falcosecurity-scap-dkms"
GUEST_FOLDER = "/root/sysdig"  # the folder in the machine
# Where one CPU is shared fairly, sysdig is slower than a process that only makes calls, and the driver's 8 MiB, which
# nothing can change, are soon full. So it comes first. What it does for each call, and what that costs, is the same.
_FIRST = "nice -n -20"
CAPTURE = f"{background.folder(NAME)}/out.scap"
# A block of a capture: its type, its length. One with an event: a CPU, flags in the second type; time, thread, length,
# type. Types of events go in pairs: what is odd is an exit.
_BLOCK = struct.Struct("<II")
_TYPE_AT = {0x216: 8 + 2 + 20, 0x217: 8 + 6 + 20}


@dataclass(frozen=True)
class Sysdig:
    """What is brought into a machine: the driver's file, and an archive of the program and its libraries."""

    driver: Path
    archive: Path


@dataclass
class SysdigTracer:
    """`sysdig -w FILE`, with priority. Its condition is tested on each event, after the driver has recorded all."""

    kernel: Kernel
    whom: Whom
    name: str = NAME
    shorten_by: int = 1

    @property
    def variant(self) -> str:
        """Whom it records."""
        return self.whom.value

    @property
    def version(self) -> str:
        """The version of Debian's package."""
        return debian.version(self.kernel.arch, "sysdig")

    def install(self, machine: Machine) -> None:
        """Bring it there. Raises BenchError if it cannot be had."""
        with debian.required(self.name):
            install(machine, get(self.kernel))

    def start(self, machine: Machine, pid: int) -> None:
        """Begin to record; as a user would, with the 80 bytes of content that are sysdig's own choice."""
        chosen = self.whom.pid(pid)
        begin(machine, CAPTURE, "" if chosen is None else f"proc.pid={chosen}")

    def stop(self, machine: Machine) -> Traced:
        """Let it finish its file. Raises BenchError if the driver says that it dropped events."""
        said = end(machine)
        data = machine.get(CAPTURE, timeout=background.WALL_S)
        background.remove(machine, NAME)
        drops = re.search(r"Driver Drops:\s*(\d+)", said)
        if not drops:
            raise BenchError(f"sysdig does not say whether it dropped events: look at what -v gives:\n{said}")
        if int(drops[1]):
            raise BenchError(
                f"sysdig's driver dropped {drops[1]} events: give it fewer calls in the same time, its memory is fixed"
            )
        return Traced(len(data), count_exits(data))


def get(kernel: Kernel, suite: str = debian.SUITE) -> Sysdig:
    """Debian's sysdig for machines of a kernel, downloaded and built where it is not here yet.

    Raises VmError or BenchError if it cannot be had, or does not build for that kernel.
    """
    apt = packages.apt(suite, kernel.arch.debian)
    driver = packages.resolve(apt, [DRIVER], dependencies=False)
    program = packages.resolve(apt, ["sysdig"], dependencies=True)
    recipe = cache.key(debian.RECIPE, *(package.file for package in (*driver, *program)))

    def make(making: Path) -> None:
        debs = packages.fetch(apt, driver)
        with (
            step(f"Building sysdig's driver for Linux {kernel.version}"),
            debian.driver_source(debs, "scap", making) as source,
        ):
            debian.build_driver(kernel, source)
            (source / "scap.ko").rename(making / "scap.ko")
        with step(f"Packing sysdig ({kernel.arch.name})"):
            debian.pack(kernel.arch, packages.fetch(apt, program), making / "sysdig.tar.gz", ["usr/bin/sysdig"])

    folder = cache.get("sysdig", f"{kernel.version}-{recipe}", make)
    return Sysdig(folder / "scap.ko", folder / "sysdig.tar.gz")


def install(machine: Machine, sysdig: Sysdig) -> None:
    """Bring sysdig into a machine, and load its driver, if that is not there yet."""
    if machine.run("test -d /sys/module/scap", check=False).status == 0:
        return
    debian.unpack(machine, sysdig.archive, GUEST_FOLDER)
    machine.put(sysdig.driver, f"{GUEST_FOLDER}/scap.ko")
    machine.run(f"insmod {GUEST_FOLDER}/scap.ko")


def begin(machine: Machine, capture: str, condition: str, *, content: int | None = None) -> None:
    """Let sysdig record to a file in the machine what fits the condition, so many bytes of content of each call."""
    size = "" if content is None else f"-s {content}"
    file = shlex.quote(capture)
    sysdig = f"env LD_LIBRARY_PATH={GUEST_FOLDER}/lib {GUEST_FOLDER}/sysdig"
    command = f"{_FIRST} {sysdig} -v {size} -w {file} {shlex.quote(condition)}"
    # It writes the processes that there are when it has begun to record: the file is no longer empty then.
    background.begin(machine, NAME, command, f"[ -s {file} ]")


def end(machine: Machine) -> str:
    """Let sysdig finish its file, and return what it says."""
    return background.end(machine, NAME)


def count_exits(capture: bytes) -> int:
    """How many syscalls have ended in a capture. Raises BenchError if it is no row of whole blocks."""
    offset = exits = 0
    while offset < len(capture):
        if len(capture) - offset < _BLOCK.size:
            raise BenchError(f"byte {offset}: the capture ends in the middle of a block")
        kind, size = _BLOCK.unpack_from(capture, offset)
        if size < _BLOCK.size or size > len(capture) - offset:
            raise BenchError(f"byte {offset}: the capture has a block of {size} bytes")
        if kind in _TYPE_AT:
            exits += capture[offset + _TYPE_AT[kind]] & 1
        offset += size
    return exits
