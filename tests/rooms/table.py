"""The table of rooms: what belongs to which room, and which other rooms it may use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.rooms.circles import circles

HEAD = "| room |"
NOTHING, EVERYTHING = "nothing of ours", "all of them"


@dataclass(frozen=True)
class Room:
    """A row: the files and folders that make up the room, the first of which is its name, and what it may use.

    `uses` has the names as the row has them; it is None where all may be used.
    """

    paths: tuple[str, ...]
    uses: tuple[str, ...] | None
    where: str

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.paths[0]


class Table:
    """All rooms."""

    def __init__(self, rooms: Iterable[Room]) -> None:
        self.rooms = tuple(rooms)
        self.by_path = {path: room for room in self.rooms for path in room.paths}

    def room_of(self, file: str) -> Room | None:
        """The room of a file, given from the root: of the rooms that it lies in, the innermost. None if in none."""
        while file:
            if file in self.by_path:
                return self.by_path[file]
            file = file.rpartition("/")[0]
        return None

    def allows(self, user: Room, used: Room) -> bool:
        """Whether one room may use another. What the other one uses is not meant."""
        return user is used or user.uses is None or any(self.by_path.get(name) is used for name in user.uses)


def read(page: Path) -> Table:
    """The table of a page. Raises AssertionError if it has none, or a row cannot be understood."""
    return Table(_rows(page))


def _rows(page: Path) -> Iterator[Room]:
    lines = page.read_text(encoding="utf-8").splitlines()
    heads = [number for number, line in enumerate(lines) if line.startswith(HEAD)]
    assert len(heads) == 1, f"{page.name}: {len(heads)} tables begin with '{HEAD}', let it be one"
    for number in range(heads[0] + 2, len(lines)):
        if not lines[number].startswith("|"):
            return
        where = f"{page.name}:{number + 1}"
        cells = [cell.strip() for cell in lines[number].strip().strip("|").split("|")]
        assert len(cells) == 3, f"{where}: a row has three cells: room, what is in it, may import"
        paths = tuple(path.rstrip("/") for path in re.findall("`([^`]+)`", cells[0]))
        assert paths, f"{where}: the first cell names no file or folder: write it between backquotes"
        yield Room(paths, _uses(cells[2], where), where)


def _uses(cell: str, where: str) -> tuple[str, ...] | None:
    if cell == EVERYTHING:
        return None
    names = tuple(name.rstrip("/") for name in re.findall("`([^`]+)`", cell))
    assert names or cell == NOTHING, f"{where}: '{cell}': write rooms, '{NOTHING}' or '{EVERYTHING}'"
    return names


def faults(table: Table, root: Path) -> list[str]:
    """What is wrong in the table itself: two rooms of one path, paths and rooms that are not there, circles."""
    found = []
    seen: dict[str, Room] = {}
    for room in table.rooms:
        for path in room.paths:
            if path in seen:
                found.append(f"{room.where}: {path} has a row already, {seen[path].where}: leave one")
            if not (root / path).exists():
                found.append(f"{room.where}: {path} does not exist: name a file or folder of the tree")
            seen[path] = room
        for name in room.uses or ():
            if name not in table.by_path:
                found.append(f"{room.where}: {name} has no row: give it one, or write a room that has")
    arrows = {
        room.name: {table.by_path[name].name: room.where for name in room.uses or () if name in table.by_path}
        for room in table.rooms
    }
    return found + [f"{circle}: rooms use each other, take one of the arrows away" for circle in circles(arrows)]
