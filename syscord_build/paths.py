"""Where things lie in a checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent
HANDLERS = ROOT / "handlers"
TEMPLATES = ROOT / "kmod_templates"
KCONFIG = ROOT / "Kconfig"
DOT_CONFIG = ROOT / ".config"
BUILD = ROOT / "build"
