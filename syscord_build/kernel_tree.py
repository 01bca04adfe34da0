"""The tree that a module is built against: the folder that a kernel was built in, or the running kernel's headers."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from syscord_build import architectures
from syscord_build.architectures import Architecture
from syscord_build.errors import BuildError

RUNNING = "running"


@dataclass(frozen=True)
class KernelTree:
    """A tree for ``make -C``; ``release`` is what the kernel calls itself."""

    arch: Architecture
    path: Path
    release: str

    @property
    def dot_config(self) -> Path:
        """The kernel's own options."""
        return self.path / ".config"


def find(kernel: str, arch: Architecture) -> KernelTree:
    """The tree that ``kernel`` means: ``running``, or the path of a build tree.

    Raises BuildError if there is none, saying what may be written.
    """
    if kernel == RUNNING:
        return _running(arch)
    return _built(Path(kernel).expanduser().resolve(), arch)


def _running(arch: Architecture) -> KernelTree:
    if arch.name != architectures.host_name():
        raise BuildError(f"the running kernel is not for {arch.name}: leave out --arch, or name another --kernel")
    release = platform.release()
    path = Path(f"/lib/modules/{release}/build")
    if not path.is_dir():
        raise BuildError(f"{path} is missing: install the headers of the running kernel (linux-headers-{release})")
    return KernelTree(arch, path, release)


def _built(path: Path, arch: Architecture) -> KernelTree:
    release = path / "include/config/kernel.release"
    if not (path / "Makefile").is_file() or not release.is_file():
        raise BuildError(
            f"{path} is no kernel's build tree: write `{RUNNING}`, or the folder that a kernel was built in"
        )
    if not (path / f"arch/{arch.folder}/include/generated").is_dir():
        raise BuildError(f"{path} was not built for {arch.name}: name its architecture with --arch")
    return KernelTree(arch, path, release.read_text(encoding="utf-8").strip())
