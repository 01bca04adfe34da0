"""Handler files to the model: the first phase of checking, *shape*."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from syscord_gen.keys import HANDLER_FILE, SYMBOL_FILE, Entries, Record
from syscord_gen.load_python import load_python
from syscord_gen.load_yaml import load_yaml
from syscord_gen.model import HandlerFile, Model, Symbols, Where
from syscord_gen.problems import Code, Problem, by_place
from syscord_gen.shape import read

STEM = "[a-z][a-z0-9_]*"


def load(folder: Path) -> tuple[Model, list[Problem]]:
    """The model of every ``*.yaml`` and ``*.py`` in ``folder`` and every ``symbols/*.yaml``, and what is wrong in them.

    Files are taken in the order of their names.  Places are given from the folder's parent: ``handlers/file.yaml``.
    Nothing is raised for what the files say; where there are problems the model is what could be read.
    """
    paths = _paths(folder)
    problems = _misnamed(folder, paths)
    files: list[HandlerFile] = []
    symbols: list[Symbols] = []
    for path in paths:
        file = path.relative_to(folder.parent).as_posix()
        if path.parent != folder:
            value, found = _read(path, file, SYMBOL_FILE, "the symbol file")
            symbols += value or ()
        else:
            value, found = _read(path, file, HANDLER_FILE, "the handler file")
            files += [HandlerFile(stem=path.stem, where=Where(file, 1), **value)] if value is not None else []
        problems += found
    return Model(tuple(files), tuple(symbols)), by_place(problems)


def _paths(folder: Path) -> list[Path]:
    """The files to read, handlers before symbols."""
    found = [path for path in folder.glob("*") if path.suffix in (".yaml", ".py")]
    found += folder.glob("symbols/*.yaml")
    return sorted(path for path in found if not path.name.startswith((".", "__")))


def _misnamed(folder: Path, paths: list[Path]) -> list[Problem]:
    """Files that would be passed over in silence, or that cannot give a build option its name; no file at all."""
    problems = []
    for path in sorted((*folder.glob("*.yml"), *folder.glob("symbols/*.yml"))):
        text = f"'{path.name}' is not read. Call it '{path.stem}.yaml'"
        problems.append(Problem(Where(path.relative_to(folder.parent).as_posix(), 1), Code.FILE_NAME, text))
    for path in paths:
        if not re.fullmatch(STEM, path.stem):
            text = f"'{path.name}' cannot name an option of the build. Call it by small letters, digits and '_'"
            problems.append(Problem(Where(path.relative_to(folder.parent).as_posix(), 1), Code.FILE_NAME, text))
    if not paths:
        text = "there are no handler files here. Name the folder that has them, or write a first 'file.yaml' in it"
        problems.append(Problem(Where(folder.name, 1), Code.NO_FILES, text))
    return problems


def _read(path: Path, file: str, kind: Record | Entries, what: str) -> tuple[Any, list[Problem]]:
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        advice = "Make it a file that can be read"
        return None, [Problem(Where(file, 1), Code.UNREADABLE, f"cannot be read: {error.strerror}. {advice}")]
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return None, [Problem(Where(file, line), Code.UNREADABLE, "not UTF-8. Save the file in that encoding")]
    tree, problems = load_python(text, file) if path.suffix == ".py" else load_yaml(text, file)
    if tree is None:
        return None, problems
    value, found = read(kind, tree, what)
    return value, problems + found
