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
