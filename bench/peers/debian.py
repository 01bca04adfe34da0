"""What Debian has of the peers: versions, programs with their libraries, and drivers to build for a machine's kernel.

Nothing is installed in the machine's root file system, which has no room for packages that nothing else needs: they
are unpacked here, and what a program itself takes of them is brought into one folder of the running machine.
"""

from __future__ import annotations

import re
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.errors import BenchError
from devtools.build import tree_of
from syscord_build.errors import BuildError
from syscord_build.module import make_command
from vm import host, packages
from vm.architectures import Architecture
from vm.errors import MachineLost, VmError
from vm.kernels import Kernel
from vm.machine import Machine
from vm.spec import MachineSpec

SUITE = MachineSpec.suite
RECIPE = 1  # raise it when what is built or packed is made in another way
_NEEDED = re.compile(r"\(NEEDED\).*\[(.+)\]")


def version(arch: Architecture, name: str, suite: str = SUITE) -> str:
    """The version of the package NAME. Raises VmError if there is no such package."""
    package = packages.resolve(packages.apt(suite, arch.debian), [name], dependencies=False)[0]
    return package.file.split("_")[1].replace("%3a", ":")


@contextmanager
def required(name: str) -> Iterator[None]:
    """Let whatever keeps the body from getting the peer NAME become a BenchError that says so."""
    try:
        yield
    except MachineLost:
        raise
    except (BuildError, VmError) as error:
        raise BenchError(f"{name} cannot be had, leave it out or mend this:\n{error}") from error


@contextmanager
def driver_source(debs: Sequence[Path], name: str, making: Path) -> Iterator[Path]:
    """The folder /usr/src/NAME-VERSION of a -dkms package, below MAKING, for as long as the body goes on.

    Raises BenchError if there is none.
    """
    unpacked = making / "driver"
    packages.extract(debs, unpacked)
    found = list(unpacked.glob(f"usr/src/{name}-*"))
    if len(found) != 1:
        raise BenchError(f"{len(found)} folders match /usr/src/{name}-*, not one: Debian packs it in another way now")
    yield found[0]
    shutil.rmtree(unpacked)


def build_driver(kernel: Kernel, source: Path, *make_options: str) -> list[Path]:
    """Build the modules in the folder SOURCE for a kernel, and return their files, without debug information.

    Raises ToolFailed, with the compiler's complaint, if they do not build.
    """
    host.run(make_command(tree_of(kernel), source, "KCFLAGS=-g0", *make_options))
    return sorted(source.rglob("*.ko"))


def pack(
    arch: Architecture, debs: Sequence[Path], archive: Path, programs: Sequence[str], data: Sequence[str] = ()
) -> None:
    """Make a .tar.gz of PROGRAMS and DATA (paths in the packages), in one flat folder, and of libraries, in `lib`.

    Raises BenchError if one of them is not in the packages any more.
    """
    unpacked = archive.parent / "packed"
    packages.extract(debs, unpacked)
    files = [unpacked / name for name in (*programs, *data)]
    missing = [str(file.relative_to(unpacked)) for file in files if not file.is_file()]
    if missing:
        raise BenchError(f"Debian's packages have no {', '.join(missing)}: has it moved?")
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        for file in files:
            tar.add(file, file.name)
        for library in _libraries(files[: len(programs)], unpacked / "usr/lib" / arch.gnu):
            tar.add(library.resolve(), f"lib/{library.name}")
    shutil.rmtree(unpacked)


def unpack(machine: Machine, archive: Path, guest_folder: str) -> None:
    """Bring what `pack` made into the folder GUEST_FOLDER of a machine. Their LD_LIBRARY_PATH is its lib/."""
    machine.run(f"mkdir -p {guest_folder} && tar xz -C {guest_folder}", stdin=archive.read_bytes(), timeout=300)


def _libraries(programs: Sequence[Path], folder: Path) -> list[Path]:
    """The libraries in FOLDER that PROGRAMS need, and those that these need, and so on.

    What is not in that folder (the dynamic loader, say) is the machine's own.
    """
    found: dict[str, Path] = {}
    left = list(programs)
    while left:
        for name in _NEEDED.findall(host.run(["readelf", "--dynamic", left.pop()])):
            if name not in found and (folder / name).exists():
                found[name] = folder / name
                left.append(folder / name)
    return [found[name] for name in sorted(found)]
