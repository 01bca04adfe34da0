"""Find everything that is wrong with a folder of handlers, in one run.

The phases are *shape* (``load``), *names*, *references* and *meaning*; each has its own module and none stops the next.
What one phase has reported, the later ones pass over: an unknown type is said once, not once for each of its
consequences.
"""

from __future__ import annotations

from pathlib import Path

from syscord_gen.check_meaning import check_meaning
from syscord_gen.check_names import check_names
from syscord_gen.check_references import check_references
from syscord_gen.load import load
from syscord_gen.model import Model
from syscord_gen.problems import Code, Problem, by_place

# A whole file is missing from the model.
UNREAD = {Code.UNREADABLE, Code.PYTHON}


def check(model: Model) -> list[Problem]:
    """What is wrong in a model whose shape is right, by place."""
    return by_place([*check_names(model), *check_references(model), *check_meaning(model)])


def load_and_check(folder: Path) -> tuple[Model, list[Problem]]:
    """The model of the handler files in ``folder``, and all their problems, by place.  The model is sound if none.

    Where a whole file could not be read, references are not checked: what they name may stand in that file.  What a
    declaration means is not checked where a part of it could not be read.
    """
    model, problems = load(folder)
    damaged = {problem.inside for problem in problems}
    problems += check_names(model)
    problems += (problem for problem in check_meaning(model) if problem.where not in damaged)
    if not any(problem.code in UNREAD for problem in problems):
        problems += check_references(model)
    return model, by_place(problems)
