"""What can be wrong with handler files, and how it is said.

A problem has a place, a code that tests and tools can compare, and one line of text: what is wrong, then what to write
instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum

from syscord_gen.model import Where


class Code(Enum):
    """The kinds of problem, in the order of the phases that find them."""

    # shape: what can be said of a file alone
    UNREADABLE = "unreadable"
    PYTHON = "python"
    FILE_NAME = "file-name"
    NO_FILES = "no-files"
    WRONG_KIND = "wrong-kind"
    EMPTY = "empty"
    UNKNOWN_KEY = "unknown-key"
    DUPLICATE_KEY = "duplicate-key"
    MISSING_KEY = "missing-key"
    BAD_VALUE = "bad-value"
    # names: what is called by the same name, or by one that does not exist
    DUPLICATE = "duplicate"
    UNKNOWN_SYSCALL = "unknown-syscall"
    TYPE_TAKEN = "type-taken"
    LABEL_TWICE = "label-twice"
    LABEL_RESERVED = "label-reserved"
    # references: what a name must lead to
    UNKNOWN_TYPE = "unknown-type"
    UNKNOWN_SYMBOLS = "unknown-symbols"
    UNKNOWN_MEMBER = "unknown-member"
    UNKNOWN_ARGUMENT = "unknown-argument"
    UNKNOWN_LENGTH = "unknown-length"
    # meaning: what cannot be recorded as declared
    TOO_MANY_ARGUMENTS = "too-many-arguments"
    NO_DIRECTION = "no-direction"
    DIRECTION_KIND = "direction-kind"
    SKIP = "skip"
    LENGTH_MISSING = "length-missing"
    LENGTH_NEEDLESS = "length-needless"
    LENGTH_ITSELF = "length-itself"
    LENGTH_KIND = "length-kind"
    LENGTH_RET = "length-ret"
    ROOM_KIND = "room-kind"
    RECV_FLAGS_KIND = "recv-flags-kind"
    MEMBERS_KIND = "members-kind"
    NOT_INTEGER = "not-integer"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a handler file; ``text`` says what, and what to write instead.

    ``inside`` is the place of the declaration that could not be read whole because of it, if there is one.
    """

    where: Where
    code: Code
    text: str
    inside: Where | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.where}: error: {self.text}"


def by_place(problems: Iterable[Problem]) -> list[Problem]:
    """The problems in the order in which a reader of the files meets them, each said once."""
    return sorted(set(problems), key=lambda problem: (problem.where, problem.text))


def hint(word: str, known: Iterable[str], otherwise: str) -> str:
    """What to write instead of ``word``: the nearest known name, or what ``otherwise`` advises."""
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else otherwise


def one_of(words: Iterable[str]) -> str:
    """The advice to choose among a few words."""
    return f"Write one of: {', '.join(words)}"
