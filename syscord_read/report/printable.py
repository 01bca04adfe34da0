"""Text of processes, of traces and of their folders, made fit for terminals and pages."""

from __future__ import annotations


def printable(text: bytes) -> str:
    """Bytes of a process, so that they cannot do anything to a terminal: what does not print is written as in C."""
    return printable_text(text.decode("utf-8", "backslashreplace"))


def printable_text(text: str, keep: str = "") -> str:
    """The same of a text that may have a name in it.  What does not print are control characters, those of C1 among
    them, and what turns the direction of writing; ``keep`` are left as they are."""
    return "".join(
        char if char.isprintable() or char in keep else char.encode("unicode_escape").decode() for char in text
    )
