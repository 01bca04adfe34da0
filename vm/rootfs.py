"""A Debian root file system of either architecture, without running any of its programs on the host.

Packages are unpacked, not installed: what their maintainer scripts would have done, and the guest needs, is done here.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from vm import cache, host, packages
from vm.architectures import Architecture
from vm.errors import VmError
from vm.progress import step

GUEST = Path(__file__).parent / "guest"
SIZE = "2G"
UNUSED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/icons")
FOLDERS = ("dev", "proc", "sys", "run", "tmp", "root", "lib/modules", "var/log/nginx", "var/lib/nginx", "var/tmp")
# Path: what it points at. Alternatives and the like are made by maintainer scripts.
SYMLINKS = {
    "etc/mtab": "../proc/self/mounts",
    "etc/nginx/sites-enabled/default": "../sites-available/default",
    "sbin/init": "/bin/busybox",
    "usr/bin/awk": "mawk",
    "usr/bin/nc": "nc.openbsd",
    "var/run": "/run",
    "var/lock": "/run/lock",
}
# Path: the template in the packages that it is a copy of.
COPIES = {
    "etc/passwd": "usr/share/base-passwd/passwd.master",
    "etc/group": "usr/share/base-passwd/group.master",
    "etc/nsswitch.conf": "usr/share/libc-bin/nsswitch.conf",
    "etc/profile": "usr/share/base-files/profile",
    "root/.bashrc": "usr/share/base-files/dot.bashrc",
    "var/www/html/index.html": "usr/share/nginx/html/index.html",
    "root/.profile": "usr/share/base-files/dot.profile",
}
TEXTS = {
    "etc/hostname": "guest\n",
    "etc/hosts": "127.0.0.1 localhost guest\n::1 localhost\n",
    "etc/fstab": "",
}


def build_rootfs(arch: Architecture, suite: str = "bookworm") -> Path:
    """The root file system for ARCH: a qcow2 image to lay an overlay on, never to be written to."""
    apt = packages.apt(suite, arch.debian)
    chosen = packages.resolve(apt, _names(GUEST / "packages.txt"), dependencies=True)
    recipe = cache.key(Path(__file__), GUEST / "rc", GUEST / "inittab", *(package.file for package in chosen))

    def make(making: Path) -> None:
        if os.geteuid():
            raise VmError("the guest's root file system can only be made by root, who may give files to other users")
        debs = packages.fetch(apt, chosen)
        with step(f"Building the root file system ({suite}, {arch.debian}, {len(debs)} packages)"):
            tree = making / "tree"
            tree.mkdir()
            packages.extract(debs, tree)
            _configure(tree)
            _image(tree, making / "root.raw", making / "root.qcow2")
            shutil.rmtree(tree)

    return cache.get("rootfs", f"{suite}-{arch.debian}-{recipe}", make) / "root.qcow2"


def _names(listed: Path) -> list[str]:
    lines = listed.read_text().splitlines()
    return [name for line in lines for name in line.partition("#")[0].split()]


def _configure(tree: Path) -> None:
    for name in UNUSED:
        shutil.rmtree(tree / name, ignore_errors=True)
    for name in FOLDERS:
        (tree / name).mkdir(parents=True, exist_ok=True)
    (tree / "tmp").chmod(0o1777)
    (tree / "var/tmp").chmod(0o1777)
    (tree / "root").chmod(0o700)
    for name, target in SYMLINKS.items():
        _replace(tree / name).symlink_to(target)
    for name, template in COPIES.items():
        shutil.copy(tree / template, _replace(tree / name))
    for name, text in TEXTS.items():
        (tree / name).write_text(text)
    shutil.copy(GUEST / "rc", tree / "etc/rc")
    shutil.copy(GUEST / "inittab", tree / "etc/inittab")


def _replace(path: Path) -> Path:
    """PATH, after what stood there is gone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    return path


def _image(tree: Path, raw: Path, qcow2: Path) -> None:
    """No journal, and nothing left for later: the kernel's threads for these would only disturb measurements."""
    features = ["-O", "^has_journal", "-E", "lazy_itable_init=0"]
    host.run(["mke2fs", "-q", "-t", "ext4", *features, "-L", "root", "-d", tree, raw, SIZE])
    host.run(["qemu-img", "convert", "-O", "qcow2", raw, qcow2])
    raw.unlink()
