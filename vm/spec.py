"""What a machine is to be."""

from __future__ import annotations

from dataclasses import dataclass

from vm.architectures import Architecture
from vm.kernels import Kernel


@dataclass(frozen=True)
class MachineSpec:
    """A machine to boot. `append` goes to the end of the kernel's command line.

    With `icount` the guest's clock counts instructions, those of all its CPUs, which take turns (1 ns is one): for
    measuring, never for speed. A kernel that checks itself takes longer to boot: `boot_s` is the deadline.
    """

    kernel: Kernel
    cpus: int = 2
    memory_mib: int = 1024
    icount: bool = False
    append: str = ""
    suite: str = "bookworm"
    boot_s: float = 120.0

    @property
    def arch(self) -> Architecture:
        """The machine's architecture, which is its kernel's."""
        return self.kernel.arch
