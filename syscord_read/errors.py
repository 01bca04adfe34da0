"""What goes wrong while reading, said in one line: where, what, and what to do next."""

from __future__ import annotations


class ReadError(Exception):
    """Something that cannot be read at all.  Its text is one line, meant for the user."""

    def __init__(self, where: object, problem: str, advice: str = "") -> None:
        super().__init__(f"{where}: {problem}" + (f": {advice}" if advice else ""))


class UsageError(Exception):
    """A wish that makes no sense, such as a time range that ends before it begins.  Its text is for the user."""
