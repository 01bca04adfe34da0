"""Kernels: an image to boot, its modules, and a tree to build a module against on this host.

They are Debian's own, or built from Debian's source with the kernel's checks in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from vm import architectures, built, cache, host, packages
from vm.architectures import Architecture
from vm.errors import VmError
from vm.progress import step

RT = "rt"
RECIPE = 4  # raise it when the steps below change what they make


@dataclass(frozen=True)
class KernelSpec:
    """Which kernel: `debian:SUITE`, as in debian:bookworm; or a flavour: `rt`, which is Debian's, or one built here."""

    suite: str
    flavour: str = ""

    @classmethod
    def parse(cls, text: str) -> KernelSpec:
        """The spec that TEXT stands for. Raises VmError, saying what may be written."""
        if text in (*built.FLAVOURS, RT):
            return cls(built.SUITE, text)
        match = re.fullmatch(r"debian:([a-z]+)", text)
        if not match:
            flavours = " or ".join((*built.FLAVOURS, RT))
            raise VmError(f"kernel '{text}': write debian:SUITE, for example debian:bookworm; or {flavours}")
        return cls(match[1])


@dataclass(frozen=True)
class Kernel:
    """A kernel on this host's disk. `version` is what `uname -r` says; `build_tree` is for make -C."""

    arch: Architecture
    version: str
    image: Path
    modules: Path
    build_tree: Path
    config: Path


def is_spec(text: str) -> bool:
    """Whether TEXT means a kernel that `get` gets, and not a folder."""
    return text.startswith("debian:") or text in (*built.FLAVOURS, RT)


def get(spec: KernelSpec | str, arch: Architecture | str) -> Kernel:
    """The newest kernel of SPEC for ARCH: downloaded and unpacked, or built, if it is not here yet."""
    spec = KernelSpec.parse(spec) if isinstance(spec, str) else spec
    arch = architectures.get(arch) if isinstance(arch, str) else arch
    return _of_ours(spec.flavour, arch) if spec.flavour in built.FLAVOURS else _of_debian(spec, arch)


def _of_ours(flavour: str, arch: Architecture) -> Kernel:
    version, root = built.build(flavour, arch)
    return _kernel(arch, version, root)


def _of_debian(spec: KernelSpec, arch: Architecture) -> Kernel:
    version, wanted = _wanted(spec, arch)
    files = [package.file for _, chosen in wanted for package in chosen]
    name = f"{version}-{cache.key(RECIPE, *files)}"

    def make(making: Path) -> None:
        with step(f"Getting Linux {version} from Debian {spec.suite}"):
            for apt, chosen in wanted:
                packages.extract(packages.fetch(apt, chosen), making)
            host.run(["depmod", "-b", making, version])
            _relocate(making, cache.path_of("kernels", name))

    return _kernel(arch, version, cache.get("kernels", name, make))


Wanted = tuple[tuple[packages.Apt, tuple[packages.Package, ...]], ...]


def _wanted(spec: KernelSpec, arch: Architecture) -> tuple[str, Wanted]:
    """The kernel's version, and the packages that make it up."""
    target = packages.apt(spec.suite, arch.debian)
    native = packages.apt(spec.suite, architectures.host().debian)
    flavour = f"{spec.flavour}-" if spec.flavour else ""
    headers = _concrete(target, f"linux-headers-{flavour}{arch.debian}", "linux-headers-")
    version = headers.removeprefix("linux-headers-")
    common = _concrete(target, headers, "linux-headers-")
    kbuild = _concrete(target, headers, "linux-kbuild-")
    for_target = packages.resolve(target, [f"linux-image-{version}", headers, common], dependencies=False)
    # Kbuild's own programs run on the host.
    for_host = packages.resolve(native, [kbuild], dependencies=False)
    return version, ((target, for_target), (native, for_host))


def _relocate(making: Path, final: Path) -> None:
    """The headers expect to stand in /usr/src: tell them where they do."""
    for makefile in making.glob("usr/src/linux-headers-*/Makefile"):
        text = makefile.read_text()
        makefile.write_text(text.replace("include /usr/src/", f"include {final}/usr/src/"))


def _kernel(arch: Architecture, version: str, root: Path) -> Kernel:
    return Kernel(
        arch=arch,
        version=version,
        image=root / f"boot/vmlinuz-{version}",
        modules=root / f"lib/modules/{version}",
        build_tree=root / f"usr/src/linux-headers-{version}",
        config=root / f"boot/config-{version}",
    )


def _concrete(apt: packages.Apt, name: str, prefix: str) -> str:
    """The one package with PREFIX that NAME depends on."""
    found = [other for other in packages.depends(apt, name) if other.startswith(prefix)]
    if not found:
        raise VmError(f"Debian {apt.suite} ({apt.debian}): {name} depends on no {prefix}*; is the suite right?")
    return sorted(found, key=lambda other: "common" not in other)[0]
