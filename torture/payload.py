"""What the machine is given: the module, the programs that torment it, and stress-ng."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

from devtools.build import build
from devtools.paths import ROOT
from vm import cache, host, packages
from vm.architectures import Architecture
from vm.kernels import Kernel
from vm.progress import step

GUEST = Path(__file__).parent / "guest"
SAME = GUEST / "same"
PROGRAMS = ROOT / "tests/guest/programs"
TINY = PROGRAMS / "tiny.c"  # needs no C library: a 32-bit program, too
WARNINGS = ("-Wall", "-Werror")
FREE = ("-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-fno-pic", "-no-pie", "-fno-builtin")
SUITE = "bookworm"


def make(kernel: Kernel, word: str, folder: Path) -> bytes:
    """All of it, for KERNEL, which `vm.kernels` knows as WORD, as an archive for the guest's /tmp."""
    arch = kernel.arch
    with step(f"Building the module and the programs for Linux {kernel.version}"):
        # The kernel's own makefiles have UBSAN in those files only that ask for it.
        ubsan = ("UBSAN_SANITIZE=y",)
        module = build(arch.name, word, dot_config=folder / "no .config", out=folder / "module", make_options=ubsan)
        gcc = f"{arch.cross_compile}gcc"
        gcc_32 = ["arm-linux-gnueabihf-gcc"] if arch.name == "arm64" else [gcc, "-m32"]
        tests = sorted(path for path in PROGRAMS.rglob("*.c") if path != TINY)
        files = [
            module.ko,
            _compile([gcc, "-static", "-pthread"], sorted(GUEST.glob("*.c")), folder / "torture"),
            _compile([gcc, "-static", "-pthread", f"-I{PROGRAMS / 'lib'}"], tests, folder / "programs"),
            _compile([*gcc_32, *FREE], [TINY], folder / "tiny32"),
            _compile([*gcc_32, *FREE], [GUEST / "free/same32.c"], folder / "same32"),
        ]
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w:gz", compresslevel=6) as archive:
        for file in files:
            archive.add(file, file.name)
        archive.add(SAME, "same-scripts")
        archive.add(_stress_ng(arch), "stress-ng")
    return memory.getvalue()


def _compile(compiler: list[str], sources: list[Path], program: Path) -> Path:
    host.run([*compiler, "-O1", *WARNINGS, "-s", "-o", program, *sources])
    return program


def _stress_ng(arch: Architecture) -> Path:
    """A folder with stress-ng and all libraries that it needs: the guest's root has only what the tests need."""
    apt = packages.apt(SUITE, arch.debian)
    wanted = packages.resolve(apt, ["stress-ng"], dependencies=True)

    def fill(making: Path) -> None:
        with step(f"Getting stress-ng for {arch.name}"):
            tree = making / "tree"
            tree.mkdir()
            packages.extract(packages.fetch(apt, wanted), tree)
            shutil.copy(tree / "usr/bin/stress-ng", making)
            for library in (tree / f"usr/lib/{arch.gnu}").glob("*.so*"):
                # Under the name that programs ask for, without a second copy under its whole version.
                if library.is_symlink() or not list(library.parent.glob(f"{library.name.partition('.so')[0]}.so.?")):
                    shutil.copy(library, making / library.name)
            shutil.rmtree(tree)

    return cache.get("stress-ng", f"{arch.name}-{cache.key(Path(__file__), *(one.file for one in wanted))}", fill)
