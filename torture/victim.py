"""The machine that is tormented, and what its kernel says meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from torture import kernel_log
from torture.errors import TortureError
from vm.boot import boot
from vm.channel import Result
from vm.errors import CommandTimeout, VmError
from vm.kernels import Kernel
from vm.machine import Machine
from vm.progress import console
from vm.spec import MachineSpec

#: Emulation on a busy host is slow, and this is no test of how fast the kernel's own timers are.
PATIENCE = (
    "rcupdate.rcu_cpu_stall_timeout=120 sysctl.kernel.watchdog_thresh=60 sysctl.kernel.hung_task_timeout_secs=300 "
    "workqueue.watchdog_thresh=120"
)
APPEND = f"loglevel=4 {PATIENCE} suspend.pm_test_delay=1"
MEMORY_MIB = 1536
BOOT_S = 400.0
SETTINGS = """
mount -t debugfs debug /sys/kernel/debug
modprobe -a fuse loop
mkdir -p /tmp/places /tmp/unwind
# So that memory of processes can be put away.
(umask 077; fallocate -l 64M /var/swap) && mkswap -q /var/swap && swapon /var/swap || exit 1
cd /sys/kernel/debug || exit 1
for what in failslab fail_page_alloc fail_usercopy; do
    [ ! -e $what/verbose ] || echo 0 > $what/verbose
    [ ! -e $what/ignore-gfp-wait ] || echo N > $what/ignore-gfp-wait
    [ ! -e $what/ignore-gfp-highmem ] || echo N > $what/ignore-gfp-highmem
    [ ! -e $what/min-order ] || echo 0 > $what/min-order
done
true
"""
# QEMU 7.2 can leave an x86_64 CPU in a breakpoint that is gone, when kernel code changes while it is running there.
# With these tracers, our coming and going changes none.
TRACERS = """
cd /sys/kernel/tracing/instances && mkdir one two
for i in one two; do
    echo 64 > $i/buffer_size_kb
    for j in raw_syscalls/sys_enter raw_syscalls/sys_exit sched/sched_process_exit sched/sched_process_fork \
             sched/sched_process_exec task/task_rename task/task_newtask; do
        echo 1 > $i/events/$j/enable
    done
done
true
"""

WAITING = """
ps -eo pid,ppid,stat,pcpu,wchan:24,comm | grep -v '\\[' | tail -n 80
for task in $(pgrep -x 'syscord|rmmod|insmod'); do cat /proc/$task/comm /proc/$task/stack; done
dmesg | tail -n 40
"""


@dataclass
class Victim:
    """A machine, and the log of its kernel so far."""

    machine: Machine
    log: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    races: list[str] = field(default_factory=list)

    def run(self, command: str, *, timeout: float = 120.0, check: bool = True) -> Result:
        """Run a command in the guest's /tmp. One that hangs is a fault; then it is said what all tasks wait for."""
        try:
            return self.machine.run(f"cd /tmp && {{ {command}\n}}", timeout=timeout, check=check)
        except CommandTimeout as error:
            raise TortureError(f"{error}\nthe tasks then:\n{self._waiting()}") from error

    def has(self, path: str, what: str) -> bool:
        """Whether the kernel has PATH, which WHAT needs. Where it has not, this is said, and WHAT is left out."""
        there = not self.machine.run(f"[ -e {path} ]", check=False).status
        if not there:
            self.left_out.append(f"{what}: this kernel has no {path}")
            console.print(f"left out: {self.left_out[-1]}")
        return there

    def _waiting(self) -> str:
        """What the tasks of a machine do that may be of no more use."""
        try:
            return self.machine.run(WAITING, timeout=300, check=False).stdout
        except VmError as error:
            return str(error)

    def look(self, what: str) -> str:
        """What the kernel said since the last look. Raises TortureError where it tells of a fault, in WHAT was done."""
        said = self.machine.run("dmesg --read-clear").stdout
        self.log.append(f"--- {what}\n{said}")
        self.races += kernel_log.races_of_kernel(said)
        found = kernel_log.troubles(said)
        if found:
            raise TortureError(f"in {what}:\n{kernel_log.around(said, found[0])}")
        return said


@contextmanager
def victim(kernel: Kernel, payload: bytes, log: Path) -> Iterator[Victim]:
    """A machine with KERNEL, ready to be tormented. What the kernel said goes to the file LOG in the end."""
    spec = MachineSpec(kernel, memory_mib=MEMORY_MIB, append=APPEND, boot_s=BOOT_S)
    log.parent.mkdir(parents=True, exist_ok=True)
    with boot(spec) as machine:
        found = Victim(machine)
        try:
            machine.run("tar xzf - -C /tmp", stdin=payload, timeout=BOOT_S)
            found.run(SETTINGS + (TRACERS if kernel.arch.name == "x86_64" else ""), timeout=BOOT_S)
            yield found
        except (TortureError, VmError):
            found.log.append(machine.console_tail(400))
            raise
        finally:
            log.write_text("".join(found.log))
