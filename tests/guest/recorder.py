"""The module in a machine: load it, run programs beside it, read what it wrote."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from syscord_build.module import Module, make_command
from syscord_read.record.text import Lost, Record, parse_lines
from torture import law
from vm.architectures import Architecture
from vm.channel import Result
from vm.machine import Machine

PROGRAMS = Path(__file__).parent / "programs"
SHARED = PROGRAMS / "lib"
PAYLOAD = "payload.tar.gz"
FREESTANDING = PROGRAMS / "tiny.c"  # needs no C library, so that its calls are its own
RECORD = "/etc/syscall-record/record"
PARAMETERS = "/sys/module/syscord/parameters"
FREE = ("-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-fno-pic", "-no-pie", "-fno-builtin")
# What the kernel says in a module's name.
KERNEL_MESSAGES = ("loading out-of-tree module", "module verification failed", "unknown parameter", "`")
# Where a 64-bit architecture's 32-bit programs come from, if not from the compiler that makes its own.
COMPILER_32 = {"arm64": ["arm-linux-gnueabihf-gcc"]}


class Recorder:
    """The module, and the machine that it is in. The payload (`make_payload`) stands in the guest's /tmp."""

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
        return list(parse_lines(self.lines(record)))

    def records(self, record: str = RECORD) -> list[Record]:
        """The syscalls in the record file."""
        return [found for found in self.all(record) if isinstance(found, Record)]

    def fetch(self, folder: str, to: Path) -> Path:
        """Bring a folder of the guest, such as a trace, below a folder of this host. Returns where it is."""
        to.mkdir(parents=True, exist_ok=True)
        # A file that grows meanwhile is no error: tar ends with 1 then.
        archive = self.machine.run(f"tar cz -C {folder} . || [ $? = 1 ]", timeout=120).out
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(to)
        return to

    def set(self, parameter: str, value: str) -> Result:
        """Change a parameter of the loaded module."""
        # Not the shell's own printf, which does not say what the error was.
        return self.machine.run(f"/usr/bin/printf %s '{value}' > {PARAMETERS}/{parameter}", check=False)

    def value(self, parameter: str) -> str:
        """A parameter of the loaded module."""
        return self.machine.get(f"{PARAMETERS}/{parameter}").decode().removesuffix("\n")

    def stats(self) -> dict[str, int]:
        """The module's counters."""
        return law.read_stats(self.value("stats"))

    def log(self) -> list[str]:
        """What the module itself said in the kernel log, without its name."""
        return module_messages(self.machine.run("dmesg").stdout.splitlines())


def module_messages(dmesg: list[str]) -> list[str]:
    """What the module itself said, of the lines of a kernel log, without its name."""
    said = [line.partition("syscord: ")[2] for line in dmesg if "] syscord: " in line]
    return [line for line in said if not line.startswith(KERNEL_MESSAGES)]


def in_machine(machine: Machine, payload: bytes) -> Recorder:
    """The recorder of a machine, with the module and the programs brought there, the module not loaded."""
    machine.run("tar xzf - -C /tmp", stdin=payload)
    return Recorder(machine)


def make_twin(module: Module, folder: Path) -> Path:
    """The same module under another name, so that both can record one run."""
    shutil.copytree(module.source, folder, ignore=shutil.ignore_patterns("*.o", "*.ko", ".*", "modules.order"))
    kbuild = folder / "Kbuild"
    text = kbuild.read_text()
    kbuild.write_text(text.replace("obj-m := syscord.o", "obj-m := twin.o").replace("syscord-y ", "twin-y "))
    subprocess.run(make_command(module.tree, folder), check=True, capture_output=True)
    return folder / "twin.ko"


def make_payload(module: Module, arch: Architecture, folder: Path) -> None:
    """The module, twice, and the programs for an architecture, as an archive, PAYLOAD in FOLDER."""
    gcc = f"{arch.cross_compile}gcc"
    gcc_32 = COMPILER_32.get(arch.name, [gcc, "-m32"])
    sources = sorted(path for path in PROGRAMS.rglob("*.c") if path != FREESTANDING)
    files = [
        module.ko,
        make_twin(module, folder / "twin"),
        _compile([gcc, "-static", "-pthread", f"-I{SHARED}"], sources, folder / "programs"),
        _compile([gcc, *FREE], [FREESTANDING], folder / "tiny"),
        _compile([*gcc_32, *FREE], [FREESTANDING], folder / "tiny32"),
    ]
    # All the files in one: a command in the guest costs more than the bytes do.
    with tarfile.open(folder / PAYLOAD, mode="w:gz", compresslevel=6) as archive:
        for file in files:
            archive.add(file, file.name)


def _compile(compiler: list[str], sources: list[Path], program: Path) -> Path:
    command = [*compiler, "-O1", "-Wall", "-Werror", "-s", "-o", str(program), *map(str, sources)]
    subprocess.run(command, check=True)
    return program
