"""No kind of call costs more than it should, by what is recorded of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import calls
from devtools.build import DEBIAN
from vm import kernels

#: Instructions that a call may add: so many, and so many for each byte of its record. A fault of memory is 1,000 alone.
A_CALL, A_BYTE = 650, 6

pytestmark = pytest.mark.timeout(900)  # where machines and kernels have to be made first


def test_a_call_costs_what_its_record_takes(arch: str, ko: Path, tmp_path: Path) -> None:
    costs = calls.measure(kernels.get(DEBIAN, arch), tmp_path, ko)

    assert [each.kind for each in costs] == list(calls.KINDS)
    assert [each for each in costs if each.added_per_call > A_CALL + A_BYTE * each.bytes_per_call] == []
