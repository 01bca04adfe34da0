"""Rendering: from resolved handlers to the module's source tree.

Pure: a tree is a mapping of relative paths to text.  ``write`` puts it on disk, and leaves files alone that already
say the same, so that a build does no more than it has to.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from syscord_gen.resolve import Resolved

#: Templates that are only there to be included by others.
PARTIALS = frozenset({"capture/handler.c.j2"})


def render(resolved: Resolved, templates: Path, config: str) -> dict[str, str]:
    """The module's source: every file of ``templates``, the rendered ones without ``.j2``, and ``config.h``."""
    environment = _environment(templates)
    tree = {"config.h": config}
    for path in sorted(templates.rglob("*")):
        name = path.relative_to(templates).as_posix()
        if not path.is_file() or name in PARTIALS:
            continue
        if name.endswith(".j2"):
            tree[name.removesuffix(".j2")] = environment.get_template(name).render(
                resolved=resolved, sources=[file.file.where.file for file in resolved.files]
            )
        else:
            tree[name] = path.read_text(encoding="utf-8")
    return tree


def _environment(templates: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def write(tree: Mapping[str, str], folder: Path) -> list[str]:
    """Write ``tree`` below ``folder``, which is made if missing.  Returns the names of the files that changed."""
    changed = []
    for name, text in sorted(tree.items()):
        path = folder / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        changed.append(name)
    return changed
