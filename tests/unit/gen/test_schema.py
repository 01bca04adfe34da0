"""The JSON Schema says of a file what the reader says: an editor and ``check`` cannot disagree."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from syscord_gen.check import check, load_and_check
from syscord_gen.keys import HANDLER_FILE, SYMBOL_FILE, Entries, Record
from syscord_gen.load_yaml import load_yaml
from syscord_gen.model import HandlerFile, Model, Where
from syscord_gen.problems import Code
from syscord_gen.schema import render_handler_schema, render_symbol_schema
from syscord_gen.shape import read
from tests.unit.specs import BAD, GOOD, HANDLERS, data_of, folder_with

HANDLER = Draft7Validator(json.loads(render_handler_schema()))
SYMBOL = Draft7Validator(json.loads(render_symbol_schema()))
SHAPE = {Code.WRONG_KIND, Code.EMPTY, Code.UNKNOWN_KEY, Code.MISSING_KEY, Code.BAD_VALUE}


class EditorLoader(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors read it: ``no`` and ``on`` are words."""


EditorLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"true|false", "tf"),
    ("int", r"-?[0-9]+", "-0123456789"),
    ("null", r"~|null|", ["~", "n", ""]),
):
    EditorLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


def validator(path: Path) -> Draft7Validator:
    return SYMBOL if path.parent.name == "symbols" else HANDLER


def good_files() -> list[Path]:
    return sorted((*GOOD.rglob("*.yaml"), *HANDLERS.rglob("*.yaml")))


def shape_problem_lines(fixture: Path, tmp_path: Path) -> tuple[set[int], bool]:
    """The lines with problems of shape, and whether the schema can be asked at all."""
    problems = load_and_check(folder_with(fixture, tmp_path))[1]
    askable = not {problem.code for problem in problems} & {Code.UNREADABLE, Code.DUPLICATE_KEY}
    return {problem.where.line for problem in problems if problem.code in SHAPE}, askable


def entries(text: str) -> Iterator[tuple[dict[str, Any], range]]:
    """Each syscall or struct of a handler file as a file of its own, and the lines it came from."""
    root = yaml.compose(text)
    for section, node in root.value if isinstance(root, yaml.MappingNode) else ():
        if section.value not in ("syscalls", "structs") or not isinstance(node, yaml.MappingNode):
            continue
        data = yaml.load(text, EditorLoader)[section.value]
        for key, value in node.value:
            lines = range(key.start_mark.line + 1, max(value.end_mark.line, key.start_mark.line + 1) + 1)
            yield {"title": "One", section.value: {key.value: data[key.value]}}, lines


@pytest.mark.parametrize(("path", "text"), [
    (HANDLERS / "schema.json", render_handler_schema()),
    (HANDLERS / "symbols" / "schema.json", render_symbol_schema()),
], ids=["handlers", "symbols"])  # fmt: skip
def test_the_schema_in_the_tree_is_current(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "run: python -m syscord_gen schema"


@pytest.mark.parametrize("schema", [HANDLER.schema, SYMBOL.schema], ids=["handlers", "symbols"])
def test_the_schema_is_one(schema: dict[str, Any]) -> None:
    Draft7Validator.check_schema(schema)


@pytest.mark.parametrize("path", good_files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_good_file_fits_the_schema(path: Path) -> None:
    data = yaml.load(path.read_text(encoding="utf-8"), EditorLoader)
    assert [error.message for error in validator(path).iter_errors(data)] == []


@pytest.mark.parametrize("fixture", sorted(BAD.rglob("*.yaml")), ids=lambda path: path.name)
def test_a_file_of_bad_shape_does_not_fit_the_schema(fixture: Path, tmp_path: Path) -> None:
    lines, askable = shape_problem_lines(fixture, tmp_path)
    if askable:
        data = yaml.load(fixture.read_text(encoding="utf-8"), EditorLoader)
        assert validator(fixture).is_valid(data) == (not lines)


@pytest.mark.parametrize("fixture", sorted(BAD.glob("*.yaml")), ids=lambda path: path.name)
def test_the_schema_refuses_the_same_declarations_as_the_reader(fixture: Path, tmp_path: Path) -> None:
    lines, askable = shape_problem_lines(fixture, tmp_path)
    if askable:
        for data, own in entries(fixture.read_text(encoding="utf-8")):
            assert HANDLER.is_valid(data) == lines.isdisjoint(own), data


@settings(max_examples=300)
@given(st.data())
@pytest.mark.parametrize("kind", [HANDLER_FILE, SYMBOL_FILE], ids=["handlers", "symbols"])
def test_reader_and_schema_agree_on_any_data(kind: Record | Entries, data: st.DataObject) -> None:
    value = data.draw(data_of(kind))
    tree, problems = load_yaml(json.dumps(value), "handlers/a.yaml")
    assert tree is not None
    _, problems = read(kind, tree, "the file")
    schema = HANDLER if kind is HANDLER_FILE else SYMBOL
    assert schema.is_valid(value) == (not problems)


@settings(max_examples=300)
@given(data_of(HANDLER_FILE))
def test_no_data_breaks_the_later_phases(value: dict[str, Any]) -> None:
    tree, _ = load_yaml(json.dumps(value), "handlers/a.yaml")
    assert tree is not None
    fields, _ = read(HANDLER_FILE, tree, "the file")
    model = Model((HandlerFile(stem="a", where=Where("handlers/a.yaml", 1), **fields),))
    assert all(problem.text for problem in check(model))
