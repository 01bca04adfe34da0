"""The whole check: a tree, its page, and what is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

from tests.rooms import c, python, table
from tests.rooms.c_text import CText
from tests.rooms.circles import circles
from tests.rooms.python import INIT
from tests.rooms.tree import Arrow, Tree

PAGE = "docs/architecture.md"
MODULE = "kmod_templates"


class House:
    """A tree, and the table of rooms that its page has. All methods return what is wrong, a line each."""

    def __init__(self, root: Path) -> None:
        self.tree = Tree(root)
        self.table = table.read(root / PAGE)

    @cached_property
    def imports(self) -> list[Arrow]:
        """Python's imports."""
        return python.imports(self.tree)

    @cached_property
    def _c(self) -> dict[str, CText]:
        return c.read(self.tree)

    @cached_property
    def includes(self) -> list[Arrow]:
        """C's includes."""
        return c.includes(self.tree, self._c)[0]

    @cached_property
    def uses(self) -> list[Arrow]:
        """C's uses of what other files define."""
        return c.uses(self._c)

    def bad_rows(self) -> list[str]:
        """In the table itself."""
        return table.faults(self.table, self.tree.root)

    def homeless(self) -> list[str]:
        """Files that are in no room. A package's ``__init__.py`` that says nothing need not be in one."""
        files = (file for file in (*self.tree.python, *self.tree.c) if not self.table.room_of(file))
        return [
            f"{file}: is in no room: give it a row in {PAGE}, or move it to where one is"
            for file in files
            if not (file.endswith(INIT) and python.is_bare(self.tree, file))
        ]

    def forbidden(self, arrows: Iterable[Arrow]) -> list[str]:
        """Arrows from room to room that the table does not have."""
        found = []
        for arrow in arrows:
            by, to = self.table.room_of(arrow.by), self.table.room_of(arrow.to)
            if by and to and not self.table.allows(by, to):
                advice = f"hand it in from above, or move it down; {PAGE} has no arrow from {by.name} to {to.name}"
                found.append(f"{arrow.where}: {arrow.what}: {advice}")
        return found

    def not_found(self) -> list[str]:
        """Includes that lead nowhere."""
        return c.includes(self.tree, self._c)[1]

    def unprefixed(self) -> list[str]:
        """Names of the module's that may be anybody's."""
        probes = ("probe", "checks")  # each is compiled alone, and never linked
        found = c.unprefixed(self._c, MODULE)
        return [fault for fault in found if fault.split("/")[-2] not in probes]

    def unused(self) -> list[str]:
        """What rooms may use, and do not."""
        used: dict[str, set[str]] = defaultdict(set)
        for arrow in (*self.imports, *self.includes, *self.uses):
            by, to = self.table.room_of(arrow.by), self.table.room_of(arrow.to)
            if by and to:
                used[by.name].add(to.name)
        return [
            f"{room.where}: {room.name} does not use {name}: take it out of the row"
            for room in self.table.rooms
            for name in room.uses or ()
            if name in self.table.by_path and self.table.by_path[name].name not in used[room.name]
        ]

    def circles_of_imports(self) -> list[str]:
        """Python modules that import each other."""
        return [f"{circle}: these import each other, take an import away" for circle in circles(_arrows(self.imports))]

    def circles_of_includes(self) -> list[str]:
        """C files that include each other."""
        return [f"{circle}: these include each other, take one away" for circle in circles(_arrows(self.includes))]

    def circles_of_calls(self, folder: str) -> list[str]:
        """C files below a folder that call each other."""
        arrows = (arrow for arrow in c.calls(self._c) if arrow.by.startswith(f"{folder}/"))
        return [f"{circle}: these call each other, hand a function in" for circle in circles(_arrows(arrows, c.unit))]


def _arrows(arrows: Iterable[Arrow], node: Callable[[str], str] = str) -> dict[str, dict[str, str]]:
    """By whom, to whom, and where first; ``node`` makes one of the files that are one."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for arrow in arrows:
        found[node(arrow.by)].setdefault(node(arrow.to), f"{arrow.where} {arrow.what}")
    return found
