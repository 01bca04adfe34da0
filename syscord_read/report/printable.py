"""Text of processes, made fit for terminals and pages."""

from __future__ import annotations


def printable(text: bytes) -> str:
    """Bytes of a process, so that they cannot do anything to a terminal: what does not print is written as in C."""
    decoded = text.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in decoded)
