"""A short torture: what `invoke torture` does, in some minutes. docs/reliability.md has the figures of long ones."""

from __future__ import annotations

import pytest

from torture.run import run

MINUTES = 5.0


# The kernel is built first where it is not in the cache, which takes longer than the torture.
@pytest.mark.timeout(60 * 60)
@pytest.mark.parametrize("arch", ["x86_64", pytest.param("arm64", marks=pytest.mark.slow)])
def test_a_short_torture_finds_nothing(arch: str, pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--arch") not in (arch, "both"):
        pytest.skip(f"--arch {arch} or both runs it")
    done = run(arch, MINUTES)
    # Each part did something.
    assert done["faults injected"]
    assert done["calls of random programs"]
    assert done["programs that ran the same with the module"]
    assert done["loads and unloads"]
    assert done["calls seen, by the law"]
