"""A machine with the module in it, to try things in."""

from __future__ import annotations

from devtools.build import build
from vm import kernels
from vm.interactive import interactive
from vm.progress import console, step
from vm.spec import MachineSpec


def run(arch: str, kernel: str) -> None:
    """Build the module for a Debian kernel, and open a shell in a machine with it in /root."""
    found = kernels.get(kernel, arch)
    with step(f"Building syscord.ko for {found.version}"):
        module = build(arch, kernel)
    console.print("in the machine:  insmod syscord.ko proc_name=bash; ls; cat /etc/syscall-record/record")
    interactive(MachineSpec(found), {"/root/syscord.ko": module.ko})
