"""The syscalls that Linux knows, and which architecture has which: names only, numbers are the target's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LIST = Path(__file__).with_name("syscall_names.txt")
# Under usr/lib/linux/uapi of Debian's linux-libc-dev (since 6.11), which holds every architecture's headers.
HEADERS = {
    "arm64": "arm64/asm/unistd_64.h",
    "x86_64": "x86/asm/unistd_64.h",
    "arm": "arm/asm/unistd-eabi.h",
    "i386": "x86/asm/unistd_32.h",
}
DECODED = ("arm64", "x86_64")

BANNER = """\
# The syscalls of arm64 and x86_64, and of the 32-bit programs they run: names, and who has them; never numbers.
# A handler may declare any of these; it is left out of a module for an architecture that lacks it.
# Made anew from Debian's newest linux-libc-dev, unpacked anywhere:
#   apt-get download linux-libc-dev && dpkg-deb -x linux-libc-dev_*.deb headers
#   python -m syscord_gen names headers/usr/lib/linux/uapi
"""


@cache
def architectures() -> Mapping[str, tuple[str, ...]]:
    """Each syscall's architectures, from ``syscall_names.txt``."""
    lines = (line.split() for line in LIST.read_text(encoding="ascii").splitlines() if not line.startswith("#"))
    return {name: tuple(having) for name, *having in lines}


def syscall_names() -> frozenset[str]:
    """The syscalls of all architectures."""
    return frozenset(architectures())


def render_names(uapi: Path) -> str:
    """The text of ``syscall_names.txt``, from the headers in ``uapi``.  OSError if one is not there."""
    having: dict[str, list[str]] = {}
    for architecture, header in HEADERS.items():
        text = (uapi / header).read_text(encoding="utf-8")
        for name in re.findall(r"^#define\s+__NR_([a-z0-9_]+)\s", text, re.MULTILINE):
            having.setdefault(name, []).append(architecture)
    having.pop("syscalls", None)
    return BANNER + "".join(f"{name} {' '.join(having[name])}\n" for name in sorted(having))
