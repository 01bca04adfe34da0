"""Numbers, names and bytes as strace writes them: pure functions, each after the one of strace that it names."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import lru_cache

from syscord_read.model.layout import Symbols
from syscord_read.write.strace.kernel import FILE_TYPES, S_IFMT, S_ISGID, S_ISUID, S_ISVTX, SIGNALS, SIGRTMAX, SIGRTMIN

NULL = "NULL"

#: Stands for an address that the trace does not hold.  strace always has one, so it has no way to write this.
NO_ADDRESS = "0x?"

#: Stands for whatever else the trace does not hold.
NO_VALUE = "?"

#: What strace puts where it has seen, or shows, only the beginning.
MORE = "..."

ESCAPES = {ord("\\"): "\\\\", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}


def hexadecimal(value: int, bits: int = 64) -> str:
    """A number in C's ``%#x``, where zero has no prefix (PRINT_VAL_X)."""
    return f"{value & ((1 << bits) - 1):#x}" if value else "0"


def unsigned(value: int, bits: int = 64) -> str:
    """A number without a sign (PRINT_VAL_U)."""
    return str(value & ((1 << bits) - 1))


def address(value: int) -> str:
    """An address in a register (printaddr)."""
    return hexadecimal(value) if value else NULL


def octal(value: int) -> str:
    """Permissions: three digits at least (print_numeric_umode_t, with C's ``%#03o``)."""
    return f"0{value:o}".zfill(3) if value else "000"


def mode(value: int) -> str:
    """Type and permissions of a file (print_symbolic_mode_t)."""
    kind = value & S_IFMT
    if kind and kind not in FILE_TYPES:
        return octal(value)
    bits = ((S_ISUID, "S_ISUID"), (S_ISGID, "S_ISGID"), (S_ISVTX, "S_ISVTX"))
    parts = [FILE_TYPES[kind]] if kind else []
    parts += [name for bit, name in bits if value & bit]
    return "|".join([*parts, octal(value & ~(S_IFMT | S_ISUID | S_ISGID | S_ISVTX))])


def owner(value: int) -> str:
    """A user or a group, -1 for "leave it" (printuid)."""
    return "-1" if value & 0xFFFF_FFFF == 0xFFFF_FFFF else str(value)


def device(value: int) -> str:
    """The number of a device (print_dev_t), as the kernel gives it to programs: new_encode_dev() in linux/kdev_t.h."""
    major = (value & 0xFFF00) >> 8
    minor = (value & 0xFF) | ((value >> 12) & 0xFFF00)
    return f"makedev({hexadecimal(major)}, {hexadecimal(minor)})"


def comment(text: str | None) -> str:
    """A remark behind a value (tprints_comment)."""
    return f" /* {text} */" if text else ""


def one_of(value: int, symbols: Symbols | None, unknown: str | None, bits: int = 32) -> str:
    """One of some named constants (printxval)."""
    label = symbols.labels.get(value) if symbols else None
    return label or hexadecimal(value, bits) + comment(unknown)


@lru_cache(maxsize=4096)
def flags(value: int, pairs: tuple[tuple[str, int], ...], unknown: str | None) -> str:
    """Named bits (printflags), in the order of the pairs; ``value`` has no sign."""
    parts: list[str] = []
    for label, bit in pairs:
        if (value == bit and not parts) or (bit and value & bit == bit):
            parts.append(label)
            value &= ~bit
            if not value:
                break
    if value:
        parts.append(hexadecimal(value) + (comment(unknown) if not parts else ""))
    return "|".join(parts) or "0"


def signal(number: int) -> str:
    """A signal's name, or its number if it has none (printsignal)."""
    if number in SIGNALS:
        return f"SIG{SIGNALS[number]}"
    return f"SIGRT_{number - SIGRTMIN}" if SIGRTMIN < number <= SIGRTMAX else str(number)


def signals(mask: int) -> str:
    """A set of signals; if most are in it, those that are not (sprintsigmask_n)."""
    inverted = mask.bit_count() >= 64 * 2 // 3
    members = [bit + 1 for bit in range(64) if bool(mask >> bit & 1) != inverted]
    return f"{'~' if inverted else ''}[{' '.join(signal(number)[3:] for number in members)}]"


def quoted(data: bytes, *, hexadecimal: bool = False) -> str:
    """Bytes in double quotes (string_quote)."""
    if hexadecimal:
        return '"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'
    return '"' + escaped(data, b'"') + '"'


def escaped(data: bytes, special: bytes) -> str:
    """Bytes, with escapes for what cannot be printed; ``special`` has a backslash in front, or is octal if ``<>``."""
    if data.isascii() and (text := data.decode("ascii")).isprintable() and not any(map(data.__contains__, b'\\"<>')):
        return text
    return "".join(_escapes(data, special))


def _escapes(data: bytes, special: bytes) -> Iterable[str]:
    for place, byte in enumerate(data):
        if byte in ESCAPES:
            yield ESCAPES[byte]
        elif byte == 0x22:
            yield '\\"'
        elif 0x20 <= byte < 0x7F and (special == b'"' or byte not in special):
            yield chr(byte)
        else:
            # As few digits as do, unless another digit follows.
            digit_follows = data[place + 1 : place + 2] in (b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7")
            yield f"\\{byte:03o}" if digit_follows else f"\\{byte:o}"


def content(data: bytes, limit: int, *, length: int | None = None, hexadecimal: bool = False) -> str:
    """Bytes of which at most ``limit`` are shown (printstr_ex); there were ``length``, if these are not all."""
    length = len(data) if length is None else length
    return quoted(data[:limit], hexadecimal=hexadecimal) + (MORE if length > min(limit, len(data)) else "")


def bracketed(data: bytes) -> str:
    """What a file descriptor stands for (print_quoted_string_in_angle_brackets)."""
    return f"<{escaped(data, b'<>')}>"


def listed(items: Iterable[str], limit: int) -> str:
    """An array, of which at most ``limit`` elements are shown (print_array_ex)."""
    parts = list(items)
    return f"[{', '.join([*parts[:limit], MORE] if len(parts) > limit else parts)}]"


def struct(members: Iterable[tuple[str, str]]) -> str:
    """The members of a struct, by name."""
    return "{" + ", ".join(f"{name}={value}" for name, value in members) + "}"


def moment(seconds: int, nanoseconds: int = 0) -> str:
    """A time for people, in the zone of who reads (sprinttime_nsec); "" where strace writes none."""
    if (not seconds and not nanoseconds) or not 0 <= nanoseconds <= 999_999_999:
        return ""
    try:
        local = time.localtime(seconds)
    except (OverflowError, OSError, ValueError):
        return ""
    part = f".{nanoseconds:09d}" if nanoseconds else ""
    return time.strftime("%Y-%m-%dT%H:%M:%S", local) + part + time.strftime("%z", local)
