"""Rendering: from resolved handlers to the module's source tree.

Pure: a tree is a mapping of relative paths to text.  ``write`` puts it on disk, and leaves files alone that already
say the same, so that a build does no more than it has to.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.meta import find_referenced_templates

from syscord_gen.resolve import Resolved

SUFFIX = ".j2"
#: What ``write`` keeps in the folder that it writes to: the names of its files, a line each.
LIST = ".generated"


class Written(NamedTuple):
    """What ``write`` did: the names of the files that it wrote, because they said something else, and removed."""

    changed: list[str]
    removed: list[str]


class _Templates(Environment):
    """Templates that name each other as C files do: from the folder that they lie in themselves."""

    def join_path(self, template: str, parent: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(parent), template))


def render(resolved: Resolved, templates: Path, config: str) -> dict[str, str]:
    """The module's source: every file of ``templates``, the rendered ones without ``.j2``, and ``config.h``.

    Folders stay as they are. A template that another one includes is rendered there only.
    """
    environment = _Templates(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    files = {path.relative_to(templates).as_posix(): path for path in templates.rglob("*") if path.is_file()}
    texts = {name: path.read_text(encoding="utf-8") for name, path in sorted(files.items())}
    included = _included(environment, {name: text for name, text in texts.items() if name.endswith(SUFFIX)})
    sources = [file.file.where.file for file in resolved.files]
    tree = {"config.h": config}
    for name, text in texts.items():
        if not name.endswith(SUFFIX):
            tree[name] = text
        elif name not in included:
            template = environment.get_template(name)
            tree[name.removesuffix(SUFFIX)] = template.render(resolved=resolved, sources=sources)
    return tree


def _included(environment: Environment, templates: Mapping[str, str]) -> set[str]:
    """The names of those templates that others include."""
    return {
        environment.join_path(other, name)
        for name, text in templates.items()
        for other in find_referenced_templates(environment.parse(text))
        if other
    }


def write(tree: Mapping[str, str], folder: Path) -> Written:
    """Write ``tree`` below ``folder``, which is made if missing; remove what is there of an earlier tree only.

    Files that were not written by this are never touched.
    """
    removed = _remove(folder, _listed(folder) - tree.keys())
    changed = [name for name, text in sorted(tree.items()) if _write_file(folder / name, text)]
    _write_file(folder / LIST, "".join(f"{name}\n" for name in sorted(tree)))
    return Written(changed, removed)


def _listed(folder: Path) -> set[str]:
    """The names of an earlier tree."""
    path = folder / LIST
    return set(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else set()


def _remove(folder: Path, names: set[str]) -> list[str]:
    """Remove those of the files that are there, and nothing outside of the folder. Returns their names."""
    here = folder.resolve()
    there = {name for name in names if (folder / name).is_file()}
    removed = sorted(name for name in there if (folder / name).resolve().is_relative_to(here))
    for name in removed:
        (folder / name).unlink()
    return removed


def _write_file(path: Path, text: str) -> bool:
    """Returns whether the file had to be written."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True
