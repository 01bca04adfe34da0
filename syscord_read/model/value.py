"""What the value of a field can be, and the number that text says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Missing(Enum):
    """Stands for a value that is not there: it could not be read, or its pointer was NULL."""

    FAULT = "<fault>"
    NULL = "<null>"


@dataclass(frozen=True)
class Cut:
    """A string in a list, of which only the beginning was kept; ``fault``: the rest could not be read."""

    beginning: bytes
    fault: bool = False


#: The value of a field: an integer; bytes of texts, content and addresses; Missing.NULL and Missing.FAULT; tuples for
#: lists (a string of which only the beginning was kept is a Cut, one of which nothing was is Missing.FAULT); mappings
#: from label to integer for structs.  From a text record, integers are bytes as they are written there, but for
#: members of structs.
Value = int | bytes | Missing | Cut | tuple["Value", ...] | Mapping[str, int]

#: Integers of 64 bits, with or without a sign, and the most characters that one has (in octal, with its 0).
S64_MIN, U64_MAX = -(1 << 63), (1 << 64) - 1
DIGITS_MAX = 23

#: What the text record takes for a number.
INTEGER = re.compile(r"0x[0-9a-f]+|-?[0-9]+")
_OCTAL = re.compile(r"0[0-7]+")


def parse_integer(value: object) -> int:
    """The number that bytes say: decimal, 0x... or, as in C, octal with a leading 0.

    ValueError if they say none, or one that has not 64 bits: no process can have given it.
    """
    text = value[: DIGITS_MAX + 1].decode("ascii", "replace") if isinstance(value, bytes) else ""
    if not INTEGER.fullmatch(text):
        raise ValueError(f"{value!r} is no number")
    number = int(text, 8) if _OCTAL.fullmatch(text) else int(text, 0)
    if len(text) > DIGITS_MAX or not S64_MIN <= number <= U64_MAX:
        raise ValueError(f"{value!r} has more than 64 bits")
    return number
