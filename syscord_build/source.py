"""The module's source: handlers checked, resolved and rendered with the options of the build."""

from __future__ import annotations

from pathlib import Path

from syscord_build import options
from syscord_build.errors import BadHandlers
from syscord_gen import paths
from syscord_gen.check import load_and_check
from syscord_gen.model import Model
from syscord_gen.render import Written, render, write
from syscord_gen.resolve import resolve


def checked_model(handlers: Path = paths.HANDLERS) -> Model:
    """The model of the handlers in a folder. Raises BadHandlers if they have problems."""
    model, problems = load_and_check(handlers)
    if problems:
        raise BadHandlers(problems)
    return model


def generate(out: Path, handlers: Path = paths.HANDLERS, dot_config: Path | None = None) -> Written:
    """Write the module's self-contained source to ``out``, with the options of ``dot_config``, or their defaults.

    Raises BadHandlers, or BuildError for options that are impossible; nothing is written then.
    """
    model = checked_model(handlers)
    chosen = options.load(model, dot_config)
    return write(render(resolve(model, chosen.stems), paths.TEMPLATES, chosen.header), out)
