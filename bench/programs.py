"""The workloads' program, and the floor's module, built for a kernel."""

from __future__ import annotations

import shutil
from pathlib import Path

from devtools.build import tree_of
from syscord_build.module import make_command
from vm import host
from vm.kernels import Kernel

HERE = Path(__file__).parent
FLAGS = ("-static", "-pthread", "-O2", "-Wall", "-Wextra", "-Werror", "-s")


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
