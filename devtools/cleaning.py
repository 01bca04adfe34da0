"""Removing what was built."""

from __future__ import annotations

import shutil
from pathlib import Path

from devtools import paths
from vm import cache


def clean(*, everything: bool) -> list[Path]:
    """Remove build/, and with ``everything`` the user's cache. Returns what was removed."""
    folders = [paths.BUILD, *([cache.root()] if everything else [])]
    found = [folder for folder in folders if folder.exists()]
    for folder in found:
        shutil.rmtree(folder)
    return found
