"""The architectures that are measured: those of the machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from devtools.build import DEBIAN
from tests.builds import default_module
from vm import architectures, kernels


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "arch" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--arch")
        names = list(architectures.ARCHITECTURES) if chosen == "both" else [chosen]
        metafunc.parametrize("arch", names, scope="session")


@pytest.fixture(scope="session")
def ko(arch: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module with the handlers and the options of the tree."""
    return default_module(kernels.get(DEBIAN, arch), tmp_path_factory).ko
