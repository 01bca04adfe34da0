"""The programs' promises: what they said that the record must hold, beside what it holds."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

BEGIN = "close, fd=-7701, res=-9"  # as in programs/lib/expect.h
END = "close, fd=-7702, res=-9"
WHO = re.compile(r"pid=(\d+)(?:, tid=(\d+))?, (.*)")
LATE = re.compile(r"\((?:(fault)\+)?late\?\)")

Thread = tuple[int, int]


@dataclass
class Promise:
    """What one program said: the lines that it expects of each thread, and its troubles if it had any."""

    name: str
    expected: dict[Thread, list[str]] = field(default_factory=lambda: defaultdict(list))
    troubles: list[str] = field(default_factory=list)


def names(source: Path) -> list[str]:
    """The promises in a C file."""
    return re.findall(r"^PROMISE\((\w+)\)", source.read_text(), re.MULTILINE)


def read(output: str) -> dict[str, Promise]:
    """What the programs printed, by promise."""
    promises: dict[str, Promise] = {}
    promise = Promise("")
    for line in output.splitlines():
        if line.startswith("= "):
            promise = promises[line[2:]] = Promise(line[2:])
        elif line.startswith("! "):
            promise.troubles.append(line[2:])
        else:
            promise.expected[thread(line)].append(line)
    return promises


def thread(line: str) -> Thread:
    """Whose a record is."""
    who = WHO.match(line)
    assert who, f"neither a record nor an expectation: {line!r}"
    return int(who[1]), int(who[2] or who[1])


def by_thread(lines: Iterable[str]) -> dict[Thread, list[str]]:
    """Records, each thread's for itself: nobody promises in which order two threads make their calls."""
    threads: dict[Thread, list[str]] = defaultdict(list)
    for line in lines:
        threads[thread(line)].append(line)
    return threads


def between_marks(lines: Sequence[str]) -> list[str]:
    """What of a thread's records is to be compared; all if it made no mark."""
    kept: list[str] = []
    keeping = not any(line.endswith(f", {BEGIN}") for line in lines)
    for line in lines:
        if line.endswith(f", {BEGIN}"):
            keeping = True
        elif line.endswith(f", {END}"):
            keeping = False
        elif keeping:
            kept.append(line)
    return kept


def settle(expected: Sequence[str], recorded: Sequence[str]) -> list[str]:
    """The expected lines, with "(late?)" made what the record says: both are right, as the kernel is free in that."""
    return [
        now if now == (line := _soon(wanted)) else line if line == wanted else _late(wanted)
        for wanted, now in zip_longest(expected, recorded)
        if wanted is not None
    ]


def _soon(line: str) -> str:
    return LATE.sub(lambda found: f"({found[1]})" if found[1] else "", line)


def _late(line: str) -> str:
    return line.replace("late?", "late")
