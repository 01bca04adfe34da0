"""What `invoke check` says: nothing may complain.  It builds for both architectures, and needs no machine."""

from __future__ import annotations

import pytest

from devtools import lint


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", lint.CHECKS)
def test_nothing_complains(name: str) -> None:
    assert lint.CHECKS[name]() == ""
