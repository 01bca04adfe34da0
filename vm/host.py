"""Run a program on the host."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from vm.errors import ToolFailed, VmError


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> str:
    """Run ARGV and return what it wrote to standard output.

    Raises ToolFailed, with the end of its output, when it fails; VmError when it is not installed, or takes longer than
    TIMEOUT seconds.
    """
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            errors="replace",
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as error:
        raise VmError(f"{' '.join(words)}\ndid not end within {timeout:g} s: is this host busy?") from error
    except FileNotFoundError as error:
        raise VmError(f"{error.filename} is not installed: run ./dev once, it installs what is missing") from error
    if done.returncode:
        raise ToolFailed(words, done.returncode, done.stdout + done.stderr)
    return done.stdout
