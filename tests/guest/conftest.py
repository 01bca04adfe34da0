"""Machines for the tests in this folder, one for each architecture, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from vm import architectures, kernels
from vm.boot import BOOTED, boot
from vm.errors import MachineLost
from vm.machine import Machine
from vm.spec import MachineSpec

KERNEL = "debian:bookworm"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "arch" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--arch")
        names = list(architectures.ARCHITECTURES) if chosen == "both" else [chosen]
        # By session, so that all tests of one architecture come together and one machine runs at a time.
        metafunc.parametrize("arch", names, scope="session")


@pytest.fixture(scope="session")
def kernel(arch: str) -> kernels.Kernel:
    """The kernel that the tests' machines run, and that modules are built against."""
    return kernels.get(KERNEL, arch)


class Shop:
    """Keeps one machine at work, and gets a new one when it is lost."""

    def __init__(self, spec: MachineSpec) -> None:
        self._spec = spec
        self._open = ExitStack()
        self._machine: Machine | None = None

    def fresh(self) -> Machine:
        """A machine as it is right after booting."""
        if self._machine:
            try:
                self._machine.restore(BOOTED)
            except MachineLost:
                self.close()
        if not self._machine:
            self._machine = self._open.enter_context(boot(self._spec))
        return self._machine

    def close(self) -> None:
        """End the machine."""
        self._machine = None
        self._open.close()


@pytest.fixture(scope="session")
def shop(kernel: kernels.Kernel) -> Iterator[Shop]:
    """Where the tests' machines come from."""
    shop = Shop(MachineSpec(kernel))
    yield shop
    shop.close()


@pytest.fixture
def machine(shop: Shop) -> Machine:
    """A freshly booted machine."""
    return shop.fresh()
