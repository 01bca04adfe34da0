"""Building the module for a kernel that vm/ gets, or for any other that is here."""

from __future__ import annotations

from pathlib import Path

from devtools.paths import BUILD, DOT_CONFIG
from syscord_build import architectures, kernel_tree, module
from syscord_build.kernel_tree import KernelTree
from syscord_build.module import Module
from syscord_gen.paths import HANDLERS
from vm import kernels
from vm.kernels import Kernel

DEBIAN = "debian:bookworm"


def build(
    arch: str,
    kernel: str = DEBIAN,
    *,
    handlers: Path = HANDLERS,
    dot_config: Path = DOT_CONFIG,
    out: Path | None = None,
    make_options: tuple[str, ...] = (),
) -> Module:
    """Generate the module and build it for a kernel (see ``find_tree``), in ``out`` or below build/.

    Raises BuildError as ``syscord_build.module.build`` does; VmError if Debian's kernel cannot be had.
    """
    tree = find_tree(kernel, arch)
    folder = out or BUILD / arch / tree.release
    return module.build(tree, folder, handlers=handlers, dot_config=dot_config, make_options=make_options)


def find_tree(kernel: str, arch: str) -> KernelTree:
    """The tree of what ``vm.kernels`` gets, or of what ``kernel_tree.find`` takes. Raises as ``build`` does."""
    if kernels.is_spec(kernel):
        return tree_of(kernels.get(kernel, arch))
    return kernel_tree.find(kernel, architectures.get(arch))


def tree_of(kernel: Kernel) -> KernelTree:
    """The tree that modules for one of vm's kernels are built against."""
    return KernelTree(architectures.get(kernel.arch.name), kernel.build_tree, kernel.version)
