"""What always holds of the module's counters: seen = recorded + filtered + overwritten + dropped."""

from __future__ import annotations

import re
from dataclasses import dataclass

SUMMARY = re.compile(
    r"(?P<recorded>\d+) syscalls recorded in (?P<path>\S+), (?P<dropped>\d+) dropped, "
    r"(?P<filtered>\d+) filtered out, (?P<overwritten>\d+) overwritten, of (?P<seen>\d+) seen"
)


@dataclass(frozen=True)
class Summary:
    """What the module says in the kernel log when it is unloaded: what became of the syscalls it saw."""

    path: str
    recorded: int
    dropped: int
    filtered: int
    overwritten: int
    seen: int

    @property
    def is_lawful(self) -> bool:
        """Whether each syscall that was seen is accounted for once; nothing is under way any more."""
        return self.seen == self.recorded + self.dropped + self.filtered + self.overwritten


def summaries(log: str) -> list[Summary]:
    """All that a kernel log has."""
    return [summary(found.group()) for found in SUMMARY.finditer(log)]


def summary(line: str) -> Summary:
    """What a line of the module says. ValueError if it is another one."""
    found = SUMMARY.fullmatch(line)
    if not found:
        raise ValueError(f"this is no sum of a recording: {line}")
    said = found.groupdict()
    path = said.pop("path")
    return Summary(path, **{name: int(count) for name, count in said.items()})


def read_stats(text: str) -> dict[str, int]:
    """The parameter `stats`."""
    return {name: int(count) for name, count in (line.split("=") for line in text.split())}


def broken(stats: dict[str, int]) -> str:
    """How the law does not hold while calls are under way, which are seen before they are counted; empty if it does."""
    dropped = sum(count for name, count in stats.items() if name.startswith("dropped_"))
    total = stats["recorded"] + stats["filtered"] + stats["overwritten"] + dropped
    if stats["seen"] < total:
        return f"seen={stats['seen']}, but the sum of the others is {total}: {stats}"
    # A counter that went below zero is a huge number.
    return f"a counter is below zero: {stats}" if max(stats.values()) >= 2**63 else ""
