"""The options of the build in kconfiglib's menu."""

from __future__ import annotations

import os
from pathlib import Path

from menuconfig import menuconfig

from syscord_build.options import kconfig
from syscord_gen.model import Model


def show(model: Model, dot_config: Path) -> None:
    """Show the options on this terminal, and keep them in ``dot_config``. Raises BuildError for a bad Kconfig."""
    os.environ["KCONFIG_CONFIG"] = str(dot_config)
    with kconfig(model) as tree:
        menuconfig(tree)
