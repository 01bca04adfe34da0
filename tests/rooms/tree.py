"""The files of a tree that belong to rooms."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

C = (".c", ".h", ".c.j2", ".h.j2")
# What is made, not written by hand: by its name anywhere, and at the root.
MADE_FOLDERS = ("golden", "__pycache__")
MADE_AT_ROOT = ("build",)


@dataclass(frozen=True)
class Arrow:
    """One file uses another: both from the root; the line of the first, and what it does, such as ``imports x``."""

    by: str
    line: int
    to: str
    what: str

    @property
    def where(self) -> str:
        """The place, as editors take it."""
        return f"{self.by}:{self.line}"


@dataclass(frozen=True)
class Tree:
    """A tree below ``root``. Links are not followed, hidden folders and what is made are left out."""

    root: Path

    @cached_property
    def files(self) -> frozenset[str]:
        """Every file, from the root."""
        found = set()
        for folder, below, names in os.walk(self.root):
            made = MADE_FOLDERS + MADE_AT_ROOT * (Path(folder) == self.root)
            below[:] = [name for name in below if name not in made and not name.startswith(".")]
            found |= {Path(folder, name).relative_to(self.root).as_posix() for name in names}
        return frozenset(found)

    @property
    def python(self) -> list[str]:
        """The Python files."""
        return sorted(file for file in self.files if file.endswith(".py"))

    @property
    def c(self) -> list[str]:
        """The C files that are written by hand, headers and templates included."""
        return sorted(file for file in self.files if file.endswith(C))

    def text(self, file: str) -> str:
        """What a file says."""
        return (self.root / file).read_text(encoding="utf-8")
