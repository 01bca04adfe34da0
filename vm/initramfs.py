"""The guest's initramfs: the modules that the root file system needs, the agent, and a script."""

from __future__ import annotations

import lzma
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from vm import cache, host, packages
from vm.errors import VmError
from vm.kernels import Kernel
from vm.progress import step

INIT = Path(__file__).parent / "guest" / "init"
# In this order: crc32c is asked for by ext4 through modprobe, which is not there yet.
LOADED = ("virtio_pci", "virtio_blk", "virtio_console", "crc32c_generic", "ext4")
# There for modprobe in the guest, with all that they need.
AVAILABLE = ("loop", "overlay", "fuse", "tun", "veth", "dummy", "virtio_net", "tcp_diag", "unix_diag", "af_packet_diag")


def build_initramfs(kernel: Kernel, agent: Path, suite: str) -> Path:
    """The initramfs (a cpio archive) for KERNEL."""
    apt = packages.apt(suite, kernel.arch.debian)
    busybox = packages.resolve(apt, ["busybox-static"], dependencies=False)
    recipe = cache.key(Path(__file__), INIT, agent, str(kernel.modules), *(package.file for package in busybox))

    def make(making: Path) -> None:
        with step(f"Building the initramfs for {kernel.version}"):
            tree = making / "tree"
            for folder in ("bin", "dev", "root"):
                (tree / folder).mkdir(parents=True)
            _busybox(packages.fetch(apt, busybox), making, tree)
            shutil.copy(INIT, tree / "init")
            shutil.copy(agent, tree / "agent")
            _modules(kernel, tree)
            _archive(tree, making / "initramfs.cpio")
            shutil.rmtree(tree)

    return cache.get("initramfs", f"{kernel.version}-{recipe}", make) / "initramfs.cpio"


def _busybox(debs: Iterable[Path], making: Path, tree: Path) -> None:
    unpacked = making / "busybox"
    unpacked.mkdir()
    packages.extract(debs, unpacked)
    shutil.copy(unpacked / "bin/busybox", tree / "bin/busybox")
    shutil.rmtree(unpacked)


def _modules(kernel: Kernel, tree: Path) -> None:
    """Copy the modules, and write the list of those to load at once, dependencies first."""
    needs = _dependencies(kernel.modules / "modules.dep")
    target = tree / "lib/modules" / kernel.version
    target.mkdir(parents=True)
    for path in _closure((*LOADED, *AVAILABLE), needs):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        _copy_plain(kernel.modules / path, target / path)
    for index in kernel.modules.glob("modules.builtin*"):
        shutil.copy(index, target)
    host.run(["depmod", "-b", tree, kernel.version])
    load = [f"/lib/modules/{kernel.version}/{path.removesuffix('.xz')}\n" for path in _closure(LOADED, needs)]
    (tree / "load").write_text("".join(load))


def _copy_plain(source: Path, target: Path) -> None:
    """Copy a module, which newer kernels have compressed: busybox cannot load it like that."""
    if source.suffix == ".xz":
        target.with_suffix("").write_bytes(lzma.decompress(source.read_bytes()))
    else:
        shutil.copy(source, target)


def _dependencies(modules_dep: Path) -> dict[str, list[str]]:
    """From each module's path to its own and those it needs, in the order in which they must be loaded."""
    lines = (line.split(":", 1) for line in modules_dep.read_text().splitlines())
    return {path: [*reversed(needed.split()), path] for path, needed in lines}


def _closure(names: Sequence[str], needs: dict[str, list[str]]) -> list[str]:
    """The paths of the modules NAMES and of what they need. What the kernel has built in has no path."""
    by_name = {Path(path).name.partition(".")[0].replace("-", "_"): path for path in needs}
    return list(dict.fromkeys(path for name in names if name in by_name for path in needs[by_name[name]]))


def _archive(tree: Path, target: Path) -> None:
    names = sorted(str(path.relative_to(tree)) for path in tree.rglob("*"))
    with target.open("wb") as archive:
        done = subprocess.run(
            ["cpio", "--quiet", "--create", "--format=newc", "--owner=0:0"],
            cwd=tree,
            input="\n".join(names).encode(),
            stdout=archive,
            check=False,
        )
    if done.returncode:
        raise VmError(f"{target}: cpio failed with status {done.returncode}")
