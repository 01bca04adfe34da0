"""Debian packages of any suite and architecture, with an apt of our own that leaves the host's alone."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vm import cache, host, sources
from vm.errors import ToolFailed, VmError
from vm.progress import console, step

LISTS_MAX_AGE_S = 7 * 24 * 3600


@dataclass(frozen=True)
class Apt:
    """An apt with its own sources, lists and status. `debian` is the architecture as Debian calls it."""

    suite: str
    debian: str

    @property
    def path(self) -> Path:
        """The folder that apt keeps its state in."""
        return cache.path_of("apt", f"{self.suite}-{self.debian}")


@dataclass(frozen=True)
class Package:
    """One version of a package, as apt would download it."""

    name: str
    file: str
    uri: str


def apt(suite: str, debian: str) -> Apt:
    """An apt for SUITE and architecture DEBIAN, its lists not older than a week."""
    private = Apt(suite, debian)
    with cache.locked(f"apt-{suite}-{debian}"):
        if _age_s(private) > LISTS_MAX_AGE_S:
            _update(private)
    return private


def resolve(private: Apt, names: Sequence[str], *, dependencies: bool) -> tuple[Package, ...]:
    """The newest versions of NAMES, with all that they depend on if DEPENDENCIES. Downloads nothing."""
    verb = ["install", "--no-install-recommends"] if dependencies else ["download"]
    printed = _query(private, "apt-get", ["-qq", "--print-uris", *verb, *names])
    lines = re.findall(r"^'(\S+)' (\S+)", printed, re.MULTILINE)
    return tuple(sorted((Package(file.split("_")[0], file, uri) for uri, file in lines), key=lambda p: p.file))


def depends(private: Apt, name: str) -> tuple[str, ...]:
    """The names of the packages that NAME depends on directly."""
    printed = _query(private, "apt-cache", ["depends", "--important", name])
    return tuple(re.findall(r"^ +\|?(?:Pre)?Depends: ([^\s<]+)$", printed, re.MULTILINE))


def fetch(private: Apt, packages: Iterable[Package]) -> list[Path]:
    """The .deb files of PACKAGES, downloaded where they are not yet here."""
    folder = cache.path_of("debs", private.debian)
    folder.mkdir(parents=True, exist_ok=True)
    with cache.locked(f"debs-{private.debian}"):
        missing = [package for package in packages if not (folder / package.file).exists()]
        if missing:
            _download(private, missing)
    return [folder / package.file for package in packages]


def extract(debs: Iterable[Path], into: Path) -> None:
    """Unpack DEBS into the folder INTO, where /bin and the like are in /usr, whatever the packages say."""
    for name in ("bin", "sbin", "lib", "lib64"):
        (into / "usr" / name).mkdir(parents=True, exist_ok=True)
        if not (into / name).is_symlink():
            (into / name).symlink_to(f"usr/{name}")
    for deb in debs:
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as unpack:
            tar = ["tar", "--extract", "--numeric-owner", "--keep-directory-symlink", "--directory", str(into)]
            subprocess.run(tar, stdin=unpack.stdout, check=True)
        if unpack.returncode:
            raise VmError(f"{deb}: cannot be unpacked: delete it, then run this again")


def _download(private: Apt, packages: Sequence[Package]) -> None:
    """apt checks what it gets against the signed lists, so a file of that name is the right one."""
    folder = cache.path_of("debs", private.debian)
    getting = folder / ".getting"
    getting.mkdir(exist_ok=True)
    with step(f"Downloading {len(packages)} Debian packages ({private.suite}, {private.debian})"):
        wanted = [_with_version(package) for package in packages]
        host.run(["apt-get", "-q", *_options(private), "download", *wanted], cwd=getting)
        for package in packages:
            (getting / package.file).rename(folder / package.file)


def _with_version(package: Package) -> str:
    version = package.file.split("_")[1].replace("%3a", ":")
    return f"{package.name}={version}"


def _query(private: Apt, tool: str, words: Sequence[str]) -> str:
    """What apt says, kept as long as its lists and its question stay the same."""
    question = cache.key(private.path / "updated", tool, *words)
    memory = private.path / "answers" / question
    if not memory.exists():
        memory.parent.mkdir(exist_ok=True)
        answer = host.run([tool, *_options(private), *words])
        draft = memory.with_suffix(".new")
        draft.write_text(answer)
        draft.rename(memory)
    return memory.read_text()


def _update(private: Apt) -> None:
    """Get the package lists. Old ones serve while the mirror is out of reach."""
    for folder in ("etc", "state/lists/partial", "cache/archives/partial"):
        (private.path / folder).mkdir(parents=True, exist_ok=True)
    (private.path / "status").touch()
    stanzas = [source.stanza() for source in sources.debian(private.suite)]
    (private.path / "etc/debian.sources").write_text("\n".join(stanzas))
    try:
        with step(f"Updating package lists ({private.suite}, {private.debian})"):
            host.run(["apt-get", "-q", *_options(private), "update", "--error-on=any"])
    except ToolFailed as error:
        if not (private.path / "updated").exists():
            hint = "is the suite's name right, and the mirror in /etc/apt within reach?"
            raise VmError(f"no package lists of Debian {private.suite} ({private.debian}): {hint}\n{error}") from error
        console.print(f"[yellow]warning[/yellow] going on with old package lists: {error}", markup=True)
        return
    (private.path / "updated").write_text(str(time.time()))


def _age_s(private: Apt) -> float:
    try:
        return time.time() - (private.path / "updated").stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _options(private: Apt) -> list[str]:
    """The host's configuration holds (a proxy, certificates), its sources, pins and packages do not."""
    path = private.path
    settings = {
        "APT::Architecture": private.debian,
        "APT::Architectures": private.debian,
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Dir::Etc::sourcelist": path / "etc/debian.sources",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State": path / "state",
        "Dir::State::status": path / "status",
        "Dir::State::extended_states": path / "state/extended_states",
        "Dir::Cache": path / "cache",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
