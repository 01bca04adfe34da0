"""What only the target's headers know: numbers of syscalls, and where the members of structs are."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from syscord_gen.model import Model
from vm import host
from vm.architectures import Architecture

#: Where a program finds what the kernel has in another header.
HEADERS = ("asm/unistd.h", "asm/stat.h", "asm/signal.h")


@dataclass(frozen=True)
class Layout:
    """A struct: its size, and each member's offset and size, by the member's name."""

    size: int
    members: dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Target:
    """One architecture's numbers. A syscall that it lacks has none."""

    numbers: dict[str, int]
    layouts: dict[str, Layout]


def ask(model: Model, arch: Architecture) -> Target:
    """Ask the compiler for ARCH: each number is the size of a variable in an object file."""
    lines = [f"#include <{header}>" for header in (*HEADERS, *sorted({struct.header for struct in model.structs}))]
    for syscall in model.syscalls:
        lines += [f"#ifdef __NR_{syscall.name}", f"char nr_{syscall.name}[__NR_{syscall.name} + 1];", "#endif"]
    for struct in model.structs:
        lines.append(f"char all_{struct.name}[sizeof({struct.c_type})];")
        for i, member in enumerate(struct.members):
            name = member.name.removesuffix(".sig[0]")  # for programs, a set of signals may be a plain number
            place = f"(({struct.c_type} *)0)->{name}"
            lines.append(f"char at_{struct.name}_{i}[__builtin_offsetof({struct.c_type}, {name}) + 1];")
            lines.append(f"char len_{struct.name}_{i}[sizeof({place})];")
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, "ask.c"), Path(folder, "ask.o")
        source.write_text("\n".join(lines) + "\n")
        host.run([f"{arch.cross_compile}gcc", "-fno-common", "-c", "-o", result, source])
        table = host.run([f"{arch.cross_compile}nm", "-S", result])
    sizes = {found[2]: int(found[1], 16) for found in re.finditer(r"^\w+ (\w+) \w (\w+)$", table, re.MULTILINE)}
    numbers = {name.removeprefix("nr_"): size - 1 for name, size in sizes.items() if name.startswith("nr_")}
    layouts = {
        struct.name: Layout(
            sizes[f"all_{struct.name}"],
            {
                member.name: (sizes[f"at_{struct.name}_{i}"] - 1, sizes[f"len_{struct.name}_{i}"])
                for i, member in enumerate(struct.members)
            },
        )
        for struct in model.structs
    }
    return Target(numbers, layouts)
