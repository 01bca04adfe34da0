"""Building the module with Kbuild."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from syscord_build import kernel_config, source
from syscord_build.errors import BuildError, MakeFailed
from syscord_build.kernel_tree import KernelTree
from syscord_gen import paths


@dataclass(frozen=True)
class Module:
    """A module that was built: ``ko`` is the file to load, ``source`` the folder that it was built in."""

    ko: Path
    source: Path
    tree: KernelTree


def build(
    tree: KernelTree,
    out: Path,
    *,
    handlers: Path = paths.HANDLERS,
    dot_config: Path | None = None,
    make_options: tuple[str, ...] = (),
) -> Module:
    """Generate the module in the folder ``out``, and build it there for the kernel of ``tree``.

    Without ``dot_config`` all options have their defaults. Raises BuildError for bad handlers or options, or a kernel
    that lacks something; MakeFailed for a compiler's complaint.
    """
    kernel_config.check(tree.dot_config)
    source.generate(out, handlers, dot_config)
    _make(make_command(tree, out, *make_options))
    return Module(out / "syscord.ko", out, tree)


def make_command(tree: KernelTree, folder: Path, *more: str) -> list[str]:
    """The command that builds the source in ``folder`` against ``tree``."""
    cross = tree.arch.cross_compile
    return [
        "make",
        "-C",
        str(tree.path),
        f"M={folder.resolve()}",
        f"ARCH={tree.arch.kbuild}",
        *([f"CROSS_COMPILE={cross}"] if cross else []),
        f"-j{os.cpu_count() or 1}",
        *more,
        "modules",
    ]


def _make(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            errors="replace",
        )
    except FileNotFoundError as error:
        raise BuildError(f"{error.filename} is not installed: install it, then run this again") from error
    if done.returncode:
        raise MakeFailed(command, done.returncode, done.stdout + done.stderr)
