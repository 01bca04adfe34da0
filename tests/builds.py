"""What is built once in a run of the tests, and used by many."""

from __future__ import annotations

from functools import partial

import pytest

from bench import programs
from devtools.build import tree_of
from syscord_build.module import Module
from tests.workers import once_for_all
from vm.kernels import Kernel


def default_module(kernel: Kernel, factory: pytest.TempPathFactory) -> Module:
    """The module with the handlers of the tree, and the options as they come."""
    folder = once_for_all(factory, f"syscord-{kernel.arch.name}", partial(programs.build_syscord, kernel))
    return Module(folder / "module/syscord.ko", folder / "module", tree_of(kernel))
