"""The command line of QEMU for a machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vm import host
from vm.architectures import Architecture
from vm.spec import MachineSpec

DISK = "disk0"


@dataclass(frozen=True)
class Wiring:
    """What a running QEMU is connected to: files, and sockets by number, which need no name in the file system."""

    initramfs: Path
    disk: Path
    qmp: int
    agent: int
    console: str
    loadvm: str = ""


def file_console(log: Path) -> str:
    """A serial console that is only written to a file."""
    return f"file,path={log}"


def terminal_console(log: Path) -> str:
    """A serial console on this terminal, with QEMU's keys (Ctrl-A X ends it), and in a file."""
    return f"stdio,mux=on,signal=off,logfile={log}"


def hardware(spec: MachineSpec) -> list[str]:
    """The part of the command line that a snapshot depends on, files aside."""
    arch = spec.arch
    # Without a KVM here, what the mitigations flush costs as much as a syscall itself.
    append = f"console={arch.console} panic=-1 oops=panic mitigations=off kpti=off {arch.append} {spec.append}"
    timing = ["-icount", "shift=0,sleep=off"] if spec.icount else []
    thread = "single" if spec.icount else "multi"
    return [
        arch.qemu,
        *arch.machine,
        *("-accel", f"tcg,thread={thread}", *timing),
        *("-smp", str(spec.cpus), "-m", str(spec.memory_mib)),
        *("-nodefaults", "-display", "none", "-no-reboot"),
        *("-append", append.strip()),
        *("-device", f"virtio-blk-pci,drive={DISK}"),
        *("-device", "virtio-serial-pci", "-device", "virtserialport,chardev=agent,name=agent"),
    ]


def command(spec: MachineSpec, wiring: Wiring) -> list[str]:
    """The whole command line. QEMU ends when the process that started it does, however that ends."""
    return [
        *("setpriv", "--pdeathsig", "KILL", *hardware(spec)),
        *("-kernel", str(spec.kernel.image), "-initrd", str(wiring.initramfs)),
        # Nothing outlives the machine: what it flushes need not reach the host's disk.
        *("-blockdev", f"qcow2,node-name={DISK},file.driver=file,file.filename={wiring.disk},cache.no-flush=on"),
        *("-chardev", f"socket,id=qmp,fd={wiring.qmp}", "-mon", "chardev=qmp,mode=control"),
        *("-chardev", f"socket,id=agent,fd={wiring.agent}"),
        *("-chardev", f"{wiring.console.partition(',')[0]},id=console,{wiring.console.partition(',')[2]}"),
        *("-serial", "chardev:console"),
        *(("-mon", "chardev=console,mode=readline") if wiring.console.startswith("stdio") else ()),
        *(("-loadvm", wiring.loadvm) if wiring.loadvm else ()),
    ]


def version(arch: Architecture) -> str:
    """The version of the host's QEMU for ARCH."""
    return host.run([arch.qemu, "--version"]).splitlines()[0]
