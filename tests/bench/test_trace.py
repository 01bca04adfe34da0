"""The binary trace stays small, and is read fast. `invoke bench --trace` measures the same, and more, at length."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import reading, recordings, trace
from bench.recordings import Recordings

RECORDS, ROUNDS = 150_000, 3

pytestmark = pytest.mark.timeout(900)  # where machines and kernels have to be made first


@pytest.fixture(scope="session")
def recorded(arch: str, ko: Path, tmp_path_factory: pytest.TempPathFactory) -> Recordings:
    """nginx, recorded without content and with it."""
    return recordings.make(arch, tmp_path_factory.mktemp(arch), ko=ko, with_sysdig=False)


def test_a_syscall_of_nginx_takes_few_bytes(recorded: Recordings) -> None:
    size = trace.size(recorded.plain)

    assert size.per_syscall <= trace.CEILINGS["bytes_per_syscall_nginx"]


def test_it_is_printed_no_slower_than_babeltrace2_does(recorded: Recordings) -> None:
    speed = reading.measure(recorded, recorded.plain.parent, records=RECORDS, rounds=ROUNDS)

    # Other tests may be run meanwhile. But both readers are run in turns, and it is a fraction of this ceiling.
    ratio = speed.ratio("babeltrace2")
    assert ratio and ratio <= trace.CEILINGS["read_vs_babeltrace2"]
