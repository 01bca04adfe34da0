"""The modules, and the workloads' program, built for a kernel."""

from __future__ import annotations

import shutil
from pathlib import Path

from devtools.build import build, tree_of
from syscord_build.module import Module, make_command
from vm import host
from vm.kernels import Kernel
from vm.progress import step

HERE = Path(__file__).parent
FLAGS = ("-static", "-pthread", "-O2", "-Wall", "-Wextra", "-Werror", "-s")


def build_syscord(kernel: Kernel, folder: Path) -> Module:
    """The module with its default options, below FOLDER. Raises BuildError."""
    folder.mkdir(parents=True, exist_ok=True)
    with step(f"Building syscord.ko for Linux {kernel.version}"):
        return build(kernel.arch.name, dot_config=folder / "no .config", out=folder / "module")


def build_measure(kernel: Kernel, folder: Path) -> Path:
    """The program that does the workloads and measures them, static, in FOLDER. Raises ToolFailed."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "measure"
    sources = sorted((HERE / "workloads").glob("*.c"))
    host.run([f"{kernel.arch.cross_compile}gcc", *FLAGS, "-o", program, *sources])
    return program


def build_floor(kernel: Kernel, folder: Path) -> Path:
    """The module that only counts, in FOLDER. Raises ToolFailed."""
    source = folder / "floor"
    shutil.copytree(HERE / "floor", source, dirs_exist_ok=True)
    host.run(make_command(tree_of(kernel), source))
    return source / "floor.ko"
