"""Programs that are measured: what they took, and no more; none runs on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import pytest

from bench.children import count_lines, lines, measure, version
from bench.errors import BenchError

FILL = "held = b'x' * (100 << 20)"  # bytes that a Python program has in memory


def python(program: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", program]


def test_the_peak_of_memory_is_the_programs_own() -> None:
    ours = bytes(300 << 20).replace(b"\0", b"x")  # this process holds more than the program ever does

    assert 100 < measure(python(FILL), timeout=60).peak_rss_mib < 200 < len(ours) >> 20


def test_seconds_are_those_of_the_clock_and_those_of_the_processor() -> None:
    ran = measure(["sleep", "0.3"], timeout=60)

    assert 0.3 <= ran.seconds < 10
    assert ran.cpu_seconds < 0.2


def test_lines_are_counted() -> None:
    assert count_lines(["seq", "1000"], timeout=60) == 1000
    assert next(lines(["yes"], timeout=60)) == b"y\n"


@pytest.mark.parametrize("run", [measure, count_lines])
def test_a_program_that_fails_is_told_with_its_complaint(run: Callable[..., object]) -> None:
    with pytest.raises(BenchError, match=r"(?s)sh -c.*ended with status 3:\noh dear"):
        run(["sh", "-c", "echo oh dear >&2; exit 3"], timeout=60)


@pytest.mark.parametrize("run", [measure, count_lines])
def test_a_program_that_does_not_end_is_ended(run: Callable[..., object]) -> None:
    start = time.monotonic()
    with pytest.raises(BenchError, match=r"did not end in 0\.3 s"):
        run(["sh", "-c", "sleep 60; true"], timeout=0.3)
    assert time.monotonic() - start < 30


def test_a_program_that_is_missing_is_told() -> None:
    with pytest.raises(BenchError, match=r"no-such-program is not installed: run \./dev once"):
        version("no-such-program")
