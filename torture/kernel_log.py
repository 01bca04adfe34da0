"""The kernel's log: what in it is a fault of somebody's."""

from __future__ import annotations

import re

#: What the kernel's checks begin their reports with, and what it says when it is in trouble.
TROUBLE = re.compile(
    r"\b(BUG|KASAN|KCSAN|UBSAN|ODEBUG|Oops|Kernel panic|general protection|Unable to handle|stack overflow)\b"
    r"|\bWARNING: |possible (recursive|circular) locking|inconsistent lock|suspicious RCU|sleeping function"
    r"|scheduling while atomic|soft lockup|hard LOCKUP|blocked for more than|rcu.*(detected|self-detected).*stall"
    r"|refcount_t: |list_(add|del) corruption|[Bb]ad page|held lock freed|locks held"
    r"|new suspected memory leaks|workqueue lockup|Freezing of tasks failed"
)


#: A data race: the two functions that touched the memory, each with its module.
RACE = re.compile(r"BUG: KCSAN: (?:data-race|assert: race) in (.*)")
OURS = "[syscord]"


def troubles(log: str) -> list[str]:
    """The lines of a kernel log that tell of a fault."""
    return [line for line in log.splitlines() if TROUBLE.search(line) and not _is_kernels_race(line)]


def _is_kernels_race(line: str) -> bool:
    found = RACE.search(line)
    return bool(found) and OURS not in line


def races_of_kernel(log: str) -> list[str]:
    """The functions of each data race in which none of the two is the module's.

    The kernel has races of its own, which are there without the module. What is inlined counts as the function that it
    is in, so what the module reads or writes itself always has the module's name.
    """
    return [found[1] for line in log.splitlines() if (found := RACE.search(line)) and OURS not in line]


def around(log: str, line: str, lines: int = 60) -> str:
    """What the log says from LINE on, for a person to read."""
    found = log.splitlines()
    start = max(0, found.index(line) - 3)
    return "\n".join(found[start : start + lines])
