"""The architectures that machines come in, and what each tool calls them."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from vm.errors import VmError


@dataclass(frozen=True)
class Architecture:
    """One architecture under the names that Debian, GCC and QEMU have for it."""

    name: str
    debian: str
    gnu: str
    qemu: str
    machine: tuple[str, ...]
    console: str
    append: str = ""

    @property
    def cross_compile(self) -> str:
        """The prefix of the tools that build for it on this host: empty where the host is of that architecture."""
        return "" if self is host() else f"{self.gnu}-"


ARM64 = Architecture(
    name="arm64",
    debian="arm64",
    gnu="aarch64-linux-gnu",
    qemu="qemu-system-aarch64",
    machine=("-M", "virt", "-cpu", "cortex-a72"),
    console="ttyAMA0",
)
X86_64 = Architecture(
    name="x86_64",
    debian="amd64",
    gnu="x86_64-linux-gnu",
    qemu="qemu-system-x86_64",
    machine=("-M", "q35", "-cpu", "max"),
    console="ttyS0",
    # Emulated clocks drift when the host is busy; the kernel must not give up the cheap one for that.
    append="tsc=reliable",
)
ARCHITECTURES = {architecture.name: architecture for architecture in (ARM64, X86_64)}


def get(name: str) -> Architecture:
    """The architecture called NAME. Raises VmError, naming those that exist."""
    try:
        return ARCHITECTURES[name]
    except KeyError:
        raise VmError(f"no architecture '{name}': say one of {', '.join(ARCHITECTURES)}") from None


def chosen(name: str) -> list[str]:
    """The names of those that NAME means: of all, if it is "both". Raises VmError if there is none of that name."""
    return list(ARCHITECTURES) if name == "both" else [get(name).name]


def host() -> Architecture:
    """The architecture of the machine that this runs on."""
    return get({"aarch64": "arm64"}.get(platform.machine(), platform.machine()))
