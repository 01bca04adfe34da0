"""Machines for the tests in this folder, one for each architecture, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from syscord_build.module import Module
from tests.builds import default_module
from tests.guest.accounts import check
from tests.guest.machines import Machines
from tests.guest.recorder import PAYLOAD, Recorder, make_payload
from tests.workers import once_for_all
from vm import architectures, kernels
from vm.machine import Machine
from vm.spec import MachineSpec

KERNEL = "debian:bookworm"


#: Seconds that a test may take, the first one with all that is built for it, while other tests are run, too.
LONGEST_S = 900

#: Whether a test passed.
PASSED = pytest.StashKey[bool]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "arch" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--arch")
        names = list(architectures.ARCHITECTURES) if chosen == "both" else [chosen]
        # By session, so that all tests of one architecture come together and one machine runs at a time.
        metafunc.parametrize("arch", names, scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONGEST_S))


@pytest.fixture(scope="session")
def kernel(arch: str) -> kernels.Kernel:
    """The kernel that the tests' machines run, and that modules are built against."""
    return kernels.get(KERNEL, arch)


@pytest.fixture(scope="session")
def machines(kernel: kernels.Kernel) -> Iterator[Machines]:
    """Where the tests' machines come from."""
    machines = Machines(MachineSpec(kernel))
    yield machines
    machines.close()


@pytest.fixture
def machine(machines: Machines) -> Machine:
    """A freshly booted machine."""
    return machines.fresh()


@pytest.fixture(scope="session")
def module(kernel: kernels.Kernel, tmp_path_factory: pytest.TempPathFactory) -> Module:
    """The module with the handlers and the options of the tree."""
    return default_module(kernel, tmp_path_factory)


@pytest.fixture(scope="session")
def payload(module: Module, kernel: kernels.Kernel, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The module, and the programs that are recorded, built for the machines' architecture."""
    make = partial(make_payload, module, kernel.arch)
    return (once_for_all(tmp_path_factory, f"payload-{kernel.arch.name}", make) / PAYLOAD).read_bytes()


@pytest.fixture
def recorder(request: pytest.FixtureRequest, machines: Machines, payload: bytes) -> Iterator[Recorder]:
    """A freshly booted machine with the module in it, not loaded.

    Behind each test that passed, the last recording's accounts are checked: all that was seen is accounted for, and
    what is said to be recorded stands in the file.
    """
    yield (recorder := Recorder(machines.with_files(payload)))
    if request.node.stash.get(PASSED, False) and not request.node.get_closest_marker("no_accounts"):
        check(recorder.machine)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Remember whether the test itself passed, for fixtures that end behind it."""
    outcome = yield
    if call.when == "call":
        item.stash[PASSED] = outcome.get_result().passed  # type: ignore[attr-defined]
