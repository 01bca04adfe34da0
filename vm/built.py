"""Kernels that are built here, from Debian's source: small ones, with the checks in them that Debian's own lack.

A flavour's options are its file in vm/configs/, with common.config and the architecture's, and maybe one of both. All
others are off, so that a kernel takes minutes to build.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from vm import architectures, cache, host, packages
from vm.architectures import Architecture
from vm.errors import VmError
from vm.packages import Apt, Package
from vm.progress import step

RECIPE = 1  # raise it when the steps below change what they make
SUITE, SOURCE = "bookworm", "linux-source-6.1"
CONFIGS = Path(__file__).parent / "configs"
FLAVOURS = ("sanitize", "kcsan")
BUILD_S = 3 * 3600.0  # two quiet cores take less than 15 minutes; on a host that ten others use, 45 are not enough
IMAGES = {"arm64": "arch/arm64/boot/Image", "x86_64": "arch/x86/boot/bzImage"}
#: What a module is built against; the rest of the tree goes when the kernel is built.
KEPT = ("Makefile", "Kbuild", ".config", "Module.symvers", "System.map", "arch", "include", "scripts", "tools")


def build(flavour: str, arch: Architecture) -> tuple[str, Path]:
    """The version and the folder of the kernel FLAVOUR, built if it is not here yet.

    The folder is laid out as Debian's packages are. Raises VmError that names the options that could not be had.
    """
    native = packages.apt(SUITE, architectures.host().debian)
    (source,) = packages.resolve(native, [SOURCE], dependencies=False)
    version = f"{source.file.split('_')[1].partition('-')[0]}-{flavour}-{arch.debian}"
    options = _options(flavour, arch)
    key = cache.key(RECIPE, source.file, options, _compiler(arch), arch.name)

    def make(making: Path) -> None:
        with step(f"Building Linux {version} from Debian's source, which takes minutes"):
            tree = making / f"usr/src/linux-headers-{version}"
            _unpack(native, source, tree)
            _configure(tree, arch, f'{options}CONFIG_LOCALVERSION="-{flavour}-{arch.debian}"\n')
            _make(tree, arch, Path(IMAGES[arch.name]).name, "modules")
            _install(tree, making, version, tree / IMAGES[arch.name])
            _prune(tree)

    return version, cache.get("kernels", f"{version}-{key}", make)


def _options(flavour: str, arch: Architecture) -> str:
    files = [CONFIGS / f"{name}.config" for name in ("common", arch.name, flavour)]
    # What only one architecture needs for a flavour has a file of its own: few have one.
    files += CONFIGS.glob(f"{flavour}-{arch.name}.config")
    return "".join(file.read_text() for file in files)


def _compiler(arch: Architecture) -> str:
    return host.run([f"{arch.cross_compile}gcc", "--version"]).splitlines()[0]


def _unpack(native: Apt, source: Package, tree: Path) -> None:
    tree.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=tree.parent) as unpacked:
        packages.extract(packages.fetch(native, [source]), Path(unpacked))
        archive = Path(unpacked) / f"usr/src/{SOURCE}.tar.xz"
        host.run(["tar", "--extract", "--file", archive, "--strip-components=1", "--directory", tree])


def _configure(tree: Path, arch: Architecture, options: str) -> None:
    """Set OPTIONS and no others. The kernel takes away in silence what depends on something else: look what is left."""
    wanted = tree / "wanted.config"
    wanted.write_text(options)
    _make(tree, arch, "allnoconfig", env={"KCONFIG_ALLCONFIG": str(wanted)})
    lacking = missing(options, (tree / ".config").read_text())
    if lacking:
        raise VmError(f"{CONFIGS}: {arch.name} cannot have {', '.join(lacking)}: see what they depend on")


def missing(options: str, config: str) -> list[str]:
    """The lines of OPTIONS that do not hold in CONFIG, a kernel's .config."""
    wanted = [line for line in options.splitlines() if line.startswith("CONFIG_")]
    have = dict(re.findall(r"^(CONFIG_\w+)=(.*)$", config, re.MULTILINE))
    pairs = (line.split("=", 1) for line in wanted)
    return [f"{name}={value}" for name, value in pairs if have.get(name, "n") != value]


def _make(tree: Path, arch: Architecture, *targets: str, env: dict[str, str] | None = None) -> None:
    kbuild = [f"ARCH={arch.name}", *([f"CROSS_COMPILE={arch.cross_compile}"] if arch.cross_compile else [])]
    # The same kernel whoever builds it, and wherever.
    who = ["KBUILD_BUILD_USER=syscord", "KBUILD_BUILD_HOST=syscord"]
    command: list[str | Path] = ["make", "-C", tree, "-s", f"-j{os.cpu_count() or 1}", *kbuild, *who, *targets]
    host.run(command, env=env, timeout=BUILD_S)


def _install(tree: Path, root: Path, version: str, image: Path) -> None:
    """Lay out beside TREE what Debian's packages would bring: all drivers are built in, so no module is there."""
    release = (tree / "include/config/kernel.release").read_text().strip()
    if release != version:
        raise VmError(f"{SOURCE}: the kernel calls itself {release}, not {version}: delete the package lists' cache")
    boot, modules = root / "boot", root / "lib/modules" / version
    boot.mkdir()
    modules.mkdir(parents=True)
    shutil.copy(image, boot / f"vmlinuz-{version}")
    shutil.copy(tree / ".config", boot / f"config-{version}")
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        shutil.copy(tree / name, modules)
    host.run(["depmod", "-b", root, version])


def _prune(tree: Path) -> None:
    for path in tree.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (tree / "tools").iterdir():
        if path.name != "objtool":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for folder in ("arch", "include"):
        for path in [*(tree / folder).rglob("*.o"), *(tree / folder).rglob("*.a")]:
            path.unlink()
