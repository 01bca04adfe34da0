"""Reading the pages in docs/, so that tests can do what they say.

A fenced block may have an HTML comment in the line before it, which no reader sees.  It says what a test does with
the block:

``run``                     runs it in a machine, as root, in the folder of syscord.ko; it must succeed
``run, fails``              the same, and it must fail
``host``                    runs it on this host
``shows``                   is what the block before it printed; ``…`` stands for anything, alone for any lines
``shows, NAMES vary``       the same, where the values of these fields may differ (``numbers``: any number at all)
``file PATH``               is that file
``instead PATH``            has lines to put in that file, each instead of the one that declares the same name
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
NUMBER = r"0x[0-9a-f]+|\d+"


@dataclass(frozen=True)
class Block:
    """A fenced block: under which heading it stands, the comment before it, what is in it."""

    heading: str
    language: str
    tag: str
    text: str

    @property
    def verb(self) -> str:
        """The tag's first word."""
        return re.split(r"[ ,]", self.tag)[0]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return list(_blocks(page.read_text(encoding="utf-8").splitlines()))


def _blocks(lines: list[str]) -> Iterator[Block]:
    heading = before = ""
    rest = iter(lines)
    for line in rest:
        if line.startswith("```"):
            inside = []
            for text in rest:
                if text == "```":
                    break
                inside.append(text)
            comment = re.fullmatch("<!-- (.*) -->", before)
            yield Block(heading, line.removeprefix("```"), comment[1] if comment else "", "\n".join(inside) + "\n")
        elif line.startswith("#"):
            heading = line.lstrip("# ")
        before = line


def the_file(page: Path, path: str) -> str:
    """What the page says that the file at ``path`` holds."""
    (block,) = (block for block in blocks(page) if block.tag == f"file {path}")
    return block.text


def runs(page: Path) -> dict[str, list[tuple[Block, Block | None]]]:
    """By heading: each block that is run in a machine, with the block that shows what it prints."""
    found: dict[str, list[tuple[Block, Block | None]]] = {}
    every = blocks(page)
    for block, after in zip(every, [*every[1:], None], strict=True):
        if block.verb == "run":
            shown = after if after and after.verb == "shows" and after.heading == block.heading else None
            found.setdefault(block.heading, []).append((block, shown))
    return found


def check_shown(shown: Block, output: str) -> None:
    """Fail unless ``output`` is what the page shows."""
    varying = re.fullmatch("shows(?:, (.*) vary)?", shown.tag)
    assert varying, f"unknown tag: {shown.tag}"
    names = re.split(", | and ", varying[1]) if varying[1] else []
    pattern = _pattern(_without(names, shown.text))
    assert re.fullmatch(pattern, _without(names, output)), (
        f"under '{shown.heading}' the page shows:\n{shown.text}\nbut this was printed:\n{output}"
    )


def _without(names: list[str], text: str) -> str:
    """The text, with what may vary made equal."""
    for name in names:
        text = re.sub(NUMBER, "N", text) if name == "numbers" else re.sub(rf"\b{name}=({NUMBER})", f"{name}=N", text)
    return text


def _pattern(text: str) -> str:
    lines = [r"(?:.*\n)*?" if line == "…" else _line(line) for line in text.splitlines()]
    return "".join(lines)


def _line(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split("…")) + r"\n"


def rows(page: Path, header: str) -> list[list[str]]:
    """The cells of the table whose first column is called ``header``; ``\\|`` does not end a cell."""
    lines = iter(page.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line.startswith(f"| {header} |"):
            break
    else:
        raise AssertionError(f"{page.name} has no table that begins with '{header}'")
    next(lines)
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found


def codes(cell: str) -> list[str]:
    """What stands between backquotes."""
    return re.findall("`([^`]+)`", cell)
