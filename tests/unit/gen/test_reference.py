"""The reference page says of every handler what it records and when it is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from syscord_gen.check import load_and_check
from syscord_gen.load import load
from syscord_gen.reference import render_reference
from tests.unit.specs import GOOD, HANDLERS, ROOT, folder_of

PAGE = ROOT / "docs" / "handlers.md"


def page_of(folder: Path) -> str:
    model, problems = load_and_check(folder)
    assert problems == []
    return render_reference(model)


def section(page: str, heading: str) -> list[str]:
    """The lines of one syscall's section."""
    return re.split(r"^#+ ", page.split(f"### {heading}\n")[1], flags=re.MULTILINE)[0].strip().splitlines()


def test_the_page_in_the_tree_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_of(HANDLERS), "run: python -m syscord_gen reference"


def test_a_syscall_has_a_row_for_each_field_with_when_it_is_read() -> None:
    assert section(page_of(GOOD), "ppoll") == [
        "Wait for events.",
        "",
        "| field | argument | type | read | values |",
        "| --- | --- | --- | --- | --- |",
        "| `fds` | `ufds` | [`pollfd`](#struct-pollfd) (`fd`, `events`), length `nfds` | entry, and again at exit | |",
        "| `nfds` | `nfds` | `unsigned int` | register | |",
        "| `res` | | `int` | result | |",
        "| `ready` | `ufds` | [`pollfd`](#struct-pollfd) (`fd`, `revents`), length `nfds` | exit | |",
    ]


@pytest.mark.parametrize(
    ("name", "keys", "note"),
    [
        ("exit", "never_returns: true", "- It never returns, so its record is written at entry and has no `res`."),
        ("open", "ret: fd", "- arm64 has no such syscall."),
        ("waitpid", "ret: pid_t", "- arm64 and x86_64 have no such syscall."),
    ],
)
def test_what_is_special_is_noted(name: str, keys: str, note: str, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, a_yaml=f"title: A\nsyscalls:\n  {name}:\n    doc: Do.\n    {keys}\n")
    assert note in section(page_of(folder), name)


def test_every_syscall_and_symbol_set_has_a_section_and_every_link_a_target() -> None:
    page = page_of(HANDLERS)
    headings = re.findall(r"^##+ (.*)$", page, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}
    model = load(HANDLERS)[0]
    assert {syscall.name for syscall in model.syscalls} <= set(headings)
    assert {f"symbols {symbols.name}" for symbols in model.symbols} <= set(headings)
    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= anchors
    assert len(headings) == len(set(headings))
