"""LTTng: Debian's tools, and its kernel modules, built for the machine's kernel."""

from __future__ import annotations

import re
import tarfile
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

NAME = "lttng"
MODULES = "lttng-modules-dkms"
GUEST_FOLDER = "/root/lttng"  # the folder in the machine
CONTEXT = ("tid", "pid", "procname")
HOME = background.folder(NAME)
TRACE = f"{HOME}/trace"
# Of 1 MiB each. The daemon looks every 200 ms whether there is something to write, and a loop of calls needs more than
# the 4 that are usual by then.
SUBBUFS = 32
# The tracer has the syscalls in itself, and does not link without these three. All other probes are for other events.
_PROBES = """
TOP_LTTNG_MODULES_DIR := $(shell dirname $(lastword $(MAKEFILE_LIST)))/../..
include $(TOP_LTTNG_MODULES_DIR)/src/Kbuild.common
ccflags-y += -I$(TOP_LTTNG_MODULES_DIR)/include
obj-m += lttng-kprobes.o lttng-kretprobes.o lttng-uprobes.o
"""
_PROGRAMS = ("usr/bin/lttng", "usr/bin/lttng-sessiond", "usr/lib/{gnu}/lttng/libexec/lttng-consumerd")
_SCHEMA = "usr/share/xml/lttng/session.xsd"  # of sessions to load: the daemon does not start without it
_ENV = f"HOME={HOME} LTTNG_HOME={HOME} LTTNG_SESSION_CONFIG_XSD_PATH={GUEST_FOLDER} LD_LIBRARY_PATH={GUEST_FOLDER}/lib"
_LTTNG = f"{_ENV} {GUEST_FOLDER}/lttng --no-sessiond"
_DAEMON = f"""{_ENV} {GUEST_FOLDER}/lttng-sessiond \\
	--consumerd64-path={GUEST_FOLDER}/lttng-consumerd --consumerd64-libdir={GUEST_FOLDER}/lib"""
# `track` comes before `start`: nothing else is ever recorded.
_START = f"""set -e
{_LTTNG} create peer --output={TRACE}
{_LTTNG} enable-channel --kernel --num-subbuf={SUBBUFS} peer
{_LTTNG} enable-event --kernel --channel=peer --syscall --all
{{more}}
{_LTTNG} start
"""
# `stop` comes back when all is written.
_STOP = f"""set -e
{_LTTNG} stop
{_LTTNG} list peer
{_LTTNG} destroy peer
"""


@dataclass(frozen=True)
class Lttng:
    """What is brought into a machine: archives of the modules, and of the programs with their libraries."""

    modules: Path
    archive: Path


@dataclass
class LttngTracer:
    """All syscalls into one channel, which has the daemon's own settings but for its size.

    With `context`, each event also has the thread, the process and its name.
    """

    kernel: Kernel
    whom: Whom
    context: bool = False
    name: str = NAME
    shorten_by: int = 1

    @property
    def variant(self) -> str:
        """Whom it records, and whether with context."""
        return f"{self.whom.value} context" if self.context else self.whom.value

    @property
    def version(self) -> str:
        """The version of Debian's package of the modules, which the probes are in."""
        return debian.version(self.kernel.arch, MODULES)

    def install(self, machine: Machine) -> None:
        """Bring it there. Raises BenchError if it cannot be had."""
        with debian.required(self.name):
            install(machine, get(self.kernel))

    def start(self, machine: Machine, pid: int) -> None:
        """Start the daemon, and recording: that is so when `lttng start` has ended."""
        background.begin(machine, NAME, _DAEMON, f"{_LTTNG} list")
        chosen = self.whom.pid(pid)
        track = [] if chosen is None else [f"{_LTTNG} track --kernel --pid={chosen}"]
        types = "".join(f" --type={each}" for each in CONTEXT)
        context = [f"{_LTTNG} add-context --kernel --channel=peer{types}"] if self.context else []
        machine.run(_START.format(more="\n".join(track + context)), timeout=background.WALL_S)

    def stop(self, machine: Machine) -> Traced:
        """End recording and the daemon. The bytes are those of the events, without the description of all syscalls.

        Raises BenchError if events were discarded, or LTTng does not say whether.
        """
        said = machine.run(_STOP, timeout=background.WALL_S).stdout
        written = background.size(machine, f"{TRACE}/kernel/peer_*")
        background.end(machine, NAME)
        background.remove(machine, NAME)
        discarded = re.search(r"Discarded events: (\d+)", said)
        if not discarded:
            raise BenchError(f"LTTng does not say whether it discarded events: look at what `list` gives:\n{said}")
        if int(discarded[1]):
            raise BenchError(f"LTTng discarded {discarded[1]} events: make SUBBUFS larger in {__file__}")
        return Traced(written, None)


def get(kernel: Kernel, suite: str = debian.SUITE) -> Lttng:
    """Debian's LTTng for machines of a kernel, downloaded and built where it is not here yet: for a minute or two.

    Raises VmError or BenchError if it cannot be had, or does not build for that kernel.
    """
    apt = packages.apt(suite, kernel.arch.debian)
    driver = packages.resolve(apt, [MODULES], dependencies=False)
    tools = packages.resolve(apt, ["lttng-tools"], dependencies=True)
    recipe = cache.key(debian.RECIPE, _PROBES, *(package.file for package in (*driver, *tools)))

    def make(making: Path) -> None:
        with step(f"Building LTTng's modules for Linux {kernel.version}"):
            _build_modules(kernel, packages.fetch(apt, driver), making)
        with step(f"Packing LTTng's tools ({kernel.arch.name})"):
            programs = [program.format(gnu=kernel.arch.gnu) for program in _PROGRAMS]
            debian.pack(kernel.arch, packages.fetch(apt, tools), making / "lttng.tar.gz", programs, [_SCHEMA])

    folder = cache.get("lttng", f"{kernel.version}-{recipe}", make)
    return Lttng(folder / "modules.tar.gz", folder / "lttng.tar.gz")


def install(machine: Machine, lttng: Lttng) -> None:
    """Bring LTTng into a machine, if it is not there yet; the daemon loads the modules by itself."""
    if machine.run(f"test -d {GUEST_FOLDER}", check=False).status == 0:
        return
    debian.unpack(machine, lttng.modules, f"/lib/modules/{machine.spec.kernel.version}/lttng")
    machine.run("depmod", timeout=300)
    debian.unpack(machine, lttng.archive, GUEST_FOLDER)


def _build_modules(kernel: Kernel, debs: list[Path], making: Path) -> None:
    """An archive of the modules, in a flat folder."""
    with debian.driver_source(debs, "lttng-modules", making) as source:
        (source / "src/probes/Kbuild").write_text(_PROBES)
        (source / "src/tests/Kbuild").write_text("")
        modules = debian.build_driver(kernel, source, "CONFIG_LTTNG=m")
        with tarfile.open(making / "modules.tar.gz", "w:gz", compresslevel=6) as archive:
            for module in modules:
                archive.add(module, module.name)
