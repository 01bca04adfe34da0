"""Which records are wanted, as the user said it: by process, syscall, result, duration, path and time.

It loads nothing that takes long, as every subcommand's options are made of it.  select.py applies it to batches.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from syscord_read.errors import UsageError
from syscord_read.model.errno_names import ERRNOS
from syscord_read.model.syscall_sets import EMPTY, Syscalls
from syscord_read.model.times import When


@dataclass(frozen=True)
class Selection:
    """What is wanted.  Empty, or None: no matter what.

    ``comms`` and ``paths`` are shell patterns; ``names`` are syscalls, ``not_names`` those not wanted.  ``outcome`` is
    "ok" or "failed"; ``errnos`` are numbers.  ``least`` and ``most`` are durations in ns.
    """

    pids: frozenset[int] = frozenset()
    tids: frozenset[int] = frozenset()
    comms: tuple[str, ...] = ()
    names: Syscalls = EMPTY
    not_names: Syscalls = EMPTY
    outcome: str = ""
    errnos: frozenset[int] = frozenset()
    least: int | None = None
    most: int | None = None
    paths: tuple[str, ...] = ()
    since: When | None = None
    until: When | None = None

    @property
    def asks_of_calls(self) -> bool:
        """Whether it says something that only a call can be."""
        of_calls = self.names, self.not_names, self.outcome, self.errnos, self.paths
        return any(of_calls) or self.least is not None or self.most is not None

    def check_text(self, where: object) -> None:
        """UsageError if something is asked for that a text record does not say."""
        unknown = {
            "times": self.since or self.until,
            "durations": self.least is not None or self.most is not None,
            "names of processes": self.comms,
        }
        for what, asked in unknown.items():
            if asked:
                raise UsageError(f"{where}: a text record has no {what}: record with sink=ctf to select by them")

    def check_names(self, known: Iterable[str]) -> None:
        """UsageError if a syscall is asked for that is none of these."""
        names = set(known)
        self.names.check(names)
        self.not_names.check(names)


def parse_errnos(names: Iterable[str]) -> frozenset[int]:
    """The numbers of errors such as ENOENT.  UsageError if one is none."""
    numbers = {name: number for number, name in ERRNOS.items()}
    found = set()
    for name in names:
        if name not in numbers:
            similar = difflib.get_close_matches(name.upper(), numbers, 1)
            raise UsageError(f"there is no error {name!r}" + (f": did you mean {similar[0]}?" if similar else ""))
        found.add(numbers[name])
    return frozenset(found)
