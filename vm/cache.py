"""Keep what is expensive to make, under a key of all that it is made from."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

UNUSED_S = 30 * 24 * 3600


def root() -> Path:
    """The folder of everything cached: $XDG_CACHE_HOME/syscord, by default ~/.cache/syscord."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "syscord"


def key(*ingredients: object) -> str:
    """A short name that changes when any of INGREDIENTS does. A Path stands for the file's content."""
    digest = hashlib.sha256()
    for ingredient in ingredients:
        data = ingredient.read_bytes() if isinstance(ingredient, Path) else str(ingredient).encode()
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()[:16]


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Be the only process that works on NAME. Waits for the other one, which tells its own progress."""
    path = root() / "locks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def path_of(kind: str, name: str) -> Path:
    """Where the cached KIND of that NAME stands, or will."""
    return root() / kind / name


def get(kind: str, name: str, make: Callable[[Path], None]) -> Path:
    """The folder of that KIND and NAME; where there is none yet, MAKE fills it.

    MAKE gets an empty folder that is renamed when MAKE returns, so that a half-made one is never seen.
    """
    final = path_of(kind, name)
    if not final.exists():
        with locked(f"{kind}-{name}"):
            if not final.exists():
                _make(final, make)
                _remove_unused(final.parent)
    os.utime(final)
    return final


def _make(final: Path, make: Callable[[Path], None]) -> None:
    making = final.with_name(f".making-{final.name}")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    try:
        make(making)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    # What was unpacked brought its own time, which may be long ago.
    os.utime(making)
    making.rename(final)


def _remove_unused(kind: Path) -> None:
    """Debian has a new kernel every few weeks: what was not used for long is not worth its room."""
    for path in kind.iterdir():
        if time.time() - path.stat().st_mtime > UNUSED_S:
            shutil.rmtree(path, ignore_errors=True)
