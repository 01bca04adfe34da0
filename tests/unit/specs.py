"""What the tests of loading and checking share: folders of handlers made from fixtures and from text."""

from __future__ import annotations

import re
import shutil
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from syscord_gen.keys import Choice, Entries, Flag, Kind, ListOf, Record, Word
from syscord_gen.model import Where

ROOT = Path(__file__).parents[2]
HANDLERS = ROOT / "handlers"
FIXTURES = ROOT / "tests/unit/gen"
GOOD = FIXTURES / "good"
BAD = FIXTURES / "bad"
GOLDEN = FIXTURES / "golden"


def bad_specs() -> list[Path]:
    """Every fixture that is wrong."""
    return sorted(path for path in BAD.rglob("*") if path.is_file())


def folder_with(fixture: Path, tmp_path: Path) -> Path:
    """A folder of the good handlers and ``fixture``, whose ``.txt`` only keeps other tools from reading it."""
    folder = tmp_path / "handlers"
    shutil.copytree(GOOD, folder)
    shutil.copy(fixture, folder / fixture.relative_to(BAD).with_name(fixture.name.removesuffix(".txt")))
    return folder


def folder_of(tmp_path: Path, **files: str) -> Path:
    """A folder of handlers with the given texts: ``file_yaml="title: ..."`` becomes ``file.yaml``."""
    folder = tmp_path / "handlers"
    folder.mkdir()
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        (folder / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
    return folder


def expected_errors(text: str) -> list[tuple[int, str]]:
    """The line and the text of every ``# ERROR: ...`` comment; a line may have several."""
    return [
        (number, error.strip())
        for number, line in enumerate(text.splitlines(), start=1)
        for error in re.split(r"# ERROR:", line)[1:]
    ]


def placeless(value: Any) -> Any:
    """A model object as plain data, its places left out."""
    if is_dataclass(value) and not isinstance(value, type):
        kept = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: placeless(item) for name, item in kept if not isinstance(item, Where)}
    return tuple(placeless(item) for item in value) if isinstance(value, tuple) else value


def data_of(kind: Kind) -> st.SearchStrategy[Any]:
    """Plain data that mostly fits ``kind``."""
    words = st.sampled_from(
        ["x", "x.y", "linux/a.h", "asm/b/c.h", "../c.h", "struct x", "int", "ret", "0", "a b", "-", ""]
    )
    match kind:
        case Word():
            fitting: st.SearchStrategy[Any] = words | (st.integers(-1, 20) if kind.number else st.nothing())
        case Flag():
            fitting = st.booleans()
        case Choice():
            fitting = st.sampled_from(kind.texts) | words
        case ListOf():
            fitting = st.lists(data_of(kind.item), max_size=2)
        case Entries():
            fitting = st.dictionaries(words, data_of(kind.record), max_size=2)
        case Record():
            required = {key.name: data_of(key.kind) for key in kind.keys if key.required}
            optional = {key.name: data_of(key.kind) for key in kind.keys if not key.required}
            fitting = st.fixed_dictionaries(required, optional={**optional, "other": words})
    return fitting
