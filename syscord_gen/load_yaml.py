"""YAML text to a tree.  Only what a handler needs of YAML is taken: no anchors, no tags, one document."""

from __future__ import annotations

import yaml

from syscord_gen.model import Where
from syscord_gen.problems import Code, Problem
from syscord_gen.tree import List, Table, Text, Tree

NO_ALIAS = "anchors and aliases are not read. Write the text out, or declare the family in a Python handler file"
NO_TAG = "tags are not read. Leave the '!' word out"
NESTED = "nested too deep. Write a handler as handlers/schema.json describes it"


class _Refused(yaml.MarkedYAMLError):
    """YAML that is valid but that a handler file may not use."""


class _Loader(yaml.SafeLoader):
    """PyYAML's composer, refusing what would make a tree a graph or give a scalar a type of its own."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            raise _Refused(problem=NO_ALIAS, problem_mark=event.start_mark)
        if getattr(event, "tag", None) not in (None, "!"):
            raise _Refused(problem=NO_TAG, problem_mark=event.start_mark)
        return super().compose_node(parent, index)


def load_yaml(text: str, file: str) -> tuple[Tree | None, list[Problem]]:
    """The tree of a YAML document, or None and why it cannot be read."""
    try:
        node = yaml.compose(text, Loader=_Loader)
        return (Text("", Where(file, 1)) if node is None else _tree(node, file)), []
    except yaml.YAMLError as error:
        return None, [_problem(error, text, file)]
    except RecursionError:
        return None, [Problem(Where(file, 1), Code.UNREADABLE, NESTED)]


def _tree(node: yaml.Node, file: str) -> Tree:
    where = Where(file, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return Table(tuple((_key(key, file), _tree(value, file)) for key, value in node.value), where)
    if isinstance(node, yaml.SequenceNode):
        return List(tuple(_tree(item, file) for item in node.value), where)
    return Text(_scalar(node), where)


def _key(node: yaml.Node, file: str) -> Text:
    """A key; one that is itself a list or a mapping becomes a text that no handler knows, and so an unknown key."""
    where = Where(file, node.start_mark.line + 1)
    return Text(_scalar(node) if isinstance(node, yaml.ScalarNode) else "{...}", where)


def _scalar(node: yaml.Node) -> str:
    """The scalar as written; a plain ``~`` or ``null`` is as empty as nothing at all."""
    null = node.tag == "tag:yaml.org,2002:null"
    return "" if null else str(node.value).strip()


def _problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    if isinstance(error, _Refused) and error.problem_mark is not None:
        return Problem(Where(file, error.problem_mark.line + 1), Code.UNREADABLE, str(error.problem))
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        said = (str(error.problem or "").removeprefix("but "), error.context)
        what = " ".join(", ".join(part for part in said if part).split())
        advice = "Check the indentation, the colons and the quotes here and in the line above"
        return Problem(Where(file, error.problem_mark.line + 1), Code.UNREADABLE, f"not YAML: {what}. {advice}")
    position = getattr(error, "position", 0)
    what = "not YAML: a character that no YAML file may have. Delete it, or write it as an escape in double quotes"
    return Problem(Where(file, text.count("\n", 0, position) + 1), Code.UNREADABLE, what)
