"""Options of every test run. pytest reads them here and nowhere deeper."""

from __future__ import annotations

import pytest

from vm.architectures import ARCHITECTURES


def pytest_addoption(parser: pytest.Parser) -> None:
    choices = (*ARCHITECTURES, "both")
    parser.addoption("--arch", choices=choices, default="both", help="architecture of the machines (default: both)")
