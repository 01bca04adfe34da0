"""Options of every test run. pytest reads them here and nowhere deeper."""

from __future__ import annotations

import pytest

from tests.workers import ByFileAndArch
from vm.architectures import ARCHITECTURES


def pytest_addoption(parser: pytest.Parser) -> None:
    choices = (*ARCHITECTURES, "both")
    parser.addoption("--arch", choices=choices, default="both", help="architecture of the machines (default: both)")
    parser.addoption("--slow", action="store_true", help="run the tests that are marked slow, too")


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFileAndArch | None:
    """With `--dist loadscope`, which `invoke test` gives."""
    return ByFileAndArch(config, log) if config.getoption("dist") == "loadscope" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        skip = pytest.mark.skip(reason="slow: --slow runs it")
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(skip)
