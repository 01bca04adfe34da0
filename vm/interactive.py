"""A machine to sit in front of."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from vm import qemu
from vm.boot import boot
from vm.progress import console
from vm.spec import MachineSpec


def interactive(spec: MachineSpec, files: Mapping[str, Path] | None = None) -> None:
    """A root shell in a machine of SPEC on this terminal, until its end.

    FILES are placed in the guest first: from the path there to the file here. Ends with the shell (`exit`), with
    `poweroff`, or with Ctrl-A X.
    """
    with boot(spec, console=qemu.terminal_console) as machine:
        for target, source in (files or {}).items():
            machine.put(source, target, mode=0o755)
        console.print(f"[bold]{spec.arch.name}, Linux {spec.kernel.version}[/bold]; `exit` or Ctrl-A X ends it")
        # The shell has the console as its own terminal, so that Ctrl-C and job control work in it. It must not be
        # started with &, which makes it deaf to Ctrl-C.
        columns, rows = shutil.get_terminal_size()
        shell = f"cd; stty columns {columns} rows {rows}; TERM=linux bash -il; busybox poweroff -f"
        device = f"/dev/{spec.arch.console}"
        machine.run(f"setsid --fork --ctty sh -c '{shell}' <{device} >{device} 2>&1")
        machine.wait()
