"""A short torture: what `invoke torture` does, in some minutes. docs/reliability.md has the figures of long ones."""

from __future__ import annotations

import pytest

from torture.run import run

MINUTES = 2.0


# The kernel is built first where it is not in the cache: that takes longer than all other tests.
@pytest.mark.slow
@pytest.mark.timeout(45 * 60)
def test_a_short_torture_finds_nothing(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--arch") == "arm64":
        pytest.skip("on arm64, `invoke torture --arch arm64` does it: two kernels are too many to build here")
    done = run("x86_64", MINUTES)
    assert done["loads and unloads"]
    assert done["faults injected"]
    assert done["calls seen, by the law"]
