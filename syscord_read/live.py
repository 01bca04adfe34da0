"""Whether something is being written just now: what is missing at its end may then still come."""

from __future__ import annotations

import os
from pathlib import Path

#: Where a module that is loaded on this machine says what it does.
PARAMETERS = Path("/sys/module/syscord/parameters")

#: Inode and size of each file.
Sizes = dict[int, int]


def is_recorded_here(path: Path) -> bool:
    """Whether the module, on this machine, writes to that file, or folder."""
    try:
        record = (PARAMETERS / "record").read_bytes().rstrip(b"\n")
        return bool(record) and path.samefile(os.fsdecode(record))
    except OSError:
        return False


def sizes(folder: Path) -> Sizes:
    """How large the files in a folder are; nothing if it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            found = [entry.stat() for entry in entries]
    except OSError:
        return {}
    return {each.st_ino: each.st_size for each in found}


def has_grown(before: Sizes, now: Sizes) -> bool:
    """Whether a file is larger, or new."""
    return any(size > before.get(inode, -1) for inode, size in now.items())
