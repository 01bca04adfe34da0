"""The module in a machine: load it, run programs beside it, read what it wrote."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syscord_build.module import build
from syscord_read.text import Lost, Record, parse
from vm.channel import Result
from vm.kernels import Kernel
from vm.machine import Machine

if TYPE_CHECKING:
    from conftest import Shop

PROGRAMS = Path(__file__).parent / "programs"
FREESTANDING = PROGRAMS / "tiny.c"  # needs no C library, so that its calls are its own
RECORD = "/etc/syscall-record/record"
PARAMETERS = "/sys/module/syscord/parameters"
# Where a 64-bit architecture's 32-bit programs come from, if not from the compiler that makes its own.
COMPILER_32 = {"arm64": ["arm-linux-gnueabihf-gcc"]}


@dataclass(frozen=True)
class Goods:
    """What the tests bring into a machine, as a tar archive."""

    archive: bytes


class Recorder:
    """The module, and the machine that it is in. `programs`, `tiny` and `tiny32` stand in the guest's /tmp."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def run(self, command: str, *, timeout: float = 60.0) -> str:
        """Run a command in the guest, in /tmp, and return its output."""
        return self.machine.run(f"cd /tmp && {{ {command}\n}}", timeout=timeout).stdout

    def try_load(self, parameters: str = "") -> Result:
        """Load the module, if it lets itself be loaded."""
        return self.machine.run(f"insmod /tmp/syscord.ko {parameters}", check=False)

    def load(self, parameters: str = "") -> None:
        """Load the module."""
        result = self.try_load(parameters)
        assert not result.status, f"{result.stderr}{self.log()}"

    def unload(self) -> None:
        """Unload the module: all is recorded then."""
        self.machine.run("rmmod syscord")

    def during(self, command: str, parameters: str = "", *, timeout: float = 60.0) -> str:
        """Run a command in the guest, in /tmp, with the module loaded, and return its output."""
        loaded = f"insmod /tmp/syscord.ko {parameters} && {{ cd /tmp; {command}\n}}; rmmod syscord"
        return self.machine.run(loaded, timeout=timeout).stdout

    def lines(self, record: str = RECORD) -> list[str]:
        """The record file's lines."""
        text = self.machine.get(record).decode("ascii")
        assert text == "" or text.endswith("\n"), f"the last line is not whole: {text[-100:]!r}"
        return text.splitlines()

    def all(self, record: str = RECORD) -> list[Record | Lost]:
        """All that the record file says."""
        return list(parse(self.lines(record)))

    def records(self, record: str = RECORD) -> list[Record]:
        """The syscalls in the record file."""
        return [found for found in self.all(record) if isinstance(found, Record)]

    def set(self, parameter: str, value: str) -> Result:
        """Change a parameter of the loaded module."""
        return self.machine.run(f"printf %s '{value}' > {PARAMETERS}/{parameter}", check=False)

    def value(self, parameter: str) -> str:
        """A parameter of the loaded module."""
        return self.machine.get(f"{PARAMETERS}/{parameter}").decode().removesuffix("\n")

    def stats(self) -> dict[str, int]:
        """The module's counters."""
        return {name: int(count) for name, count in (line.split("=") for line in self.value("stats").splitlines())}

    def log(self) -> list[str]:
        """What the module said in the kernel log, without its name."""
        lines = self.machine.run("dmesg").stdout.splitlines()
        return [line.partition("syscord: ")[2] for line in lines if "] syscord: " in line]


@pytest.fixture(scope="session")
def goods(kernel: Kernel, tmp_path_factory: pytest.TempPathFactory) -> Goods:
    """The module with its default options, and the programs, built for the machine's architecture."""
    folder = tmp_path_factory.mktemp(kernel.arch.name)
    module = build(kernel.arch, dot_config=folder / "no .config", out=folder / "module")
    gcc = f"{kernel.arch.cross_compile}gcc"
    gcc_32 = COMPILER_32.get(kernel.arch.name, [gcc, "-m32"])
    sources = sorted(path for path in PROGRAMS.glob("*.c") if path != FREESTANDING)
    files = [
        module.ko,
        _compile([gcc, "-static", "-pthread"], sources, folder / "programs"),
        _compile([gcc, *FREE], [FREESTANDING], folder / "tiny"),
        _compile([*gcc_32, *FREE], [FREESTANDING], folder / "tiny32"),
    ]
    return Goods(_archive(files))


FREE = ("-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-fno-pic", "-no-pie", "-fno-builtin")


def _compile(compiler: list[str], sources: list[Path], program: Path) -> Path:
    command = [*compiler, "-O1", "-Wall", "-Werror", "-s", "-o", str(program), *map(str, sources)]
    subprocess.run(command, check=True)
    return program


def _archive(files: list[Path]) -> bytes:
    """All the files, in one: a command in the guest costs more than the bytes do."""
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w:gz", compresslevel=6) as archive:
        for file in files:
            archive.add(file, file.name)
    return memory.getvalue()


@pytest.fixture
def recorder(shop: Shop, goods: Goods) -> Recorder:
    """A freshly booted machine with the module and the programs in it, the module not loaded."""
    machine = shop.fresh()
    bring(machine, goods)
    return Recorder(machine)


def bring(machine: Machine, goods: Goods) -> None:
    """Put the module and the programs into the machine's /tmp."""
    machine.run("tar xzf - -C /tmp", stdin=goods.archive)


@pytest.fixture(scope="session")
def _nothing() -> Iterator[None]:
    yield
