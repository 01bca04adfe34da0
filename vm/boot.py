"""Start machines. A booted machine is kept in the cache, so that most starts only load a snapshot."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vm import cache, host, qemu
from vm.build_agent import build_agent
from vm.initramfs import build_initramfs
from vm.machine import Machine
from vm.progress import step
from vm.qemu import Wiring
from vm.rootfs import build_rootfs
from vm.spec import MachineSpec

BOOT_S = 60.0
BOOTED = "booted"


@dataclass(frozen=True)
class Images:
    """The files that a machine boots from."""

    initramfs: Path
    rootfs: Path


def images(spec: MachineSpec) -> Images:
    """Make what the machine SPEC boots from, where it is not made yet."""
    agent = build_agent(spec.arch)
    return Images(build_initramfs(spec.kernel, agent, spec.suite), build_rootfs(spec.arch, spec.suite))


@contextmanager
def boot(spec: MachineSpec, *, console: Callable[[Path], str] = qemu.file_console) -> Iterator[Machine]:
    """A machine of SPEC that answers; it ends with the body. A snapshot 'booted' is in it.

    Raises MachineLost when it does not come up in time.
    """
    files = images(spec)
    with _folder() as folder:
        # Where the clock counts instructions, a figure must not depend on whether the snapshot was there.
        ready = None if spec.icount else _booted(spec, files)
        disk = folder / "disk.qcow2"
        if ready:
            host.run(["cp", "--reflink=auto", ready, disk])
        else:
            _overlay(files.rootfs, disk)
        machine = Machine(spec, folder)
        try:
            _start(machine, files, disk, console(machine.console), BOOTED if ready else "")
            yield machine
        finally:
            machine.stop()


def _start(machine: Machine, files: Images, disk: Path, console: str, loadvm: str) -> None:
    def wiring(qmp: int, agent: int) -> Wiring:
        return Wiring(files.initramfs, disk, qmp, agent, console, loadvm)

    machine.start(wiring, timeout=BOOT_S)


def _booted(spec: MachineSpec, files: Images) -> Path:
    """A disk with a snapshot of the machine as it is right after booting."""
    ingredients = (qemu.version(spec.arch), qemu.hardware(spec), spec.kernel.image, files)
    name = f"{spec.kernel.version}-{cache.key(*map(str, ingredients))}"
    return cache.made("booted", name, partial(_boot_once, spec, files)) / "disk.qcow2"


def _boot_once(spec: MachineSpec, files: Images, making: Path) -> None:
    disk = making / "disk.qcow2"
    _overlay(files.rootfs, disk)
    machine = Machine(spec, making)
    with step(f"Booting Linux {spec.kernel.version} for the first time"):
        try:
            _start(machine, files, disk, qemu.file_console(machine.console), "")
            machine.snapshot(BOOTED)
        finally:
            machine.stop()


def _overlay(rootfs: Path, disk: Path) -> None:
    host.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", rootfs, disk])


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for the life of one machine, locked for as long as that is."""
    machines = cache.root() / "machines"
    machines.mkdir(parents=True, exist_ok=True)
    with cache.locked("machines"):
        for old in machines.iterdir():
            _remove_if_left(old)
        folder = Path(tempfile.mkdtemp(dir=machines))
        lock = (folder / "lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    with lock:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_if_left(folder: Path) -> None:
    """Remove the folder of a machine whose process was killed: nobody holds the lock any more."""
    with suppress(OSError), (folder / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
