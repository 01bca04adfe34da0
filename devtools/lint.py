"""Checking without running: the handlers, the Python, and the C, hand-written and generated."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from devtools import checkpatch, paths
from devtools.build import DEBIAN, find_tree
from syscord_build import source
from syscord_build.errors import BuildError, MakeFailed
from syscord_build.module import make_command
from vm.errors import VmError
from vm.progress import console, step


def check_all() -> bool:
    """Run every check, each to its end; print what is wrong. Returns whether all is well."""
    verdicts = [_report(name, run) for name, run in CHECKS.items()]
    return all(verdicts)


def _report(name: str, run: Callable[[], str]) -> bool:
    try:
        with step(name):
            complaints = run()
    except (BuildError, VmError) as error:
        complaints = str(error)
    if complaints:
        console.print(f"[red]{name}[/red] complains:")
        print(complaints)
    return not complaints


def _handlers() -> str:
    source.checked_model()
    return ""


def _tool(name: str, *arguments: str) -> str:
    """Run a Python tool of this environment. Returns its complaints."""
    done = subprocess.run(
        [sys.executable, "-m", name, *arguments], cwd=paths.ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr if done.returncode else ""


def _c(arch: str) -> str:
    """What the compiler (W=1) and sparse (C=2) say of our files; not what they say of the kernel's headers."""
    tree = find_tree(DEBIAN, arch)
    folder = paths.BUILD / "lint" / arch
    source.generate(folder, dot_config=paths.DOT_CONFIG)
    command = make_command(tree, folder, "W=1", "C=2", "CF=-D__CHECK_ENDIAN__")
    subprocess.run([*command[:-1], "clean"], capture_output=True, check=True)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MakeFailed(command, done.returncode, done.stdout + done.stderr)
    return "\n".join(line for line in done.stderr.splitlines() if _is_ours(line, folder))


def _is_ours(line: str, folder: Path) -> bool:
    return line.startswith(f"{folder}/") and re.search(r"\b(warning|error):", line) is not None


#: Each check by its name: it returns its complaints, nothing if all is well, and may raise BuildError or VmError.
CHECKS: dict[str, Callable[[], str]] = {
    "handlers": _handlers,
    "ruff check": lambda: _tool("ruff", "check", str(paths.ROOT)),
    "mypy --strict": lambda: _tool("mypy"),
    "checkpatch": checkpatch.complaints,
    "W=1 and sparse, arm64": lambda: _c("arm64"),
    "W=1 and sparse, x86_64": lambda: _c("x86_64"),
}
