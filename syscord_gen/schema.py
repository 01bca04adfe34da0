"""The JSON Schema of handler files, for editors, from the same description that the reader follows (``keys``)."""

from __future__ import annotations

import json
from typing import Any

from syscord_gen.keys import (
    HANDLER_FILE,
    IDENTIFIER,
    SYMBOL_FILE,
    Choice,
    Entries,
    Flag,
    Key,
    Kind,
    ListOf,
    Record,
    Word,
)

Schema = dict[str, Any]

# What the YAML language server, and with it most editors, knows best.
DRAFT = "http://json-schema.org/draft-07/schema#"
NOT_BLANK = r"\S"


def render_handler_schema() -> str:
    """The text of ``handlers/schema.json``."""
    return _render("A syscord handler file", HANDLER_FILE)


def render_symbol_schema() -> str:
    """The text of ``handlers/symbols/schema.json``."""
    return _render("A syscord symbol file", SYMBOL_FILE)


def _render(title: str, kind: Kind) -> str:
    definitions: dict[str, Schema] = {}
    root = _schema(kind, definitions)
    if "$ref" in root:
        root = definitions.pop(str(root["$ref"]).rpartition("/")[2])
    whole = {"$schema": DRAFT, "title": title, **root, "definitions": dict(sorted(definitions.items()))}
    return json.dumps(whole, indent=2) + "\n"


def _schema(kind: Kind, definitions: dict[str, Schema]) -> Schema:
    """The schema of one kind; records go to ``definitions`` and are referred to."""
    match kind:
        case Word():
            return _word(kind)
        case Flag():
            return {"type": "boolean"}
        case Choice():
            return {"enum": list(kind.texts)}
        case ListOf():
            return {"type": "array", "minItems": 1, "items": _schema(kind.item, definitions)}
        case Entries():
            return {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": _whole(IDENTIFIER.pattern)},
                "additionalProperties": _schema(kind.record, definitions),
            }
        case Record():
            return _record(kind, definitions)


def _word(word: Word) -> Schema:
    if word.number:
        return {"anyOf": [{"type": "string", "pattern": _whole(word.pattern)}, {"type": "integer", "minimum": 1}]}
    text = {"type": "string", "pattern": _whole(word.pattern) if word.pattern else NOT_BLANK}
    return {"anyOf": [{"enum": list(word.known)}, text]} if word.known else text


def _record(record: Record, definitions: dict[str, Schema]) -> Schema:
    name = record.title.replace(" ", "_")
    if name not in definitions:
        definitions[name] = {
            "type": "object",
            "required": [key.name for key in record.keys if key.required],
            "additionalProperties": False,
            "properties": {key.name: _key(key, definitions) for key in record.keys},
        }
    return {"$ref": f"#/definitions/{name}"}


def _key(key: Key, definitions: dict[str, Schema]) -> Schema:
    return {"description": key.doc, **_schema(key.kind, definitions)}


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"
