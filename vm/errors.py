"""What can go wrong with machines. A lost machine is another error than a failed command."""

from __future__ import annotations

from collections.abc import Sequence


class VmError(Exception):
    """Base of everything raised by this package. The text says where, what and what to do next."""


class ToolFailed(VmError):
    """A program on the host failed."""

    def __init__(self, argv: Sequence[str], status: int, output: str) -> None:
        super().__init__(f"{' '.join(argv)}\nended with status {status}:\n{tail(output)}")


class CommandFailed(VmError):
    """A command in the guest ended with a status other than 0."""


class CommandTimeout(VmError):
    """A command in the guest did not end in time and was killed. The machine goes on."""


class MachineLost(VmError):
    """The guest panicked, hangs or powered off, or QEMU died: the machine is of no more use."""


def tail(text: str, lines: int = 30) -> str:
    """The last LINES lines of TEXT, indented to stand out in an error."""
    return "\n".join("    " + line for line in text.rstrip().splitlines()[-lines:])
