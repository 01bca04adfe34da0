"""The options of the build: Kconfig, read with kconfiglib."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kconfiglib import Kconfig, KconfigError

from syscord_build.errors import BuildError
from syscord_gen import paths
from syscord_gen.model import HandlerFile, Model

PREFIX = "SYSCORD_HANDLERS_"
HEADER = "/* SPDX-License-Identifier: GPL-2.0 */\n/* Generated from Kconfig: `invoke menuconfig` changes it. */\n"


@dataclass(frozen=True)
class Options:
    """What was chosen: ``header`` is the module's config.h, ``stems`` the handler files that are compiled in."""

    header: str
    stems: frozenset[str]


def load(model: Model, dot_config: Path | None = None) -> Options:
    """The options of ``dot_config`` for the handler files of ``model``; the defaults where there is no such file.

    Raises BuildError for a file that says something impossible.
    """
    with kconfig(model) as tree:
        if dot_config and dot_config.is_file():
            tree.load_config(str(dot_config))
        chosen = Options(_header(tree), _stems(tree, model))
        # Some complaints come only when a value is looked at, so this is after all have been.
        if tree.warnings:
            raise BuildError("\n".join(tree.warnings) + "\nrun `invoke menuconfig`, or remove the file")
        _check_power_of_two(tree, dot_config)
        return chosen


@contextmanager
def kconfig(model: Model) -> Iterator[Kconfig]:
    """The project's Kconfig, with an option for each handler file of ``model``."""
    with tempfile.TemporaryDirectory() as folder:
        handlers = Path(folder) / "Kconfig.handlers"
        handlers.write_text("\n".join(_entry(file) for file in model.files), encoding="utf-8")
        os.environ["SYSCORD_HANDLERS_KCONFIG"] = str(handlers)
        try:
            tree = Kconfig(str(paths.KCONFIG), warn_to_stderr=False)
            tree.warn_assign_undef = True
            yield tree
        except KconfigError as error:
            raise BuildError(str(error)) from error


def symbol(stem: str) -> str:
    """The option of the handler file called ``stem``."""
    return PREFIX + re.sub(r"[^A-Z0-9]", "_", stem.upper())


def _entry(file: HandlerFile) -> str:
    names = ", ".join(syscall.name for syscall in file.syscalls)
    return f'config {symbol(file.stem)}\n\tbool "{file.title} ({file.where.file})"\n\tdefault y\n\thelp\n\t  {names}\n'


def _stems(tree: Kconfig, model: Model) -> frozenset[str]:
    return frozenset(file.stem for file in model.files if tree.syms[symbol(file.stem)].str_value == "y")


def _check_power_of_two(tree: Kconfig, dot_config: Path | None) -> None:
    size = int(tree.syms["SYSCORD_RING_KB"].str_value)
    if size & (size - 1):
        raise BuildError(f"{dot_config}: CONFIG_SYSCORD_RING_KB={size}: write a power of two, such as 4096")


def _header(tree: Kconfig) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.h"
        tree.write_autoconf(str(path), header=HEADER)
        return path.read_text(encoding="utf-8")
