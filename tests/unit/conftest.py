"""Options of the tests that need no machine."""

from __future__ import annotations

import pytest
from hypothesis import settings

# How long an example takes depends on what else this host does; that a test ends is seen to by its timeout.
settings.register_profile("syscord", deadline=None)
settings.load_profile("syscord")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-golden", action="store_true", help="write the golden files anew, to be read in the diff")
