"""Building the module with Kbuild."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from syscord_build import kernel_config, kernel_tree, paths, source
from syscord_build.kernel_tree import KernelTree
from vm import architectures, host
from vm.architectures import Architecture

DEBIAN = "debian:bookworm"


@dataclass(frozen=True)
class Module:
    """A module that was built: ``ko`` is the file to load, ``source`` the folder that it was built in."""

    ko: Path
    source: Path
    tree: KernelTree


def build(
    arch: Architecture | str,
    kernel: str = DEBIAN,
    *,
    handlers: Path = paths.HANDLERS,
    dot_config: Path = paths.DOT_CONFIG,
    out: Path | None = None,
    make_options: tuple[str, ...] = (),
) -> Module:
    """Generate the module and build it for a kernel (see ``kernel_tree.find``), below ``out`` or in build/.

    Raises BuildError for bad handlers or options, or a kernel that lacks something; vm's ToolFailed for a compiler's
    complaint.
    """
    arch = architectures.get(arch) if isinstance(arch, str) else arch
    tree = kernel_tree.find(kernel, arch)
    kernel_config.check(tree.dot_config)
    folder = out or paths.BUILD / arch.name / tree.release
    source.generate(folder, handlers, dot_config)
    host.run(make_command(tree, folder, *make_options))
    return Module(folder / "syscord.ko", folder, tree)


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
