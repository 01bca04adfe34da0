"""Where the generator's data lie.

In a checkout these are links to where people look for them, at the root; in a wheel the files themselves stand here.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
HANDLERS = (HERE / "handlers").resolve()
TEMPLATES = (HERE / "kmod_templates").resolve()
KCONFIG = (HERE / "Kconfig").resolve()
