"""Values as the module writes them to a text record: docs/record-format.md in a few lines."""

from __future__ import annotations

ESCAPES = {b"\n": "\\n", b"\t": "\\t", b"\r": "\\r", b'"': '\\"', b"\\": "\\\\"}


def quote(value: bytes, special: bytes = b',"\\') -> str:
    """A value as the module writes it: docs/record-format.md in a few lines."""
    characters = [bytes([byte]) for byte in value]
    plain = all(b" " <= c <= b"~" and c not in special for c in characters)
    if plain and value and value[:1] not in b"<[{":
        return value.decode()
    return '"' + "".join(map(escape, characters)) + '"'


def escape(c: bytes) -> str:
    """One character between quotes."""
    if c in ESCAPES:
        return ESCAPES[c]
    return c.decode() if b" " <= c <= b"~" else f"\\{c[0]:03o}"


def quote_element(value: bytes) -> str:
    """A string as the module writes it in a list."""
    quoted = quote(value, b',"\\ []{}')
    return f'"{quoted}"' if quoted == value.decode("latin-1") and quoted.endswith("...") else quoted
