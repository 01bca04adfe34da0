"""What Python files import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from tests.rooms.tree import Arrow, Tree

INIT = "/__init__.py"
DYNAMIC = ("import_module", "__import__")


def imports(tree: Tree) -> list[Arrow]:
    """All imports of ours, anywhere in a file: also those for types only, and in functions.

    Who imports a module imports its packages, too: the ``__init__.py`` of each that is not the importing file's own
    counts, if it imports something itself.
    """
    direct = {file: list(_direct(tree, file)) for file in tree.python}
    found = []
    for file, arrows in direct.items():
        for arrow in arrows:
            found.append(arrow)
            packages = (package for package in _packages(arrow.to) if package not in (*_packages(file), arrow.to))
            found += (Arrow(file, arrow.line, package, arrow.what) for package in packages if direct.get(package))
    return found


def is_bare(tree: Tree, file: str) -> bool:
    """Whether a file says nothing but what it is for."""
    body = ast.parse(tree.text(file)).body
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


def _packages(file: str) -> list[str]:
    """The ``__init__.py`` of each package that a file is in, whether there or not."""
    folders = file.split("/")[:-1]
    return ["/".join(folders[: i + 1]) + INIT for i in range(len(folders))]


def _direct(tree: Tree, file: str) -> Iterator[Arrow]:
    for node in ast.walk(ast.parse(tree.text(file))):
        match node:
            case ast.Import():
                wanted = [alias.name for alias in node.names]
            case ast.ImportFrom():
                base = _base(file, node)
                wanted = [f"{base}.{alias.name}".lstrip(".") for alias in node.names]
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(text)), *_]):
                wanted = [text] if name in DYNAMIC else []
            case _:
                continue
        for target in map(partial(_find, tree, file), wanted):
            if target and target != file:
                yield Arrow(file, node.lineno, target, f"imports {target}")


def _base(file: str, node: ast.ImportFrom) -> str:
    """The module that names are imported from, with the dots before it resolved."""
    if not node.level:
        return node.module or ""
    package = file.split("/")[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def _find(tree: Tree, file: str, name: str) -> str | None:
    """The file of a module, or of the one that the name is in; None if it is not ours."""
    words = name.split(".")
    for folder in _search_path(tree, file):
        for count in range(len(words), 0, -1):
            stem = folder + "/".join(words[:count])
            for path in (f"{stem}.py", stem + INIT):
                if path in tree.files:
                    return path
    return None


def _search_path(tree: Tree, file: str) -> Iterator[str]:
    """Where its modules are looked for: at the root; and beside a file of no package, or above that, as pytest does."""
    yield ""
    folder = file.rpartition("/")[0]
    while folder and folder + INIT not in tree.files:
        yield f"{folder}/"
        folder = folder.rpartition("/")[0]
