"""What several tests of the reader share."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

#: In POSIX's own words, so that no database of zones is needed: the clocks change in March and in October.
BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The local zone is that of Berlin."""
    monkeypatch.setenv("TZ", BERLIN)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
