"""What `invoke check` says: nothing may complain.  It builds for both architectures, and needs no machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from devtools import checkpatch, lint
from devtools.paths import ROOT

# What is made there stays there: caches, builds, environments. Git ignores them, too.
OWN_FOLDERS = {"build", "__pycache__", ".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"}


def files() -> set[str]:
    """All files of the tree, but for those in folders that tools have for themselves."""
    found = set()
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if name not in OWN_FOLDERS]
        found |= {str(Path(folder, name)) for name in names}
    return found


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", lint.CHECKS)
def test_nothing_complains_and_nothing_is_left_behind(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    before = files()
    assert lint.CHECKS[name]() == ""
    assert files() - before == set()


def test_checkpatch_leaves_nothing_where_it_finds_mixed_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mixed.c").write_text("// SPDX-License-Identifier: GPL-2.0\nint mixedCase;\n", encoding="utf-8")
    monkeypatch.chdir(ROOT)
    before = files()
    assert "CAMELCASE" in checkpatch.complaints(tmp_path)
    assert files() - before == set()
