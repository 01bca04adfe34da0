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

BOOTED = "booted"
Console = Callable[[Path], str]  # given the log's path, where the serial console goes


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
def boot(spec: MachineSpec, *, console: Console = qemu.file_console) -> Iterator[Machine]:
    """A machine of SPEC that answers; it ends with the body. A snapshot 'booted' is in it.

    Raises MachineLost when it does not come up in time.
    """
    files = images(spec)
    booted = _booted(spec, files)
    with _folder() as folder:
        disk = folder / "disk.qcow2"
        host.run(["cp", "--reflink=auto", booted, disk])
        with _running(spec, folder, files, disk, console=console, loadvm=BOOTED) as machine:
            yield machine


def _booted(spec: MachineSpec, files: Images) -> Path:
    """A disk with a snapshot of the machine as it is right after booting."""
    ingredients = (qemu.version(spec.arch), qemu.hardware(spec), spec.kernel.image, files)
    name = f"{spec.kernel.version}-{cache.key(*map(str, ingredients))}"
    return cache.get("booted", name, partial(_boot_once, spec, files)) / "disk.qcow2"


def _boot_once(spec: MachineSpec, files: Images, making: Path) -> None:
    disk = making / "disk.qcow2"
    host.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", files.rootfs, disk])
    with (
        step(f"Booting Linux {spec.kernel.version} for the first time"),
        _running(spec, making, files, disk) as machine,
    ):
        machine.snapshot(BOOTED)


@contextmanager
def _running(
    spec: MachineSpec,
    folder: Path,
    files: Images,
    disk: Path,
    *,
    console: Console = qemu.file_console,
    loadvm: str = "",
) -> Iterator[Machine]:
    machine = Machine(spec, folder)

    def wiring(qmp: int, agent: int) -> Wiring:
        return Wiring(files.initramfs, disk, qmp, agent, console(machine.console), loadvm)

    try:
        machine.start(wiring, timeout=spec.boot_s)
        yield machine
    finally:
        machine.stop()


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
