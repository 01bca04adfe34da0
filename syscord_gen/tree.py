"""What a handler file says before anyone asks what it means: texts, lists and tables, each with its place.

YAML and Python files both become such a tree, so that one reader (``shape``) checks and converts both.  Every scalar
is text, exactly as written: ``no``, ``on`` and ``010`` mean nothing until a key's declared kind says what they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from syscord_gen.model import Where


@dataclass(frozen=True)
class Text:
    """A scalar, as written."""

    value: str
    where: Where


@dataclass(frozen=True)
class List:
    """A sequence; its place is that of its first item or bracket."""

    items: tuple[Tree, ...]
    where: Where


@dataclass(frozen=True)
class Table:
    """A mapping, in the order written, with any duplicate keys still in it."""

    entries: tuple[tuple[Text, Tree], ...]
    where: Where


Tree = Text | List | Table


def describe(tree: Tree) -> str:
    """What the tree is, in the words of an error message."""
    if isinstance(tree, Text):
        return f"'{tree.value}'" if tree.value else "nothing"
    return "a list" if isinstance(tree, List) else "a mapping"
