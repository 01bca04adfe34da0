"""What C files include, use and call."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping

from tests.rooms.c_text import CText
from tests.rooms.tree import Arrow, Tree

#: Where the compiler looks besides the including file's own folder.
INCLUDE_PATH = ("kmod_templates", "tests/guest/programs/lib")
#: Names of those files that a build makes.
MADE_FILES = ("config.h", "names_64.inc", "names_32.inc", "names_x32.inc")
#: What the module's names begin with, so that they are nobody else's.
PREFIX = "syscord_"

Texts = Mapping[str, CText]


def read(tree: Tree) -> dict[str, CText]:
    """All C files of a tree."""
    return {file: CText(tree.text(file)) for file in tree.c}


def includes(tree: Tree, texts: Texts) -> tuple[list[Arrow], list[str]]:
    """Who includes whom; and what is wrong: includes of files that are neither here nor made by a build."""
    arrows, faults = [], []
    for file, text in texts.items():
        for quote, name, line in text.includes:
            target = _find(tree, file, name, own_folder=quote == '"')
            if target:
                arrows.append(Arrow(file, line, target, f"includes {target}"))
            elif quote == '"' and posixpath.basename(name) not in MADE_FILES:
                faults.append(f'{file}:{line}: there is no "{name}", here or where the compiler looks: write its path')
    return arrows, faults


def _find(tree: Tree, file: str, name: str, *, own_folder: bool) -> str | None:
    folders = [posixpath.dirname(file)] if own_folder else []
    folders += [folder for folder in INCLUDE_PATH if _program(folder) == _program(file)]
    paths = (posixpath.normpath(posixpath.join(folder, name)) for folder in folders)
    return next((path for path in paths if path in tree.files), None)


def uses(texts: Texts) -> list[Arrow]:
    """Who uses a function or variable that another file defines; the definition decides, wherever it is declared.

    A name without the module's prefix may be that of a local variable, so only calls of it count.
    """
    return list(_uses(texts, calls_only=False))


def calls(texts: Texts) -> list[Arrow]:
    """Who calls a function that another file defines, a .c file and its header being one.

    A function that is handed over, not called, is no arrow.
    """
    return [arrow for arrow in _uses(texts, calls_only=True) if unit(arrow.by) != unit(arrow.to)]


def unit(file: str) -> str:
    """A file without its suffixes."""
    folder, _, name = file.rpartition("/")
    return f"{folder}/{name.partition('.')[0]}".lstrip("/")


def _uses(texts: Texts, *, calls_only: bool) -> Iterator[Arrow]:
    definers = _definers(texts)
    for file, text in texts.items():
        own = {*text.functions, *text.variables}
        for use in text.uses:
            if use.name in own or not (use.called or (use.name.startswith(PREFIX) and not calls_only)):
                continue
            for other in definers[_program(file), use.name]:
                if not calls_only or use.name in texts[other].functions:
                    yield Arrow(file, use.line, other, f"{'calls' if use.called else 'uses'} {use.name} of {other}")


def _definers(texts: Texts) -> Mapping[tuple[str, str], list[str]]:
    """Who defines a name for others: what is not static, and in headers also what is."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for file, text in texts.items():
        for name, (_, static) in (text.functions | text.variables).items():
            if not static or ".h" in posixpath.basename(file):
                found[_program(file), name].append(file)
    return found


def unprefixed(texts: Texts, folder: str) -> list[str]:
    """What the C files below a folder define for others without the module's prefix."""
    return [
        f"{file}:{line}: {name} is seen by all files: make it static, or call it {PREFIX}{name}"
        for file, text in texts.items()
        if file.startswith(f"{folder}/") and file.endswith((".c", ".c.j2"))
        for name, (line, static) in (text.functions | text.variables).items()
        if not static and not name.startswith(PREFIX)
    ]


def _program(file: str) -> str:
    """Files of different folders at the root are never linked together."""
    return file.partition("/")[0]
