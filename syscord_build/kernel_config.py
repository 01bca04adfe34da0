"""Whether a kernel has what the module needs, by its own .config."""

from __future__ import annotations

from pathlib import Path

from kconfiglib import Kconfig, Symbol

from syscord_build.errors import BuildError

NEEDS = Path(__file__).with_name("Kconfig.kernel")


def check(dot_config: Path) -> None:
    """Raise BuildError, naming every option that the kernel configured by ``dot_config`` lacks."""
    if not dot_config.is_file():
        raise BuildError(f"{dot_config} is missing: give the folder that the kernel was built in, after its build")
    tree = Kconfig(str(NEEDS), warn=False)
    tree.load_config(str(dot_config))
    lacking = [option for option in tree.unique_defined_syms if option.str_value != "y"]
    if lacking:
        lines = "\n".join(f"  CONFIG_{option.name}=y: {_reason(option)}" for option in lacking)
        raise BuildError(f"{dot_config}: this kernel lacks what syscord needs:\n{lines}\nbuild the kernel with it")


def _reason(option: Symbol) -> str:
    return " ".join((option.nodes[0].help or "").split())
