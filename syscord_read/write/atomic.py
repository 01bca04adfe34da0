"""Output that is there as a whole or not at all: it is written under another name, then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from syscord_read.errors import ReadError, UsageError


class WriteError(ReadError):
    """Something that cannot be written.  Its text is one line, meant for the user."""


@contextmanager
def atomic_file(path: Path, *, force: bool = False) -> Iterator[BinaryIO]:
    """A file to write to.  If that fails, nothing is left, and what was there before still is.

    UsageError if there is something already and ``force`` is not given, or if that is no plain file.
    """
    path = path.resolve()
    _check(path, force=force, sound=Path.is_file, what="no plain file")
    temporary = _temporary_name(path)
    try:
        with _as_write_error(path), temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path, ours: Callable[[Path], bool], *, force: bool = False) -> Iterator[Path]:
    """The same for a folder.  Only one that is ``ours``, which says what was made here, is ever replaced."""
    path = path.resolve()
    _check(path, force=force, sound=ours, what="something else")
    temporary = _temporary_name(path)
    try:
        with _as_write_error(path):
            temporary.mkdir()
            yield temporary
            _replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _replace(temporary: Path, path: Path) -> None:
    """Give a folder its name; what had that before is removed."""
    if path.exists():
        before = _temporary_name(path)
        path.rename(before)
        temporary.rename(path)
        shutil.rmtree(before)
    else:
        temporary.rename(path)


def _check(path: Path, *, force: bool, sound: Callable[[Path], bool], what: str) -> None:
    if not path.exists():
        return
    if not sound(path):
        raise UsageError(f"{path} is {what}: give another name")
    if not force:
        raise UsageError(f"{path} is there already: give another name, or --force to replace it")


def _temporary_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")


@contextmanager
def _as_write_error(path: Path) -> Iterator[None]:
    """OSError as a line that says where."""
    try:
        yield
    except OSError as error:
        raise WriteError(path, f"it cannot be written: {error.strerror or error}") from None
