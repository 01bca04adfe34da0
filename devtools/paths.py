"""Where things lie in a checkout, beside what is installed (see ``syscord_gen.paths``)."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent
DOT_CONFIG = ROOT / ".config"
BUILD = ROOT / "build"
