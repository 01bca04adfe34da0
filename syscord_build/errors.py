"""What can go wrong with a build."""

from __future__ import annotations

from collections.abc import Sequence

from syscord_gen.problems import Problem


class BuildError(Exception):
    """Base of everything raised by this package. The text says where, what and what to do next."""


class BadHandlers(BuildError):
    """The handlers have problems: all of them are listed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class MakeFailed(BuildError):
    """Kbuild failed: the text has the command, its status, and the last lines of what it said."""

    LINES = 30

    def __init__(self, command: Sequence[str], status: int, output: str) -> None:
        last = "\n".join("    " + line for line in output.rstrip().splitlines()[-self.LINES :])
        super().__init__(f"{' '.join(command)}\nended with status {status}:\n{last}")
