"""What goes wrong while reading, said in one line: where, what, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass


class ReadError(Exception):
    """Something that cannot be read at all.  Its text is one line, meant for the user."""

    def __init__(self, where: object, problem: str, advice: str = "") -> None:
        super().__init__(f"{where}: {problem}" + (f": {advice}" if advice else ""))


class UsageError(Exception):
    """A wish that makes no sense, such as a time range that ends before it begins.  Its text is for the user."""


@dataclass(frozen=True)
class Problem:
    """Something that is damaged or missing.  ``offset`` is in bytes from the file's beginning; -1: no place in it."""

    file: str
    offset: int
    what: str

    def __str__(self) -> str:
        place = f"{self.file}, byte {self.offset}" if self.offset >= 0 else self.file
        return f"{place}: {self.what}"
