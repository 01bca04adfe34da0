"""Memory, as strace's decoders write what is particular about its syscalls."""

from __future__ import annotations

from syscord_read.write.strace import format
from syscord_read.write.strace.kernel import (
    MAP_32BIT,
    MAP_HUGE_MASK,
    MAP_HUGE_SHIFT,
    MAP_TYPE,
    MREMAP_FIXED,
    MREMAP_MAYMOVE,
    NR_MMAP_X86_64,
)
from syscord_read.write.strace.view import UNKNOWN, Arguments, View

#: strace writes it behind MAP_FIXED and MAP_ANONYMOUS.
PAIRS_BEFORE_32BIT = 2


def _map_flags(view: View) -> str:
    """How the mapping is shared, flags, and the size of huge pages (print_mmap_flags)."""
    value = (view.number("flags") or 0) & 0xFFFF_FFFF
    huge = value >> MAP_HUGE_SHIFT & MAP_HUGE_MASK
    symbols = view.symbols("mmap_flags")
    # Zero has a name in strace, of headers of C libraries.
    parts = [format.one_of(value & MAP_TYPE, symbols, UNKNOWN["mmap_flags"]) if value & MAP_TYPE else "MAP_FILE"]
    rest = value & ~MAP_TYPE & ~(MAP_HUGE_MASK << MAP_HUGE_SHIFT)
    if rest:
        pairs = tuple((label, bit) for label, bit in symbols.values.items() if bit & ~MAP_TYPE) if symbols else ()
        if view.call.nr == NR_MMAP_X86_64:
            pairs = (*pairs[:PAIRS_BEFORE_32BIT], MAP_32BIT, *pairs[PAIRS_BEFORE_32BIT:])
        parts.append(format.flags(rest, pairs, None))
    if huge:
        parts.append(f"{huge}<<MAP_HUGE_SHIFT")
    return "|".join(parts)


def _offset(view: View) -> str:
    value = view.number("offset")
    return format.NO_VALUE if value is None else format.hexadecimal(value)


def _new_address(view: View) -> str | None:
    """Where a mapping is moved to, if the caller says."""
    both = MREMAP_MAYMOVE | MREMAP_FIXED
    return format.address(view.number("new_addr") or 0) if (view.number("flags") or 0) & both == both else None


ARGUMENTS: Arguments = {
    "mmap": {"flags": _map_flags, "offset": _offset},
    "mremap": {"new_addr": _new_address},
}
