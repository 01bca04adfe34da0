"""The processes that run the tests together, where there are several: who runs which, and what is made once for all."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from vm.architectures import ARCHITECTURES

#: Where a test's name says for which architecture it is.
ARCH = re.compile(rf"[\[-]({'|'.join(ARCHITECTURES)})[-\]]")


class ByFileAndArch(LoadScopeScheduling):  # type: ignore[misc]
    """All tests of a file for one architecture go to one process, one after another: they share machines and builds.

    Who has nothing left to do takes the next file. The order is that of a run in one process: bench and guest come
    first, which take long, so that the many short ones at the end make all processes end together.
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        arch = ARCH.search(test)
        return f"{file} {arch[1]}" if arch else file


def once_for_all(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that MAKE fills, once for all processes of this run: who comes first makes it, the others wait."""
    base = factory.getbasetemp()
    # Each process has a folder of its own, in the one of the run.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    done = folder / "done"
    with folder.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder
