"""Numbers as people read them."""

from __future__ import annotations

_SECOND = 1_000_000_000
_BYTES = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def duration(nanoseconds: float) -> str:
    """A time in three digits: 951 ns, 7.01 µs, 1.25 ms, 12.4 s; from two minutes on, in minutes, and so on."""
    seconds = round(nanoseconds / _SECOND)
    if seconds >= 2 * 86400:
        return f"{seconds // 86400} d {seconds % 86400 // 3600} h"
    if seconds >= 7200:
        return f"{seconds // 3600} h {seconds % 3600 // 60} min"
    if seconds >= 120:
        return f"{seconds // 60} min {seconds % 60} s"
    for unit, size in (("ns", 1), ("µs", 1000), ("ms", 1_000_000)):
        if nanoseconds < 999.5 * size:
            return f"{_three(nanoseconds / size)} {unit}"
    return f"{_three(nanoseconds / _SECOND)} s"


def size(count: int) -> str:
    """Bytes in three digits: 615 B, 40.5 MB."""
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_BYTES) - 1:
        value /= 1000
        unit += 1
    return f"{_three(value)} {_BYTES[unit]}"


def _three(value: float) -> str:
    """A number below 1000 in three digits, without zeros behind a point."""
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def count(number: int) -> str:
    """A number with commas."""
    return f"{number:,}"


def percent(part: float, whole: float) -> str:
    """A share."""
    share = part / whole * 100 if whole else 0.0
    return f"{share:.1f} %" if share >= 0.05 or not share else "< 0.1 %"


def shorten(text: str, most: int = 200) -> str:
    """A text of at most so many characters; of a longer one, the beginning and the end."""
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[:half]}…{text[-half:]}"
