"""The architectures that the module is built for."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from syscord_build.errors import BuildError


@dataclass(frozen=True)
class Architecture:
    """One architecture under the names that Kbuild and GCC have for it; ``folder`` is the kernel's, below arch/."""

    name: str
    kbuild: str
    gnu: str
    folder: str

    @property
    def cross_compile(self) -> str:
        """The prefix of the tools that build for it on this host: empty where the host is of that architecture."""
        return "" if self.name == host_name() else f"{self.gnu}-"


ARM64 = Architecture(name="arm64", kbuild="arm64", gnu="aarch64-linux-gnu", folder="arm64")
X86_64 = Architecture(name="x86_64", kbuild="x86_64", gnu="x86_64-linux-gnu", folder="x86")
ARCHITECTURES = {architecture.name: architecture for architecture in (ARM64, X86_64)}


def get(name: str) -> Architecture:
    """The architecture called ``name``. Raises BuildError, naming those that exist."""
    try:
        return ARCHITECTURES[name]
    except KeyError:
        raise BuildError(f"no architecture '{name}': say one of {', '.join(ARCHITECTURES)}") from None


def host_name() -> str:
    """What the architecture of the machine that this runs on is called here, whether it is one of these or not."""
    return {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
