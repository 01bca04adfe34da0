"""The kernel's checkpatch.pl, from Debian's kernel source, on the C that we write by hand."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from syscord_gen import paths
from vm import architectures, cache, host, packages
from vm.progress import step

RELEASE = "6.1"
MEMBERS = ("scripts/checkpatch.pl", "scripts/spelling.txt", "scripts/const_structs.checkpatch")
#: What does not fit a source tree that stands alone.
IGNORED = (
    "FILE_PATH_CHANGES",  # there is no MAINTAINERS file
    "SPDX_LICENSE_TAG",  # Makefiles have theirs
    "MACRO_ARG_REUSE",  # it can't tell a name that is pasted from a value that is computed
)


def complaints(source: Path = paths.TEMPLATES) -> str:
    """What checkpatch says of the hand-written C in a folder; empty if nothing."""
    script = _script()
    files = sorted(path for path in source.rglob("*") if path.suffix in (".c", ".h"))
    command = [
        "perl",
        str(script),
        "--no-tree",
        "--terse",
        "--strict",
        "--no-summary",
        "--show-types",
        f"--ignore={','.join(IGNORED)}",
        "--file",
        *map(str, files),
    ]
    # A word in mixed case makes it write a file where it runs: .checkpatch-camelcase.*, the words that headers have.
    with tempfile.TemporaryDirectory() as elsewhere:
        done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def _script() -> Path:
    """checkpatch.pl, unpacked if it is not here yet."""
    native = packages.apt("bookworm", architectures.host().debian)
    wanted = packages.resolve(native, [f"linux-source-{RELEASE}"], dependencies=False)

    def make(making: Path) -> None:
        with step(f"Getting checkpatch.pl of Linux {RELEASE}"), tempfile.TemporaryDirectory() as unpacked:
            packages.extract(packages.fetch(native, wanted), Path(unpacked))
            archive = Path(unpacked) / f"usr/src/linux-source-{RELEASE}.tar.xz"
            members = [f"linux-source-{RELEASE}/{name}" for name in MEMBERS]
            host.run(["tar", "--extract", "--occurrence=1", "--file", archive, "--directory", making, *members])

    folder = cache.get("checkpatch", cache.key(*(package.file for package in wanted)), make)
    return folder / f"linux-source-{RELEASE}" / MEMBERS[0]
