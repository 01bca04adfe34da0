"""The architectures that are measured: those of the machines."""

from __future__ import annotations

import pytest

from vm import architectures


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "arch" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--arch")
        names = list(architectures.ARCHITECTURES) if chosen == "both" else [chosen]
        metafunc.parametrize("arch", names, scope="session")
